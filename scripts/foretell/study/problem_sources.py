"""The kinds of problems that the workflow generates, as far as a study's configuration needs to know them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GeneratedSource:
    """A `source` of problem sets.

    Attributes:
        keys: of the problem set's entry, what a problem depends on beside its number of operations.
        efforts: at which tiny models can be trained on it and asked.
        answer_kind: as in the contract of the problems stage.
    """

    keys: tuple[str, ...]
    efforts: tuple[str, ...]
    answer_kind: str


GENERATED = {
    "expressions": GeneratedSource(("operators", "modulus"), ("low", "high"), "integer"),
    "stack_programs": GeneratedSource(("variables",), ("low",), "code"),
}
