"""What limits a study's numbers: scores that it does not report, and verdicts that it leaves open."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from foretell.claims.front_page import Pool
from foretell.evaluation.catalogue import METRICS, REPORTED
from foretell.evaluation.measured import NO_LABEL, NOT_TRAINED, OF_RARER_CLASS
from foretell.figures.inputs import MAJORITY, TEST, VALIDATION, too_few_of_a_class
from foretell.probes.families import FAMILIES
from foretell.routing.choice import routing_family
from foretell.routing.matching import UNDERPOWERED, least_margin
from foretell.routing.routers import ROUTERS
from foretell.routing.settings import MATCH
from foretell.routing.too_few import too_few_groups, too_few_to_choose, too_few_to_match

_OF_SIZE = (OF_RARER_CLASS, NOT_TRAINED)  # what a probe is not trained for is a class that is too small on train
_FOR_READERS: dict[str, str] = {NOT_TRAINED: "too few of a class on train", NO_LABEL: "not known of any problem"}


def warnings(
    evaluation: Mapping[str, pd.DataFrame],
    routing: Mapping[str, pd.DataFrame],
    outcomes: Mapping[str, pd.DataFrame],
    problems: Mapping[str, pd.DataFrame],
    pools: Sequence[Pool],
) -> list[str]:
    """What limits the numbers: scores not reported, few groups, repeated questions, verdicts left open; in sentences.

    Args:
        evaluation: per problem set, the metrics of `foretell.evaluation`.
        routing: per pool, the summary of the routing stage.
        outcomes: per problem set, those of one policy: split and group.
        problems: per problem set: problem_id, split, question, group, excluded_reason.
        pools: what each routes over.
    """
    told = [text for name, metrics in evaluation.items() for text in _without(name, metrics, _is_of_size)]
    told += [text for name, frame in outcomes.items() for text in _groups(name, frame)]
    told += [text for name, frame in problems.items() for text in _repeated(name, frame)]
    for pool in pools:
        told += _pool(pool.pool, routing[pool.pool], outcomes[pool.problem_set])
        told += _unpredicted(pool, routing_family(routing[pool.pool]), evaluation[pool.problem_set])
    return told


def unmeasured(evaluation: Mapping[str, pd.DataFrame]) -> list[str]:
    """One sentence per problem set and score that was not reported for another reason than size."""
    return [
        text
        for name, metrics in evaluation.items()
        for text in _without(name, metrics, lambda reason: not _is_of_size(reason))
    ]


def _is_of_size(reason: str) -> bool:
    return any(each in reason for each in _OF_SIZE)


def _without(name: str, metrics: pd.DataFrame, wanted: Callable[[str], bool]) -> Iterator[str]:
    """Scores that some policies do not have, for reasons that are asked for."""
    controls = [family.name for family in FAMILIES.values() if family.control]
    rows = metrics[(metrics.split == TEST) & metrics.metric.isin(REPORTED) & metrics.encoder.isna()]
    rows = rows[(rows.family != "") & ~rows.family.isin(controls)]
    without = rows[rows.value.isna() & rows.reason.map(wanted).astype(bool)]
    without = without.assign(said=[_reason(row) for row in without.itertuples()])
    for (target, metric), part in without.groupby(["target", "metric"], sort=False):
        of_score = rows[(rows.target == target) & (rows.metric == metric)]
        each = [
            _lacking(frame, of_score[of_score.policy == policy])
            for (policy, _), frame in part.groupby(["policy", "said"], sort=False)
        ]
        yield f"{name}: no {METRICS[metric].label} of {target.replace('_', ' ')} for {', '.join(each)}."


def _lacking(rows: pd.DataFrame, scored: pd.DataFrame) -> str:
    """A policy, which of its families lack a score for a reason where others do not, and the reason."""
    families = rows.family.map(lambda name: FAMILIES[name].label if name in FAMILIES else name)
    which = "" if len(rows) == len(scored) else f" by {', '.join(families)}"
    return f"{rows.policy.iloc[0]}{which} ({rows.said.iloc[0]})"


def _reason(row: Any) -> str:
    if OF_RARER_CLASS in row.reason:
        return too_few_of_a_class(row.positives, row.negatives).removeprefix("not testable: ")
    return _FOR_READERS.get(row.reason, row.reason)


def _groups(name: str, outcomes: pd.DataFrame) -> Iterator[str]:
    test = outcomes[outcomes.split == TEST]
    yield from map(_sentence, too_few_groups(name, test.group.nunique(), len(test)))


def _repeated(name: str, problems: pd.DataFrame) -> Iterator[str]:
    test = problems[(problems.split == TEST) & problems.excluded_reason.isna()]
    groups = test.group.fillna(test.problem_id)
    if repeated := int((groups.groupby(test.question).transform("nunique") > 1).sum()):
        yield (
            f"{name}: {repeated} of {len(test)} test problems have a question that another has too, word for word, and "
            "count as problems of their own: if their answers agree, intervals are too narrow. Give them one 'group'."
        )


def _pool(pool: str, summary: pd.DataFrame, outcomes: pd.DataFrame) -> Iterator[str]:
    chosen = summary[(summary.criterion == MATCH) & (summary.family == routing_family(summary))]
    row = chosen.iloc[0]
    if least_margin(row.n) >= row.margin:
        yield from map(_sentence, too_few_to_match(pool, row.n, row.margin))
    else:
        yield from _open(pool, chosen)
    if validation := int((outcomes.split == VALIDATION).sum()):
        yield from map(_sentence, too_few_to_choose(pool, validation))


def _unpredicted(pool: Pool, family: str, metrics: pd.DataFrame) -> Iterator[str]:
    """Policies that routers know by one number alone."""
    rows = metrics[(metrics.split == TEST) & (metrics.target == MAJORITY) & (metrics.family == family)]
    without = set(rows.policy[rows.reason.str.contains(NOT_TRAINED, regex=False)])
    if names := [each.policy for each in pool.policies if each.policy in without]:
        yield (
            f"{pool.pool}: to routers every prompt has the same probability of success by {', '.join(names)}, the "
            "smoothed share on train, for no probe could be trained."
        )


def _open(pool: str, chosen: pd.DataFrame) -> Iterator[str]:
    """Verdicts on routers; the other strategies are what they are compared with."""
    for router, rows in chosen[chosen.strategy.isin(list(ROUTERS))].groupby("strategy", sort=False):
        row = rows.iloc[0]
        if row.matched == UNDERPOWERED:
            yield (
                f"{pool}: whether the {ROUTERS[router].title} matches the best single policy stays open: {row.n} test "
                f"problems show a difference of {100 * row.resolvable_margin:.1f} points, and the margin is "
                f"{100 * row.margin:g}."
            )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
