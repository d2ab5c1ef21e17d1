"""What jobs that train probes are asked for."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field, PositiveFloat

from foretell.common.arguments import Settings
from foretell.probes.families import FAMILIES, jointly_fitted
from foretell.probes.targets import TARGETS

TRAINED = [name for name, family in FAMILIES.items() if family.build is not None]
PREDICTORS = [name for name in TRAINED if not FAMILIES[name].control]


def _of(known: Iterable[str], names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is none of {', '.join(known)}")
    return names


TargetName = Annotated[str, AfterValidator(lambda name: _of(TARGETS, [name])[0])]
TargetNames = Annotated[list[str], AfterValidator(lambda names: _of(TARGETS, names))]
FamilyNames = Annotated[list[str], AfterValidator(lambda names: _of(TRAINED, names))]
PredictorNames = Annotated[list[str], AfterValidator(lambda names: _of(PREDICTORS, names))]
JointNames = Annotated[
    list[str], AfterValidator(lambda names: _of([family.name for family in jointly_fitted(FAMILIES)], names))
]
Strengths = Annotated[list[PositiveFloat], Field(min_length=1)]


class CrossValidationSettings(Settings):
    """How a probe's layer, position and penalty are chosen.

    Attributes:
        strengths: L2 penalties, positive.
        folds: of the cross-validation.
        seed: of the folds, and of what else is random.
    """

    strengths: Strengths
    folds: int = Field(ge=2)
    seed: int = Field(ge=0)


class ProbeSettings(CrossValidationSettings):
    """Protocol of the probes of one policy.

    Attributes:
        targets: keys of TARGETS.
        families: keys of FAMILIES that are trained here.
        permutations: of the permuted-label control.
        metadata: columns of the problems that the family of this name reads.
        recalibrate: whether Platt scaling is fitted on validation; what is fitted on train then stands beside it.
    """

    targets: TargetNames
    families: FamilyNames
    permutations: int = Field(ge=2)
    metadata: list[str] = []
    recalibrate: bool = False


class JointSettings(CrossValidationSettings):
    """Protocol of the probes that are fitted to all policies at once.

    Attributes:
        targets: keys of TARGETS.
        families: keys of FAMILIES that are fitted so.
    """

    targets: TargetNames
    families: JointNames


class EncoderSettings(CrossValidationSettings):
    """Protocol of the probes that read every policy's success from one encoder.

    Attributes:
        target: the key of TARGETS that is read of every policy.
    """

    target: TargetName


class CrossFitSettings(CrossValidationSettings):
    """Protocol of a problem set whose problems are each predicted from fits to others.

    Attributes:
        targets: keys of TARGETS.
        families: keys of FAMILIES that are trained here, no control among them.
        folds: that are held out in turn.
        partitions: into those folds.
        inner_folds: of the cross-validation inside the problems that a fit sees.
        permutations: of the labels over all problems; 0 for none.
    """

    targets: TargetNames
    families: PredictorNames
    partitions: int = Field(ge=1)
    inner_folds: int = Field(ge=2)
    permutations: int = Field(default=0, ge=0)
