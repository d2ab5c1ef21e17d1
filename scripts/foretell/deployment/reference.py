"""What the study saw on its test split, which new prompts are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from foretell.common.errors import UserError

PROBABILITY, CORRECT = "test_probability", "test_correct"  # tensors of a policy
UNLIKENESS, WEIGHT = "test_unlikeness", "test_weight"


@dataclass(frozen=True)
class Reference:
    """The test split, in an order of its own. No probe has seen it, and nothing was chosen on it.

    Out-of-fold scores of train would not do: they come from the probes of the folds, not from the one that is exported.
    Of a router that is fitted to a log, it is the requests which that was judged on: each tells of one policy alone.

    Attributes:
        probability: [problems, policies] of a right answer, as the exported probes give them.
        correct: [problems, policies], 0.0 or 1.0, or how often it is right at fewer samples than all; NaN where it is
            not known.
        unlikeness: [problems] as in `foretell.deployment.router.Decision`.
        weight: [problems], inverse propensities of what is known; None where everything is.
    """

    probability: np.ndarray
    correct: np.ndarray
    unlikeness: np.ndarray
    weight: np.ndarray | None = None

    @property
    def weights(self) -> np.ndarray:
        """[problems], 1 where everything is known."""
        return np.ones(len(self.unlikeness)) if self.weight is None else self.weight

    @property
    def name(self) -> str:
        """What reports call it."""
        return "test" if self.weight is None else "its log"

    def tensors(self, policies: Sequence[str]) -> dict[str, np.ndarray]:
        """As the folder of a router has it; policies are those of the columns."""
        by_policy = {
            f"{policy}/{name}": np.ascontiguousarray(values[:, column])
            for name, values in ((PROBABILITY, self.probability), (CORRECT, self.correct))
            for column, policy in enumerate(policies)
        }
        weight = {} if self.weight is None else {WEIGHT: self.weight}
        return {**by_policy, UNLIKENESS: self.unlikeness, **weight}

    @classmethod
    def of(cls, tensors: Mapping[str, np.ndarray], policies: Sequence[str], folder: Path) -> "Reference":
        """Read it from the tensors of a router's folder.

        Raises:
            UserError: the folder was written before it was kept.
        """
        if UNLIKENESS not in tensors:
            raise UserError(f"{folder}: has nothing to compare a log with: export the router again, with this version")
        probability, correct = (
            np.column_stack([tensors[f"{policy}/{name}"] for policy in policies]) for name in (PROBABILITY, CORRECT)
        )
        return cls(probability, correct, tensors[UNLIKENESS], tensors.get(WEIGHT))
