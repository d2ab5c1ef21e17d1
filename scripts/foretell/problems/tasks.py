"""The kinds of problems that the workflow generates, and that tiny models are trained on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd
from pydantic import ValidationError, model_validator

from foretell.common.arguments import Settings, describe_errors
from foretell.common.registry import registry
from foretell.problems import expressions, stack_programs
from foretell.problems.generated import Evaluated, Range

Examples = tuple[list[str], dict[str, list[str]]]


@dataclass(frozen=True)
class Task:
    """A kind of generated problems.

    Attributes:
        name: the `source` of its problem sets.
        answer_kind: as in the contract of the problems stage.
        efforts: at which tiny models can be trained on it and asked, the least first.
        language: what problems are made of.
        alphabet: characters that occur in questions and completions of a language.
        training_examples: (rng, n, operations, language) to questions, and per effort their completions.
        generate_problems: (language, evaluated, seed) to a problem set.
    """

    name: str
    answer_kind: str
    efforts: tuple[str, ...]
    language: type[Settings]
    alphabet: Callable[..., str]
    training_examples: Callable[..., Examples]
    generate_problems: Callable[..., pd.DataFrame]


TASKS = registry(
    Task(
        "expressions",
        answer_kind="integer",
        efforts=("low", "high"),
        language=expressions.Language,
        alphabet=expressions.alphabet,
        training_examples=expressions.training_examples,
        generate_problems=expressions.generate_problems,
    ),
    Task(
        "stack_programs",
        answer_kind="code",
        efforts=("low",),
        language=stack_programs.Language,
        alphabet=stack_programs.alphabet,
        training_examples=stack_programs.training_examples,
        generate_problems=stack_programs.generate_problems,
    ),
)


class TaskSettings(Settings):
    """A kind of problems with its language."""

    source: str
    language: dict

    @model_validator(mode="after")
    def _language_is_of_the_source(self) -> Self:
        if self.source not in TASKS:
            raise ValueError(f"the source {self.source!r} is none of {', '.join(TASKS)}")
        try:
            self.task.language(**self.language)
        except ValidationError as error:
            raise ValueError(f"language: {'; '.join(describe_errors(error))}") from error
        return self

    @property
    def task(self) -> Task:
        """The kind."""
        return TASKS[self.source]

    def alphabet(self) -> str:
        """Characters that occur in questions and completions, one token each."""
        return self.task.alphabet(self.task.language(**self.language))

    def training_examples(self, rng: np.random.Generator, n: int, operations: int) -> Examples:
        """About n questions that are not held back for evaluation, and per effort their completions."""
        return self.task.training_examples(rng, n, operations, self.task.language(**self.language))


class TrainingTask(TaskSettings):
    """What a tiny model is trained on."""

    trained_operations: Range


class ProblemSettings(TaskSettings, Evaluated):
    """What a generated problem set depends on."""

    seed: int

    def generate(self) -> pd.DataFrame:
        """Generate the problems."""
        return self.task.generate_problems(self.task.language(**self.language), self, self.seed)
