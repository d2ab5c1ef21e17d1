"""Every number of T4 and T5, recomputed by other means; the library is not imported here."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from recomputed import (
    CONFIG,
    GRID,
    POLICIES,
    RESAMPLES,
    K,
    assert_row,
    draws,
    mean_with_interval,
    predictions,
    read_outcomes,
    with_interval,
)


@pytest.fixture(scope="module")
def outcomes(results):
    return read_outcomes(results)


class Routing:
    """Costs, labels and decisions on one split, from outcomes, rollouts, predictions and prices alone."""

    def __init__(self, results, outcomes, split):
        frames = {policy: outcomes[policy][outcomes[policy].split == split] for policy in POLICIES}
        prices = {policy: CONFIG["models"][CONFIG["policies"][policy]["model"]]["price"] for policy in POLICIES}
        train_cost = {}
        for policy, frame in outcomes.items():
            train = frame[frame.split == "train"]
            train_cost[policy] = (train.prompt_tokens + train.completion_tokens).mean() * prices[policy]["input"] / 1e6
        self.policies = sorted(POLICIES, key=train_cost.get)
        tiers = np.array([train_cost[policy] for policy in self.policies])
        self.tiers = (tiers - tiers.min()) / (tiers.max() - tiers.min())
        self.ids = frames[POLICIES[0]].index
        self.correct = np.array([frames[p].majority_correct.astype(float) for p in self.policies])
        self.prefill = np.array([frames[p].prompt_tokens * prices[p]["input"] / 1e6 for p in self.policies])
        self.output = np.array([frames[p].completion_tokens * prices[p]["output"] / 1e6 for p in self.policies])
        self.cost = self.prefill + self.output
        self.probability = np.array(
            [predictions(results, p).set_index("problem_id").probability.loc[self.ids] for p in self.policies]
        )
        self.votes = {policy: self._votes(results, policy) for policy in self.policies}

    def _votes(self, results, policy):
        """By number of samples: the expected correctness of a vote, over all subsets of the samples."""
        rollouts = pd.read_parquet(next((results / "rollouts" / "tiny_math" / policy).iterdir()))
        rollouts = rollouts[rollouts["sample"] >= 0].set_index(["problem_id", "sample"]).sort_index()
        means = {count: [] for count in range(1, K)}
        for problem in self.ids:
            samples = list(rollouts.loc[problem][["answer_class", "correct"]].itertuples(index=False))
            for count, values in means.items():
                values.append(np.mean([vote(chosen) for chosen in itertools.combinations(samples, count)]))
        return {count: np.array(values) for count, values in means.items()}

    def points(self):
        """(strategy, policy, samples, operating point) -> accuracy, cost and probing cost of every problem."""
        n, everyone, points = np.arange(len(self.ids)), self.prefill.sum(axis=0), {}
        zero = np.zeros(len(n))
        for column, policy in enumerate(self.policies):
            points["single", policy, K, None] = self.correct[column], self.cost[column], zero
            for count, accuracy in self.votes[policy].items():
                cost = self.prefill[column] + self.output[column] * count / K
                points["single", policy, count, None] = accuracy, cost, zero
        points["random", None, None, None] = self.correct.mean(axis=0), self.cost.mean(axis=0), zero
        kept = np.array([next((p for p in range(6) if self.correct[p, i]), 0) for i in n])
        points["oracle", None, None, None] = self.correct[kept, n], self.cost[kept, n], zero
        for point in GRID:
            for strategy, worth in (("utility", self.probability), ("oracle_utility", self.correct)):
                kept = (worth - point * self.tiers[:, None]).argmax(axis=0)
                charge = everyone - self.prefill[kept, n] if strategy == "utility" else zero
                points[strategy, None, None, point] = self.correct[kept, n], self.cost[kept, n], charge
            kept = np.array([next((p for p in range(5) if self.probability[p, i] >= point), 5) for i in n])
            charge = np.array([self.prefill[:last, i].sum() for i, last in enumerate(kept)])
            points["cascade", None, None, point] = self.correct[kept, n], self.cost[kept, n], charge
        return points


def vote(samples):
    """Whether the most frequent answer is right; the first seen of equals; no answer never wins."""
    given = [sample for sample in samples if pd.notna(sample.answer_class)]
    answers = [sample.answer_class for sample in given]
    winner = max(dict.fromkeys(answers), key=answers.count, default=None)
    return next((sample.correct for sample in given if sample.answer_class == winner), False)


@pytest.fixture(scope="module")
def routing(results, outcomes):
    return {split: Routing(results, outcomes, split).points() for split in ("validation", "test")}


def best_mixture(points, budget):
    """The two single policies and the weight of the second that are most accurate for a mean cost, by trying all.

    Of equally accurate ones the cheaper; of these the one whose two policies lie furthest apart.
    """
    singles = [(key, p[0].mean(), p[1].mean()) for key, p in points.items() if key[0] == "single"]
    found = []
    for (one, accuracy, cost), (two, other_accuracy, other_cost) in itertools.product(singles, repeat=2):
        if cost <= budget and (other_cost > budget or one == two):
            weight = (budget - cost) / (other_cost - cost) if one != two else 0.0
            reached, spent = (a + weight * (b - a) for a, b in ((accuracy, other_accuracy), (cost, other_cost)))
            order = round(reached, 10), -round(spent / budget, 10), other_cost - cost
            found.append((order, (one, two, weight)))
    if not found:
        cheapest = min(singles, key=lambda single: (single[2], -single[1]))[0]
        return cheapest, cheapest, 0.0
    return max(found, key=lambda each: each[0])[1]


def chosen(points, strategy, criterion):
    """The operating point by the criterion on validation, or the single policy in its place."""
    full = [key for key in points if key[0] == "single" and key[2] == K]
    accuracy, cost = ({key: p[i].mean() for key, p in points.items()} for i in (0, 1))
    best = min(full, key=lambda key: (-accuracy[key], cost[key]))
    keys = [key for key in points if key[0] == strategy]
    if criterion == "budget":
        within = [key for key in keys if cost[key] <= CONFIG["pools"]["tiny"]["budget"]]
        return min(within, key=lambda k: (-accuracy[k], cost[k]), default=min(full, key=cost.get)), best
    floor = accuracy[best] if criterion == "match" else CONFIG["pools"]["tiny"]["accuracy"]
    enough = [key for key in keys if accuracy[key] >= floor]
    return min(enough, key=lambda k: (cost[k], -accuracy[k]), default=best), best


def blend(points, mixture):
    one, two, weight = mixture
    return [(1 - weight) * points[one][i] + weight * points[two][i] for i in (0, 1)]


def test_t4(results, routing):
    table = pd.read_csv(results / "tables" / "tiny" / "T4.csv")
    validation, test = routing["validation"], routing["test"]
    seen = 0
    for row in table.to_dict("records"):
        strategy, samples = row["strategy"], row["samples"]
        router = row["at_cost_of"] if strategy == "hull" else strategy
        if router in ("utility", "cascade", "oracle_utility"):
            key, best = chosen(validation, router, row["criterion"])
            if strategy != "hull":
                assert row["operating_point"] == pytest.approx(key[3] if key[3] is not None else np.nan, nan_ok=True)
        else:
            best = chosen(validation, "utility", "match")[1]
            policy = row["policy"] if isinstance(row["policy"], str) else None
            key = (strategy, policy, None if np.isnan(samples) else int(samples), None)
        assert row["best_single"] == best[1]
        accuracy, cost, probing = test[key]
        mixture = best_mixture(validation, validation[key][1].mean())
        hull_accuracy, hull_cost = blend(test, mixture)
        charged_hull, _ = blend(test, best_mixture(validation, (validation[key][1] + validation[key][2]).mean()))
        if strategy == "hull":
            accuracy, cost, probing, charged_hull = hull_accuracy, hull_cost, 0 * cost, hull_accuracy
        best_accuracy, best_cost, _ = test[best]
        rows = draws(len(cost))
        expected = {"n": len(cost), "resamples": RESAMPLES}
        for name, values in {
            "accuracy": accuracy,
            "cost_usd_per_1000": 1000 * cost,
            "cost_with_probing_usd_per_1000": 1000 * (cost + probing),
            "accuracy_difference": accuracy - best_accuracy,
            "hull_accuracy": hull_accuracy,
            "hull_cost_usd_per_1000": 1000 * hull_cost,
            "gain_over_hull": accuracy - hull_accuracy,
            "gain_over_hull_with_probing": accuracy - charged_hull,
        }.items():
            expected |= mean_with_interval(name, values)
        for name, spent in {"saving": cost, "saving_with_probing": cost + probing}.items():
            resampled = 1 - spent[rows].mean(axis=1) / best_cost[rows].mean(axis=1)
            expected |= with_interval(name, 1 - spent.mean() / best_cost.mean(), resampled)
        differences = (accuracy - best_accuracy)[rows].mean(axis=1)
        expected["resolvable_margin"] = margin = (norm.ppf(0.975) + norm.ppf(0.8)) * differences.std(ddof=1)
        assert_row(row, expected, (strategy, row["policy"], samples, row["criterion"]))
        low, high = np.percentile(differences, [2.5, 97.5])
        verdict = "no" if high < -0.01 else "yes" if low > -0.01 and margin <= 0.01 else "inconclusive"
        assert row["matched"] == verdict
        seen += 1
    assert seen == 6 * K + 2 + 2 * 3 + 1 + 2 * 3


def test_t5(results, routing):
    table = pd.read_csv(results / "tables" / "tiny" / "T5.csv")
    assert len(table) == 3 * len(GRID) * 2
    for row in table.to_dict("records"):
        points = routing[row["split"]]
        key = next(k for k in points if k[0] == row["router"] and np.isclose(k[3], row["operating_point"], atol=1e-5))
        accuracy, cost, probing = points[key]
        expected = mean_with_interval("accuracy", accuracy) | mean_with_interval("cost_usd_per_1000", 1000 * cost)
        expected |= {"probing_cost_usd_per_1000": 1000 * probing.mean(), "n": len(cost)}
        assert_row(row, expected, (row["router"], row["split"], row["operating_point"]))
