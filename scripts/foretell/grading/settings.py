"""How completions are graded, as far as a problem set says it."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from foretell.common.arguments import Settings


def _with_a_group(text: str) -> str:
    try:
        compiled = re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    if not compiled.groups:
        raise ValueError(f"{text!r} has no group: put parentheses around the part that is the answer")
    return text


AnswerPattern = Annotated[str, AfterValidator(_with_a_group), Field(json_schema_extra={"format": "regex"})]


class GradingSettings(Settings):
    """How completions are graded."""

    answer_pattern: AnswerPattern | None = None
    """Regular expression whose first group, in its last match, is the answer in a completion. Without one, the kind of
    answer says where it stands: in a box, after `####`, `A:` or "answer is", in a fenced block of code."""
    one_answer: bool | None = None
    """Of texts, whether naming several candidates is wrong; without it, in answers of more than five words."""
    prelude: bool = True
    """Of programs, whether the imports that are usual in tests (`math`, `typing`, ...) stand before them."""
    packages: list[str] = []
    """Of programs, installed packages that they may import, such as numpy."""


class GradingJobSettings(GradingSettings):
    """How the completions of one problem set are graded."""

    answer_kind: str | None = None
    """Kind of all its answers, a key of `foretell.grading.rollouts.KINDS`; None where each problem says its own."""
