"""Tokens become dollars, and what cannot be priced says so."""

import numpy as np
import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.routing.costs import price_outcomes

PRICES = {"encoder": "e", "input_price": 2.0, "output_price": 10.0}


def outcomes(ids=("p", "q"), **columns):
    table = {
        "problem_id": list(ids),
        "split": "test",
        "group": list(ids),
        "k": 4,
        "majority_correct": pd.array([True, False], dtype="boolean"),
        "prompt_tokens": [100, 200],
        "completion_tokens": [1000, 3000],
    }
    return pd.DataFrame(table | columns)


def test_prompt_once_plus_completions_of_all_samples():
    costs = price_outcomes({"a": outcomes()}, {"a": PRICES})
    np.testing.assert_allclose(costs.input_cost, [200e-6, 400e-6])
    np.testing.assert_allclose(costs.output_cost, [10000e-6, 30000e-6])
    np.testing.assert_allclose(costs.cost, [10200e-6, 30400e-6])
    np.testing.assert_allclose(costs.probe_cost, costs.input_cost)
    assert costs.correct.tolist() == [1.0, 0.0]
    assert set(costs.cost_basis) == {"measured tokens"}


def test_an_assumed_cost_says_so_and_knows_no_price_of_probing():
    bare = outcomes(prompt_tokens=None, completion_tokens=None)
    costs = price_outcomes({"a": bare}, {"a": {"encoder": None, "assumed_cost": 0.5, "assumption": "as printed"}})
    assert costs.cost.tolist() == [0.5, 0.5]
    assert costs.probe_cost.isna().all()
    assert set(costs.cost_basis) == {"assumed"}


@pytest.mark.parametrize(
    ("tables", "policies", "message"),
    [
        ({"a": outcomes()}, {"a": PRICES, "b": PRICES}, "'b' has settings but no outcomes"),
        ({"a": outcomes(), "b": outcomes()}, {"a": PRICES}, "'b' has outcomes but no entry"),
        ({"a": outcomes()}, {"a": {"encoder": "e"}}, "'a' lacks its encoder or prices"),
        ({"a": outcomes(prompt_tokens=[1, None])}, {"a": PRICES}, r"'a' lack token counts.*\(1 of 2 problems\)"),
        ({"a": outcomes(majority_correct=[True, None])}, {"a": PRICES}, "'a' lack majority_correct"),
        (
            {"a": outcomes(), "b": outcomes(["p", "r"])},
            {"a": PRICES, "b": PRICES},
            "'b' and outcomes of 'a' cover different problems: the former lack 1, the latter 1, such as 'q'",
        ),
        ({"a": outcomes(["p", "p"])}, {"a": PRICES}, "'a': problem 'p' stands there more than once"),
        (
            {"a": outcomes(), "b": outcomes()},
            {"a": PRICES, "b": PRICES | {"input_price": 3.0}},
            "share the encoder 'e' but have the input prices 2.0 and 3.0",
        ),
    ],
)
def test_what_cannot_be_priced_is_named(tables, policies, message):
    with pytest.raises(UserError, match=message):
        price_outcomes(tables, policies)
