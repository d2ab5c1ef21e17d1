"""The selected strategies on the reporting split, beside the best single policy and the mixture at their cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from foretell.probes.families import FAMILIES
from foretell.routing.choice import best_single, preferred, select_points
from foretell.routing.hull import Mixture, blend, mix_to_cost, upper_hull
from foretell.routing.points import HULL, SINGLE, Points
from foretell.routing.pool import TEST
from foretell.routing.routed import RoutedPool, places_of_strategies
from foretell.routing.routers import ROUTERS
from foretell.routing.settings import RoutingEvaluationSettings

ROW = ["strategy", "family", "policy", "samples", "criterion", "calibrated_on", "chosen_on", "at_cost_of"]


@dataclass(frozen=True)
class Comparison:
    """What every reported strategy, and what it is compared with, does on every test problem.

    Attributes:
        labels: one row per strategy: ROW (which names it; at_cost_of is the router whose cost a hull mixture has),
            choice, operating_point, best_single, hull_policies, text_family (null but for routers), cost_basis.
        is_best: [rows], whether a row is the best single policy itself, in every fold.
        points: int [rows, folds], which of the fold's points a row is; -1 for mixtures.
        is_preferred: [rows], whether the choosing split prefers a row's router and family to all others, in every fold.
        accuracy, cost, probing: [rows, problems].
        best_accuracy, best_cost: [rows, problems], the single policy that the first chooser found best.
        hull_accuracy, hull_cost: [rows, problems], the mixture that cost the same there.
        charged_hull_accuracy: [rows, problems], the mixture that cost the same as the strategy with its probing; NaN
            where that is unknown.
        text_accuracy, text_cost, text_hull_accuracy: [rows, problems], of the same router, criterion and chooser with
            the probabilities of `text_family`; NaN where there is none.
    """

    labels: pd.DataFrame
    points: np.ndarray
    is_best: np.ndarray
    is_preferred: np.ndarray
    accuracy: np.ndarray
    cost: np.ndarray
    probing: np.ndarray
    best_accuracy: np.ndarray
    best_cost: np.ndarray
    hull_accuracy: np.ndarray
    hull_cost: np.ndarray
    charged_hull_accuracy: np.ndarray
    text_accuracy: np.ndarray
    text_cost: np.ndarray
    text_hull_accuracy: np.ndarray

    @property
    def is_alike(self) -> np.ndarray:
        """[rows], whether a row costs, and is right, on every test problem as the best single policy is."""
        pairs = ((self.accuracy, self.best_accuracy), (self.cost, self.best_cost))
        return np.logical_and.reduce([np.isclose(row, best, atol=0).all(axis=1) for row, best in pairs])

    def quantities(self, mean: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
        """Everything that is reported, from a mean over problems: [rows, problems] to [rows] or [resamples, rows]."""
        cost, charged, best_cost = mean(self.cost), mean(self.cost + self.probing), mean(self.best_cost)
        text_cost, text_gain = mean(self.text_cost), self.text_accuracy - self.text_hull_accuracy
        return {
            "accuracy": mean(self.accuracy),
            "cost": cost,
            "cost_with_probing": charged,
            "accuracy_difference": mean(self.accuracy - self.best_accuracy),
            "saving": 1 - cost / best_cost,
            "saving_with_probing": 1 - charged / best_cost,
            "hull_accuracy": mean(self.hull_accuracy),
            "hull_cost": mean(self.hull_cost),
            "gain_over_hull": mean(self.accuracy - self.hull_accuracy),
            "gain_over_hull_with_probing": mean(self.accuracy - self.charged_hull_accuracy),
            "accuracy_over_text": mean(self.accuracy - self.text_accuracy),
            "saving_over_text": 1 - cost / text_cost,
            "saving_over_text_with_probing": 1 - charged / text_cost,
            "gain_over_text": mean(self.accuracy - self.hull_accuracy - text_gain),
            "gain_over_text_with_probing": mean(self.accuracy - self.charged_hull_accuracy - text_gain),
        }


TEXT = ["text_accuracy", "text_cost", "text_hull_accuracy"]
BY_ROW = ["is_best", "is_preferred"]
BY_PROBLEM = [field.name for field in fields(Comparison) if field.name not in ("labels", "points", *BY_ROW)]


def compare_folds(folds: Sequence[RoutedPool], settings: RoutingEvaluationSettings) -> Comparison:
    """Choose every operating point in each fold on its own, and lay the chosen strategies out on all test problems.

    Args:
        folds: one pool, or several whose test problems are reported together.
        settings: whose probabilities are routed by, and who chooses operating points, what for.

    Returns:
        The comparison. Where folds disagree on an operating point it is NaN, and the names of best single policies and
        mixtures stand side by side.

    Raises:
        UserError: the folds do not have the same strategies.
    """
    comparisons = [_compare(fold, settings) for fold in folds]
    places = list(zip(comparisons, places_of_strategies([each.labels for each in comparisons], ROW), strict=True))
    together = {name: np.hstack([getattr(each, name)[place] for each, place in places]) for name in BY_PROBLEM}
    whether = {name: np.all([getattr(each, name)[place] for each, place in places], axis=0) for name in BY_ROW}
    labels = [each.labels.iloc[place].reset_index(drop=True) for each, place in places]
    points = np.hstack([each.points[place] for each, place in places])
    return Comparison(_merge_labels(labels), points, **whether, **together)


def _merge_labels(folds: list[pd.DataFrame]) -> pd.DataFrame:
    merged = folds[0].copy()
    points = np.stack([fold.operating_point for fold in folds])
    merged["operating_point"] = np.where((points == points[0]).all(axis=0), points[0], np.nan)
    for name in ("choice", "best_single", "hull_policies", "text_family"):
        described = zip(*(fold[name] for fold in folds), strict=True)
        merged[name] = [" / ".join(dict.fromkeys(each)) if pd.notna(each[0]) else None for each in described]
    return merged


def _compare(fold: RoutedPool, settings: RoutingEvaluationSettings) -> Comparison:
    points, pool = fold.points, fold.pool
    test = points.on(pool.split == TEST)
    choosing = {chooser.chosen_on: points.on(pool.split == chooser.chosen_on) for chooser in settings.choosers}
    selected = select_points(choosing, settings)

    point = selected.point.to_numpy()
    reference = choosing[settings.choosers[0].chosen_on]  # for every row alike, so that rows can be compared
    best = np.full(len(point), best_single(reference))
    mixtures = _mixtures(reference, reference.cost[point].mean(axis=1))
    charged = _mixtures(reference, (reference.cost + reference.probing)[point].mean(axis=1))
    gains = (reference.accuracy[point] - blend(mixtures, reference.accuracy)).mean(axis=1)
    text = _best_text_only(selected, gains)
    hull_accuracy = blend(mixtures, test.accuracy)
    labels = _label(points.labels, selected, best, mixtures)
    routed = Comparison(
        labels=labels.assign(text_family=[None if row is None else selected.family[row] for row in text]),
        points=point[:, None],
        is_best=point == best,
        is_preferred=preferred(selected, choosing, settings),
        accuracy=test.accuracy[point],
        cost=test.cost[point],
        probing=test.probing[point],
        best_accuracy=test.accuracy[best],
        best_cost=test.cost[best],
        hull_accuracy=hull_accuracy,
        hull_cost=blend(mixtures, test.cost),
        charged_hull_accuracy=blend(charged, test.accuracy),
        text_accuracy=_rows(test.accuracy[point], text),
        text_cost=_rows(test.cost[point], text),
        text_hull_accuracy=_rows(hull_accuracy, text),
    )
    return _with_mixtures(routed)


def _best_text_only(selected: pd.DataFrame, gains: np.ndarray) -> list[int | None]:
    """For every router's row, the row that differs from it at most by its family, which reads no more than the text.

    Of several the one that gains most over the mixture of single policies at its cost, where operating points are
    chosen; None where there is none.
    """
    text_only = selected.family.isin([name for name, family in FAMILIES.items() if family.text_only])
    best: list[int | None] = [None] * len(selected)
    for _, rows in selected[selected.family.notna()].groupby(["strategy", "criterion", "calibrated_on", "chosen_on"]):
        candidates = rows.index[text_only[rows.index]]
        if len(candidates):
            for row in rows.index:
                best[row] = int(candidates[np.argmax(gains[candidates])])
    return best


def _rows(values: np.ndarray, rows: list[int | None]) -> np.ndarray:
    """[len(rows), problems], those rows of values; NaN for None."""
    unknown = np.full(values.shape[1], np.nan)
    return np.stack([unknown if row is None else values[row] for row in rows])


def _mixtures(points: Points, costs: np.ndarray) -> list[Mixture | None]:
    """The best mixtures of single policies that cost as much."""
    cost, accuracy = points.cost.mean(axis=1), points.accuracy.mean(axis=1)
    singles = points.of(SINGLE)
    hull = singles[upper_hull(cost[singles], accuracy[singles])]
    return [mix_to_cost(hull, cost, target) for target in costs]


def _label(
    labels: pd.DataFrame, selected: pd.DataFrame, best: np.ndarray, mixtures: list[Mixture | None]
) -> pd.DataFrame:
    chosen = labels.drop(columns=["all_samples", "routable"]).iloc[selected.point].reset_index(drop=True)
    routed = selected.choice.notna()  # where a router falls back, the row stays the router's
    chosen.loc[routed, ["policy", "samples"]] = None, pd.NA
    chosen = chosen.assign(
        **selected[["strategy", "family", "criterion", "choice", "calibrated_on", "chosen_on"]],
        at_cost_of=pd.Series(None, index=selected.index, dtype="str"),
        best_single=labels.policy.to_numpy()[best],
        hull_policies=[_describe(mixture, labels) for mixture in mixtures],
    )
    return chosen[[*ROW, "choice", "operating_point", "best_single", "hull_policies", "cost_basis"]]


def _with_mixtures(comparison: Comparison) -> Comparison:
    """Add, as strategies of their own, the mixtures at the cost of the routers."""
    routed = np.flatnonzero(comparison.labels.strategy.isin(list(ROUTERS)))
    labels, rows = comparison.labels, {name: getattr(comparison, name) for name in BY_PROBLEM}
    mixed = {name: values[routed] for name, values in rows.items()}
    mixed |= {"accuracy": mixed["hull_accuracy"], "charged_hull_accuracy": mixed["hull_accuracy"]}
    mixed |= {"cost": mixed["hull_cost"], "probing": np.zeros_like(mixed["probing"])}
    mixed |= {name: np.full_like(mixed[name], np.nan) for name in TEXT}
    mixed_labels = labels.iloc[routed].assign(
        strategy=HULL, at_cost_of=labels.strategy, operating_point=np.nan, choice=None, text_family=None
    )
    no = np.zeros(len(routed), dtype=bool)
    return Comparison(
        pd.concat([labels, mixed_labels], ignore_index=True),
        np.concatenate([comparison.points, np.full((len(routed), comparison.points.shape[1]), -1)]),
        **{name: np.concatenate([getattr(comparison, name), no]) for name in BY_ROW},
        **{name: np.vstack([rows[name], mixed[name]]) for name in rows},
    )


def _describe(mixture: Mixture | None, labels: pd.DataFrame) -> str | None:
    """Name a mixture's policies with their shares: `25.0 % small (3 samples) + 75.0 % large (8 samples)`."""
    if mixture is None:
        return None
    shares = [(mixture.cheap, 1 - mixture.weight), (mixture.dear, mixture.weight)]
    return " + ".join(f"{share * 100:.1f} % {_name(labels.iloc[point])}" for point, share in shares if share)


def _name(label: pd.Series) -> str:
    return label.policy if pd.isna(label.samples) else f"{label.policy} ({label.samples} samples)"
