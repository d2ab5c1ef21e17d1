"""Which metrics there are, of which targets they are computed, and which of them T2 shows.

Nothing that trains probes knows of this: a metric that is added here reruns evaluation and what follows.
"""

from dataclasses import dataclass

from foretell.common.metrics import (
    Function,
    accuracy,
    auroc,
    base_rate,
    brier,
    ece,
    predicted_minus_observed,
    spearman,
)
from foretell.common.registry import registry
from foretell.probes.criteria import CRITERIA
from foretell.probes.targets import Target

# What a metric holds against the labels.
SCORE = "score"
UNCALIBRATED = "uncalibrated"  # the score, taken as log odds
PROBABILITY = "probability"  # after Platt scaling
PROBABILITY_TRAIN = "probability_train"  # after Platt scaling on train, where that is not the one that counts
NOTHING = "nothing"  # the labels alone


@dataclass(frozen=True)
class Metric:
    """How well predictions agree with labels.

    Attributes:
        name: in tables.
        label: for readers.
        function: of labels, values and weights.
        values: what it holds against the labels, one of the constants above.
        chance: its value without any information, where that is the same for all labels.
        both_classes: whether it is reported only where there are enough rows of both classes.
    """

    name: str
    label: str
    function: Function
    values: str
    chance: float | None = None
    both_classes: bool = False


METRICS = registry(
    Metric("auroc", "AUROC", auroc, SCORE, chance=CRITERIA["auroc"].chance, both_classes=True),
    Metric("spearman", "Spearman", spearman, SCORE, chance=CRITERIA["spearman"].chance),
    Metric("ece_uncalibrated", "ECE, uncalibrated", ece, UNCALIBRATED),
    Metric("ece", "ECE", ece, PROBABILITY),
    Metric("ece_platt_train", "ECE, Platt scaling on train", ece, PROBABILITY_TRAIN),
    Metric("brier_uncalibrated", "Brier score, uncalibrated", brier, UNCALIBRATED),
    Metric("brier", "Brier score", brier, PROBABILITY),
    Metric("brier_platt_train", "Brier score, Platt scaling on train", brier, PROBABILITY_TRAIN),
    Metric(
        "predicted_minus_observed_uncalibrated",
        "predicted minus observed, uncalibrated",
        predicted_minus_observed,
        UNCALIBRATED,
    ),
    Metric("predicted_minus_observed", "predicted minus observed", predicted_minus_observed, PROBABILITY),
    Metric(
        "predicted_minus_observed_platt_train",
        "predicted minus observed, Platt scaling on train",
        predicted_minus_observed,
        PROBABILITY_TRAIN,
    ),
    Metric("accuracy", "accuracy of the prediction", accuracy, PROBABILITY),
    Metric("base_rate", "base rate", base_rate, NOTHING),
)

# Of each target, by its kind, in the order of the tables.
GRADED_METRICS = ("spearman",)
BINARY_METRICS = (
    "auroc",
    "ece_uncalibrated",
    "ece",
    "ece_platt_train",
    "brier_uncalibrated",
    "brier",
    "brier_platt_train",
    "predicted_minus_observed_uncalibrated",
    "predicted_minus_observed",
    "predicted_minus_observed_platt_train",
    "accuracy",
    "base_rate",
)
REPORTED = ("spearman", "auroc")  # in T2, where a target has them


def metrics_of(target: Target) -> tuple[str, ...]:
    """Names of the metrics that are computed of a target."""
    return BINARY_METRICS if target.binary else GRADED_METRICS
