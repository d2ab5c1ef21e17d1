"""Difficulty for people beside difficulty for a model: how far they agree, and how well activations tell each."""

import numpy as np
import pandas as pd

from foretell.common.arguments import Settings
from foretell.common.metrics import spearman
from foretell.common.statistics import percentile_interval
from foretell.difficulty.reliability import of_estimates, of_rates
from foretell.evaluation.measured import FIRST_PARTITION, TEST
from foretell.evaluation.resampling import Resampling
from foretell.probes.families import LINEAR

METRIC = "spearman"
AGREEMENT = "human difficulty and own failure"
HELD_OUT = "held-out folds"
UNKNOWN = np.full(1, np.nan)  # of a probe that was not trained, where a policy is always wrong, say
DECODED = {"reference_difficulty": "human difficulty", "success_rate": "own success"}


class ComparisonSettings(Settings):
    """Protocol of the bootstrap over groups."""

    resamples: int
    seed: int


def compare(
    problems: pd.DataFrame,
    outcomes: dict[str, pd.DataFrame],
    metrics: pd.DataFrame,
    resampled: pd.DataFrame,
    permutations: dict[str, pd.DataFrame],
    settings: ComparisonSettings,
) -> pd.DataFrame:
    """Correlations of both difficulties with each other, and with what is read from prompts.

    Args:
        problems: problem_id, reference_difficulty_se (null where it is not known).
        outcomes: per policy: problem_id, split, group, k, success_rate, reference_difficulty; those of test count.
        metrics, resampled: of `foretell.evaluation`, of the targets DECODED; what was not trained has no resamples.
        permutations: per policy: target, family, permutation, fold, spearman, of the first partition; none of problems
            that are split.
        settings: of the bootstrap of the agreement, the same as of the evaluation.

    Returns:
        policy, quantity, family (empty for the agreement), spearman, low, high, difference (linear minus this family),
        difference_low, difference_high, p (permutation test, one-sided for what is read, two-sided for the agreement),
        permutations, ceiling (what perfect knowledge of the true success rates could reach, given k samples of each, or
        of the true human difficulty, given its standard errors; the agreement's is the product of both that are known;
        null with one sample, and for human difficulty without standard errors), n, on (`test` or HELD_OUT, over
        which correlations of what is read are then means; p is of the first partition).
    """
    keys = ["policy", "target", "family", "metric"]
    of_metric = resampled[(resampled.metric == METRIC) & (resampled.family != "")]
    values = {key: np.asarray(each) for key, each in of_metric.set_index(keys)["values"].items()}
    first = metrics[metrics.metric == METRIC + FIRST_PARTITION].set_index(keys[:3]).value
    rows = []
    for policy, whole in outcomes.items():
        frame = tested(whole)
        on = HELD_OUT if policy in permutations else TEST
        errors = frame.problem_id.map(problems.set_index("problem_id").reference_difficulty_se)
        ceilings = {
            "success_rate": np.sqrt(of_rates(frame.success_rate.to_numpy(float), int(frame.k.iloc[0]))),
            "reference_difficulty": np.sqrt(
                of_estimates(frame.reference_difficulty.to_numpy(float), errors.to_numpy(float))
            ),
        }
        both = ceilings["success_rate"] * np.nan_to_num(ceilings["reference_difficulty"], nan=1.0)
        rows.append({"policy": policy, "on": on, **_agreement(frame, both, settings)})
        for target, quantity in DECODED.items():
            of_target = metrics[(metrics.policy == policy) & (metrics.target == target) & (metrics.metric == METRIC)]
            families = [family for family in of_target.family.unique() if family]
            found = {family: values.get((policy, target, family, METRIC), UNKNOWN) for family in families}
            for family, value in found.items():
                difference = found[LINEAR] - value if family != LINEAR else UNKNOWN
                head = {"policy": policy, "on": on, "quantity": quantity, "family": family}
                rows.append({**head, **_interval(value), **_interval(difference, "difference")})
                rows[-1] |= {"p": np.nan, "permutations": 0, "ceiling": ceilings[target], "n": len(frame)}
                if policy in permutations:
                    null = _of_permutations(permutations[policy], target, family)
                    rows[-1] |= {"p": permutation_p(first[policy, target, family], null), "permutations": len(null)}
    return pd.DataFrame(rows)


def tested(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Outcomes of the problems that count: those of test with a reference difficulty."""
    return outcomes[outcomes.split.eq(TEST) & outcomes.reference_difficulty.notna()]


def differ_most(problems: pd.DataFrame, outcomes: dict[str, pd.DataFrame], number: int) -> pd.DataFrame:
    """The problems whose places in the two orders of difficulty are furthest apart, in either direction.

    Args:
        problems: problem_id, question.
        outcomes: as in `compare`.
        number: how many of each direction.

    Returns:
        policy, harder_for (`people` or `model`), question, human_place, model_place (1 is the easiest; means of equal
        ones), success_rate, n.
    """
    texts = problems.set_index("problem_id").question
    parts = []
    for policy, whole in outcomes.items():
        frame = tested(whole)
        table = frame[["problem_id", "success_rate"]].assign(
            policy=policy,
            question=frame.problem_id.map(texts),
            human_place=frame.reference_difficulty.rank(),
            model_place=(-frame.success_rate.astype(float)).rank(),
            n=len(frame),
        )
        table["apart"] = table.human_place - table.model_place
        table = table.sort_values(["apart", "human_place"], kind="stable")
        parts.append(table.tail(number)[::-1].assign(harder_for="people"))
        parts.append(table.head(number).assign(harder_for="model"))
    columns = ["policy", "harder_for", "question", "human_place", "model_place", "success_rate", "n"]
    return pd.concat(parts, ignore_index=True)[columns]


def _agreement(frame: pd.DataFrame, ceiling: float, settings: ComparisonSettings, permutations: int = 1999) -> dict:
    human, failure = frame.reference_difficulty.to_numpy(float), 1 - frame.success_rate.to_numpy(float)
    weights = Resampling(settings.resamples, settings.seed).weights(frame)
    value = spearman(human, failure, weights)
    rng = np.random.default_rng(settings.seed)
    permuted = np.array([rng.permutation(human) for _ in range(permutations)])
    null = spearman(failure, permuted, np.ones((1, len(frame))))[:, 0]
    p = permutation_p(abs(value[0]), np.abs(null))
    head = {"quantity": AGREEMENT, "family": "", **_interval(value), **_interval(np.full(1, np.nan), "difference")}
    return {**head, "p": p, "permutations": permutations, "ceiling": ceiling, "n": len(frame)}


def _interval(values: np.ndarray, name: str = "spearman") -> dict[str, float]:
    low, high = percentile_interval(values[1:])
    ends = ("low", "high") if name == "spearman" else (f"{name}_low", f"{name}_high")
    return {name: values[0], ends[0]: low, ends[1]: high}


def _of_permutations(permuted: pd.DataFrame, target: str, family: str) -> np.ndarray:
    """[permutations] mean correlations over folds; those that are undefined are left out."""
    rows = permuted[(permuted.target == target) & (permuted.family == family)]
    return rows.groupby("permutation").spearman.mean().dropna().to_numpy()


def permutation_p(observed: float, null: np.ndarray) -> float:
    """Share of permuted values that are at least as large, the observed one counted among them; NaN if undefined."""
    return np.nan if np.isnan(observed) else (1 + np.sum(null >= observed)) / (1 + len(null))
