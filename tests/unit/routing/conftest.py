"""A pool of policies with several samples, and the same with arms."""

import numpy as np
import pandas as pd
import pytest

from foretell.outcomes.summary import summarise
from foretell.routing.arms import add_arms, add_probabilities_of_arms
from foretell.routing.costs import PolicyPrice, price_outcomes
from foretell.routing.fewer_samples import price_fewer_samples
from foretell.routing.tables import PoolTables
from routing_tables import SWEEP, probabilities_table

SPLITS = ["train", "validation", "test"]


def rollouts(rng, names, k, chance):
    """k samples per problem: right (1), wrong (2) or without an answer, ten tokens each."""
    drawn = rng.random(len(names) * k)
    right = drawn < np.repeat(chance, k)
    answers = np.where(right, "1", np.where(drawn > 0.95, None, "2"))
    return pd.DataFrame(
        {
            "problem_id": np.repeat(names, k),
            "sample": np.tile(np.arange(k), len(names)),
            "answer_class": answers,
            "extracted_answer": answers,
            "correct": right,
            "prompt_tokens": 5,
            "completion_tokens": 10,
            "finish_reason": "stop",
        }
    )


PRICES = {
    "small": PolicyPrice(encoder="reader", input_price=1e6, output_price=1e6),
    "large": PolicyPrice(encoder="reader", input_price=1e6, output_price=2.5e6),
}


@pytest.fixture(scope="module")
def answers():
    """Of a policy of four samples and a dearer one of two: prices, outcomes, rollouts and predictions."""
    rng = np.random.default_rng(3)
    names = [f"p{i:03d}" for i in range(240)]
    split = [SPLITS[i % 3] for i in range(240)]
    chance = rng.beta(1.2, 1.2, 240)
    tables = {
        "small": rollouts(rng, names, 4, 0.8 * chance),
        "large": rollouts(rng, names, 2, 0.2 + 0.8 * chance),
    }
    problems = pd.DataFrame({"problem_id": names, "split": split, "group": names, "reference_difficulty": None})
    problems["excluded_reason"] = None
    outcomes = {policy: summarise(table, problems) for policy, table in tables.items()}
    noisy = np.clip(chance + rng.normal(0, 0.1, 240), 0.02, 0.98)
    predictions = {policy: pd.DataFrame({"problem_id": names, "probability": noisy}) for policy in tables}
    return PRICES, outcomes, tables, predictions


@pytest.fixture(scope="module")
def pool_of_arms(answers):
    """Their costs, without arms, the expectations over fewer samples, and the probabilities."""
    policy_prices, outcomes, tables, predictions = answers
    costs = price_outcomes(outcomes, policy_prices)
    return costs, price_fewer_samples(tables, costs), probabilities_table(predictions)


@pytest.fixture(scope="module")
def routed(pool_of_arms):
    """What the pool with arms is decided from, and its decisions."""
    costs, fewer, probabilities = pool_of_arms
    arms = add_arms(costs, fewer)
    tables = PoolTables(arms, fewer, add_probabilities_of_arms(probabilities, arms))
    return tables, tables.routed(SWEEP)
