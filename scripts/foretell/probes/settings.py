"""What a job of probes is asked for."""

from dataclasses import dataclass, fields

from foretell.common.errors import UserError
from foretell.probes.families import FAMILIES

# Kind of each target.
BINARY = {"success_rate": False, "majority_correct": True, "greedy_correct": True, "reference_difficulty": False}


@dataclass(frozen=True)
class Settings:
    """Protocol of one job.

    Attributes:
        targets: columns of the outcomes, keys of BINARY.
        families: keys of FAMILIES.
        folds: of the cross-validation.
        strengths: L2 penalties, positive.
        permutations: of the permuted-label control, at least 2.
        resamples: bootstrap resamples of the intervals.
        seed: of folds, permutations and resamples.
    """

    targets: list[str]
    families: list[str]
    folds: int
    strengths: list[float]
    permutations: int
    resamples: int
    seed: int

    @classmethod
    def of(cls, values: dict) -> "Settings":
        """Settings from a mapping.

        Raises:
            UserError: a key is missing or unknown, or a value is not possible.
        """
        names = {field.name for field in fields(cls)}
        for problem, keys in [("missing", names - values.keys()), ("unknown", values.keys() - names)]:
            if keys:
                raise UserError(f"settings: key {min(keys)!r} is {problem}; the keys are {', '.join(sorted(names))}")
        return cls(**values)

    def __post_init__(self):
        for key, known in [("targets", BINARY), ("families", FAMILIES)]:
            unknown = [name for name in getattr(self, key) if name not in known]
            if unknown:
                raise UserError(f"key {key!r}: {unknown[0]!r} is none of {', '.join(known)}")
        if not self.strengths or min(self.strengths) <= 0:
            raise UserError(f"key 'strengths': {self.strengths} must be positive numbers, at least one")
        for key, least in [("folds", 2), ("permutations", 2), ("resamples", 1)]:
            if getattr(self, key) < least:
                raise UserError(f"key {key!r}: {getattr(self, key)} must be at least {least}")
