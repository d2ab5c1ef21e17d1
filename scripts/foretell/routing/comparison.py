"""The selected strategies on the reporting split, beside the best single policy and the mixture at their cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from foretell.routing.choice import best_single, select_points
from foretell.routing.decisions import CASCADE, UTILITY, Decisions
from foretell.routing.hull import Mixture, blend, mix_to_cost, upper_hull
from foretell.routing.points import HULL, SINGLE, Points, all_points
from foretell.routing.pool import TEST, Pool


@dataclass(frozen=True)
class Comparison:
    """What every reported strategy, and what it is compared with, does on every test problem.

    Attributes:
        labels: one row per strategy: strategy, policy, samples, chosen_on, choice, operating_point, at_cost_of (the
            router whose cost a hull mixture has), best_single, hull_policies, cost_basis.
        accuracy, cost, probing: [rows, problems].
        best_accuracy, best_cost: [rows, problems], the best single policy.
        hull_accuracy, hull_cost: [rows, problems], the mixture that cost the same where it was chosen.
        charged_hull_accuracy: [rows, problems], the mixture that cost the same as the strategy with its probing; NaN
            where that is unknown.
    """

    labels: pd.DataFrame
    accuracy: np.ndarray
    cost: np.ndarray
    probing: np.ndarray
    best_accuracy: np.ndarray
    best_cost: np.ndarray
    hull_accuracy: np.ndarray
    hull_cost: np.ndarray
    charged_hull_accuracy: np.ndarray

    def quantities(self, mean: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
        """Everything that is reported, from a mean over problems: [rows, problems] to [rows] or [resamples, rows]."""
        cost, charged, best_cost = mean(self.cost), mean(self.cost + self.probing), mean(self.best_cost)
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
        }


@dataclass(frozen=True)
class _Reference:
    """What a choosing split says about all points: best single policy, hull of the singles, mean costs."""

    best_single: int
    hull: np.ndarray
    cost: np.ndarray
    charged_cost: np.ndarray

    @classmethod
    def of(cls, points: Points) -> "_Reference":
        cost, singles = points.cost.mean(axis=1), points.of(SINGLE)
        hull = singles[upper_hull(cost[singles], points.accuracy[singles].mean(axis=1))]
        return cls(best_single(points), hull, cost, cost + points.probing.mean(axis=1))

    def mixture_at(self, cost: float) -> Mixture | None:
        return mix_to_cost(self.hull, self.cost, cost)


def compare(
    pool: Pool, fewer_samples: pd.DataFrame, decisions: list[Decisions], choose_on: Sequence[str]
) -> Comparison:
    """Choose every operating point on `choose_on`, and lay the chosen strategies out on test.

    Args:
        pool: the pool.
        fewer_samples: the table of `foretell.routing.fewer_samples.price_fewer_samples`.
        decisions: every router's decisions.
        choose_on: splits that choose, each on its own; none is test.
    """
    points = all_points(pool, fewer_samples, decisions)
    test = points.on(pool.split == TEST)
    choosing = {split: points.on(pool.split == split) for split in choose_on}
    references = {split: _Reference.of(choosing[split]) for split in choose_on}
    selected = select_points(choosing, choose_on)

    point = selected.point.to_numpy()
    reference = [references[split] for split in selected.reference]
    best = np.array([r.best_single for r in reference])
    mixtures = [r.mixture_at(r.cost[p]) for r, p in zip(reference, point, strict=True)]
    charged = [r.mixture_at(r.charged_cost[p]) for r, p in zip(reference, point, strict=True)]
    routed = Comparison(
        labels=_label(points.labels, selected, best, mixtures),
        accuracy=test.accuracy[point],
        cost=test.cost[point],
        probing=test.probing[point],
        best_accuracy=test.accuracy[best],
        best_cost=test.cost[best],
        hull_accuracy=blend(mixtures, test.accuracy),
        hull_cost=blend(mixtures, test.cost),
        charged_hull_accuracy=blend(charged, test.accuracy),
    )
    return _with_mixtures(routed)


def _label(
    labels: pd.DataFrame, selected: pd.DataFrame, best: np.ndarray, mixtures: list[Mixture | None]
) -> pd.DataFrame:
    chosen = labels.drop(columns="all_samples").iloc[selected.point].reset_index(drop=True)
    routed = selected.choice.notna()  # where a router falls back, the row stays the router's
    chosen.loc[routed, ["policy", "samples"]] = None, pd.NA
    return chosen.assign(
        strategy=selected.strategy,
        chosen_on=selected.chosen_on,
        choice=selected.choice,
        at_cost_of=pd.Series(None, index=selected.index, dtype="str"),
        best_single=labels.policy.to_numpy()[best],
        hull_policies=[_describe(mixture, labels) for mixture in mixtures],
    )


def _with_mixtures(comparison: Comparison) -> Comparison:
    """Add, as strategies of their own, the mixtures at the cost of the routers."""
    routed = np.flatnonzero(comparison.labels.strategy.isin([UTILITY, CASCADE]))
    rows = {field.name: getattr(comparison, field.name) for field in fields(comparison)}
    labels = rows.pop("labels")
    mixed = {name: values[routed] for name, values in rows.items()}
    mixed |= {"accuracy": mixed["hull_accuracy"], "charged_hull_accuracy": mixed["hull_accuracy"]}
    mixed |= {"cost": mixed["hull_cost"], "probing": np.zeros_like(mixed["probing"])}
    mixed_labels = labels.iloc[routed].assign(
        strategy=HULL, at_cost_of=labels.strategy, operating_point=np.nan, choice=None
    )
    return Comparison(
        pd.concat([labels, mixed_labels], ignore_index=True),
        **{name: np.vstack([rows[name], mixed[name]]) for name in rows},
    )


def _describe(mixture: Mixture, labels: pd.DataFrame) -> str:
    """Name a mixture's policies with their shares: `25.0 % small (3 samples) + 75.0 % large (8 samples)`."""
    shares = [(mixture.cheap, 1 - mixture.weight), (mixture.dear, mixture.weight)]
    return " + ".join(f"{share * 100:.1f} % {_name(labels.iloc[point])}" for point, share in shares if share)


def _name(label: pd.Series) -> str:
    return label.policy if pd.isna(label.samples) else f"{label.policy} ({label.samples} samples)"
