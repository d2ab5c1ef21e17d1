"""Every number of T4 and T5, recomputed by other means; the library is not imported here."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

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

FAMILIES = ("linear", "prompt_length", "tfidf", "token_gbm")
ROUTERS = ("utility", "cascade")


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
        self.probability = {family: self._probability(results, family) for family in FAMILIES}
        self.votes = {policy: self._votes(results, policy) for policy in self.policies}

    def _probability(self, results, family):
        tables = [predictions(results, policy, family=family).set_index("problem_id") for policy in self.policies]
        return np.array([table.probability.loc[self.ids] for table in tables])

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
        """(strategy, family, policy, samples, operating point) -> accuracy, cost, probing cost of every problem."""
        n, everyone, points = np.arange(len(self.ids)), self.prefill.sum(axis=0), {}
        zero = np.zeros(len(n))
        for column, policy in enumerate(self.policies):
            points["single", None, policy, K, None] = self.correct[column], self.cost[column], zero
            for count, accuracy in self.votes[policy].items():
                cost = self.prefill[column] + self.output[column] * count / K
                points["single", None, policy, count, None] = accuracy, cost, zero
        points["random", None, None, None, None] = self.correct.mean(axis=0), self.cost.mean(axis=0), zero
        kept = np.array([next((p for p in range(6) if self.correct[p, i]), 0) for i in n])
        points["oracle", None, None, None, None] = self.correct[kept, n], self.cost[kept, n], zero
        for point in GRID:
            kept = (self.correct - point * self.tiers[:, None]).argmax(axis=0)
            points["oracle_utility", None, None, None, point] = self.correct[kept, n], self.cost[kept, n], zero
            for family, worth in self.probability.items():
                charged = family == "linear"  # the others read no activations
                kept = (worth - point * self.tiers[:, None]).argmax(axis=0)
                charge = everyone - self.prefill[kept, n] if charged else zero
                points["utility", family, None, None, point] = self.correct[kept, n], self.cost[kept, n], charge
                kept = np.array([next((p for p in range(5) if worth[p, i] >= point), 5) for i in n])
                charge = np.array([self.prefill[:last, i].sum() for i, last in enumerate(kept)]) if charged else zero
                points["cascade", family, None, None, point] = self.correct[kept, n], self.cost[kept, n], charge
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


def chosen(points, strategy, family, criterion):
    """The operating point by the criterion on validation, or the single policy in its place."""
    full = [key for key in points if key[0] == "single" and key[3] == K]
    accuracy, cost = ({key: p[i].mean() for key, p in points.items()} for i in (0, 1))
    best = min(full, key=lambda key: (-accuracy[key], cost[key]))
    keys = [key for key in points if key[:2] == (strategy, family)]
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
        family = row["family"] if isinstance(row["family"], str) else None
        router = row["at_cost_of"] if strategy == "hull" else strategy
        if router in ("utility", "cascade", "oracle_utility"):
            key, best = chosen(validation, router, family, row["criterion"])
            if strategy != "hull":
                assert row["operating_point"] == pytest.approx(key[4] if key[4] is not None else np.nan, nan_ok=True)
        else:
            best = chosen(validation, "utility", "linear", "match")[1]
            policy = row["policy"] if isinstance(row["policy"], str) else None
            key = (strategy, None, policy, None if np.isnan(samples) else int(samples), None)
        assert row["best_single"] == best[2]
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
            "hull_accuracy": hull_accuracy,
            "hull_cost_usd_per_1000": 1000 * hull_cost,
            "gain_over_hull": accuracy - hull_accuracy,
            "gain_over_hull_with_probing": accuracy - charged_hull,
        }.items():
            expected |= mean_with_interval(name, values)
        for name, spent in {"saving": cost, "saving_with_probing": cost + probing}.items():
            resampled = 1 - spent[rows].mean(axis=1) / best_cost[rows].mean(axis=1)
            expected |= with_interval(name, 1 - spent.mean() / best_cost.mean(), resampled)
        differences = accuracy - best_accuracy
        discordant, n = np.abs(differences).sum(), len(cost)
        expected["accuracy_difference"] = differences.mean()
        expected["resolvable_margin"] = margin = 2.8016 * np.sqrt(discordant + 2) / (n + 2)
        text = text_only_rival(validation, test, row, family, router) if strategy != "hull" and family else None
        assert (row["text_family"] if isinstance(row["text_family"], str) else None) == (text and text[0])
        if text:
            other_accuracy, other_cost, other_hull = text[1:]
            expected |= mean_with_interval("accuracy_over_text", accuracy - other_accuracy)
            gain = accuracy - hull_accuracy - (other_accuracy - other_hull)
            expected |= mean_with_interval("gain_over_text", gain)
            for name, spent in {"saving_over_text": cost, "saving_over_text_with_probing": cost + probing}.items():
                resampled = 1 - spent[rows].mean(axis=1) / other_cost[rows].mean(axis=1)
                expected |= with_interval(name, 1 - spent.mean() / other_cost.mean(), resampled)
        assert_row(row, expected, (strategy, family, row["policy"], samples, row["criterion"]))
        low, high = row["accuracy_difference_low"], row["accuracy_difference_high"]
        if all(np.isclose(*pair, atol=0).all() for pair in ((accuracy, best_accuracy), (cost, best_cost))):
            assert pd.isna(row["matched"])
        else:
            for end, quantile in ((low, 1.96), (high, -1.96)):
                assert score(differences, end) == pytest.approx(quantile, abs=0.01)
            verdict = "yes" if low > -0.01 else "no" if high < -0.01 or margin <= 0.01 else "underpowered"
            assert row["matched"] == verdict
        seen += 1
    routed = 2 * 3 * len(FAMILIES)
    assert seen == 6 * K + 2 + routed + 1 + routed


def score(differences, delta):
    """Tango's statistic; the share of losses by solving the likelihood's derivative for zero."""
    n, gains, losses = len(differences), np.maximum(differences, 0).sum(), np.maximum(-differences, 0).sum()
    first, last = max(0.0, -delta) + 1e-12, (1 - delta) / 2 - 1e-12

    def slope(losing):
        return gains / (losing + delta) + losses / losing - 2 * (n - gains - losses) / (1 - 2 * losing - delta)

    losing = brentq(slope, first, last, xtol=1e-14) if slope(first) > 0 else first
    return (gains - losses - n * delta) / np.sqrt(n * (2 * losing + delta * (1 - delta)))


def text_only_rival(validation, test, row, family, router):
    """The text-only family that gains most over the hull on validation, and what it does on test."""
    gains = {}
    for name in FAMILIES[1:]:
        key, _ = chosen(validation, router, name, row["criterion"])
        mixture = best_mixture(validation, validation[key][1].mean())
        gains[name] = (validation[key][0].mean() - blend(validation, mixture)[0].mean(), key, mixture)
    name = max(gains, key=lambda each: round(gains[each][0], 12))
    _, key, mixture = gains[name]
    return (name, test[key][0], test[key][1], blend(test, mixture)[0])


def test_t5(results, routing):
    table = pd.read_csv(results / "tables" / "tiny" / "T5.csv")
    assert len(table) == (1 + 2 * len(FAMILIES)) * len(GRID) * 2
    for row in table.to_dict("records"):
        points = routing[row["split"]]
        family = row["family"] if isinstance(row["family"], str) else None
        swept = (key for key in points if key[:2] == (row["router"], family))
        key = next(key for key in swept if np.isclose(key[4], row["operating_point"], atol=1e-5))
        accuracy, cost, probing = points[key]
        expected = mean_with_interval("accuracy", accuracy) | mean_with_interval("cost_usd_per_1000", 1000 * cost)
        expected |= {"probing_cost_usd_per_1000": 1000 * probing.mean(), "n": len(cost)}
        assert_row(row, expected, (row["router"], family, row["split"], row["operating_point"]))
