"""What the evaluation of a problem set is asked for."""

from pydantic import Field

from foretell.common.arguments import Settings


class ProbeEvaluationSettings(Settings):
    """Protocol of the intervals, and which encoder is whose.

    Attributes:
        resamples: bootstrap resamples of the groups.
        seed: of the draws.
        fewest_per_class: problems of the rarer class below which an AUROC is not reported.
        own_encoders: per policy whose success is read from several encoders, its own one.
    """

    resamples: int = Field(ge=1)
    seed: int = Field(ge=0)
    fewest_per_class: int = Field(default=50, ge=1)
    own_encoders: dict[str, str] = Field(default_factory=dict)
