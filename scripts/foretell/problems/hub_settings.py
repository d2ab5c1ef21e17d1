"""How the problems of a data set of the hub are read: its files, columns, gold answers and splits."""

import datetime
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PositiveInt, StringConstraints

from foretell.common.arguments import Settings
from foretell.common.hub import Repository
from foretell.common.tables import Format
from foretell.problems.generated import Sizes
from foretell.problems.pilot import PilotShare

Text = Annotated[str, StringConstraints(min_length=1)]
Patterns = Text | Annotated[list[Text], Field(min_length=1)]
Gold = Literal["column", "last_box", "after_hashes", "tests"]


def _with_one_group(text: str) -> str:
    try:
        compiled = re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    if compiled.groups != 1:
        raise ValueError(f"{text!r} needs one group: put parentheses around the part that is meant")
    return text


def _a_date(text: str) -> str:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date, as in '2024-10-01'") from None
    return text


def listed(patterns: Patterns | None) -> list[str]:
    """Patterns of files as a list."""
    return [] if patterns is None else [patterns] if isinstance(patterns, str) else list(patterns)


class Splits(Settings):
    """Which files have the problems of which split: patterns of paths in the repository."""

    train: Patterns | None = None
    """Files with problems to train probes on: .parquet, .jsonl, .json or .csv."""
    validation: Patterns | None = None
    """Files with problems to choose on; without them, a fifth of train by content hash."""
    test: Patterns | None = None
    """Files with problems to report on."""


class Part(Settings):
    """A part of a column's text."""

    column: Text
    """The file's column, or `path`, the file's path in the repository."""
    pattern: Annotated[Text, AfterValidator(_with_one_group)]
    """Regular expression, whose group is the part."""


class DateSplit(Settings):
    """A split by date."""

    column: Text
    """Column with each problem's date."""
    test_from: Annotated[str, AfterValidator(_a_date)]
    """First date of test, in quotes; what is earlier is train."""


class Choices(Settings):
    """Options of questions of choice, whose order is by content hash, so that no place says which is right."""

    correct: Text
    """Column of the right option."""
    incorrect: Annotated[list[Text], Field(min_length=1)]
    """Columns of the others."""


class Rows(Settings):
    """How many problems there are, which is checked."""

    train: PositiveInt | None = None
    """In train, before validation is taken from it."""
    validation: PositiveInt | None = None
    """In validation, where it has files of its own."""
    test: PositiveInt | None = None
    """In test."""
    all: PositiveInt | None = None
    """In all splits together."""


class HubProblems(Repository, PilotShare):
    """Problems of a data set of the Hugging Face hub; no code of its repository is run."""

    splits: Splits | None = None
    """Which files have the problems of which split."""
    files: Patterns | None = None
    """Instead of `splits`: files whose problems `date_split`, `test_share` or `sizes` divides."""
    date_split: DateSplit | None = None
    """Divides `files` into what is older and newer than a date."""
    test_share: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Divides `files`: this share of the groups, by content hash, is test."""
    sizes: Sizes | None = None
    """Divides `files` into splits of so many problems, by content hash; together they are all problems."""
    train_contains_test: bool = False
    """Whether train, as published, has the problems of test too, by their problem_id; they count as test alone."""
    columns: dict[Text, Text]
    """This project's name of a column, and the file's: `question`, `answer`, and if there are such problem_id,
    reference_difficulty, reference_difficulty_se, and others for prompts and `metadata`."""
    extract: dict[Text, Part] = {}
    """Further columns of the file, by name, as parts of others."""
    group: Annotated[list[Text], Field(min_length=1)] | None = None
    """Columns of the file whose values together are a problem's group, such as a contest: the unit of resampling;
    without them, the problem itself."""
    difficulty_order: Annotated[list[Text], Field(min_length=2)] | None = None
    """Values of `reference_difficulty`, numbers in quotes, the easiest first: their places are taken."""
    gold: Gold = "column"
    """Where the gold answer stands: `column`: in that of `answer`, whole; `last_box`: there in the last `\\boxed{}`;
    `after_hashes`: there after the last `####`; `tests`: in tests as LiveCodeBench has them, public and private."""
    choices: Choices | None = None
    """Options, for `answer_kind: choice`; the answer is then the letter of the right one."""
    rows: Rows = Rows()
    """How many problems there are, which is checked."""
    answer_kind: Literal["math", "integer", "choice", "text", "code"] = "math"
    """What answers are."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    """SHA-256 of ids, questions and answers of `files`, wherever they are from; 64 hexadecimal digits."""
    mirror: Format | None = None
    """Another file with the same problems, for where the hub does not give them."""

    def patterns(self) -> dict[str, list[str]]:
        """Patterns of files by split; those of `files` by `all`."""
        if self.splits is None:
            return {"all": listed(self.files)}
        by_split = {"train": self.splits.train, "validation": self.splits.validation, "test": self.splits.test}
        return {split: listed(given) for split, given in by_split.items() if given is not None}

    def has(self, split: Literal["train", "test"]) -> bool:
        """Whether there are problems of a split."""
        return self.splits is None or split in self.patterns()
