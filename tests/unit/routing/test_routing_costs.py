"""Tokens become dollars, and what cannot be priced says so."""

from argparse import ArgumentTypeError

import numpy as np
import pandas as pd
import pytest

from foretell.common.arguments import settings
from foretell.common.errors import UserError
from foretell.routing.costs import PolicyPrice, PriceSettings, price_outcomes

PRICES = PolicyPrice(encoder="e", input_price=2.0, output_price=10.0)


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
    costs = price_outcomes({"a": bare}, {"a": PolicyPrice(encoder=None, assumed_cost=0.5)})
    assert costs.cost.tolist() == [0.5, 0.5]
    assert costs.probe_cost.isna().all()
    assert set(costs.cost_basis) == {"assumed"}


def test_a_model_that_reads_for_a_policy_is_paid_for_its_own_tokens():
    read = pd.DataFrame({"problem_id": ["q", "p"], "token_ids": [[1] * 50, [1] * 30]})
    price = PolicyPrice(encoder="m", input_price=2.0, output_price=10.0, reader_price=1.0)
    costs = price_outcomes({"a": outcomes()}, {"a": price}, {"a": read})
    np.testing.assert_allclose(costs.probe_cost, [30e-6, 50e-6])
    np.testing.assert_allclose(costs.input_cost, [200e-6, 400e-6])
    assert not costs.reuses_prefill.any() and price_outcomes({"a": outcomes()}, {"a": PRICES}).reuses_prefill.all()
    with pytest.raises(UserError, match=r"prompts of 'a' lack problems of its outcomes \(1 of 2 problems\)"):
        price_outcomes({"a": outcomes()}, {"a": price}, {"a": read[:1]})
    other = PRICES.model_copy(update={"encoder": "m"})
    with pytest.raises(UserError, match=r"share the encoder 'm' but have the input prices 2\.0 and 1\.0"):
        price_outcomes({"a": outcomes(), "b": outcomes()}, {"b": other, "a": price})


@pytest.mark.parametrize(
    ("tables", "policies", "message"),
    [
        ({"a": outcomes()}, {"a": PRICES, "b": PRICES}, "'b' has settings but no outcomes"),
        ({"a": outcomes(), "b": outcomes()}, {"a": PRICES}, "'b' has outcomes but no entry"),
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
            {"a": PRICES, "b": PRICES.model_copy(update={"input_price": 3.0})},
            "share the encoder 'e' but have the input prices 2.0 and 3.0",
        ),
    ],
)
def test_what_cannot_be_priced_is_named(tables, policies, message):
    with pytest.raises(UserError, match=message):
        price_outcomes(tables, policies)


@pytest.mark.parametrize(
    ("price", "message"),
    [
        ('{"encoder": "e"}', "key 'policies.a': .*set either input_price and output_price, or assumed_cost"),
        ('{"encoder": "e", "input_price": 1}', "key 'policies.a': .*set either"),
        ('{"encoder": null, "input_price": 1, "output_price": 1, "assumed_cost": 1}', "key 'policies.a': .*set either"),
        ('{"encoder": null, "charged": true, "assumed_cost": 1}', "key 'policies.a': .*set either"),
        ('{"input_price": 1, "output_price": 1}', "key 'policies.a.encoder': Field required"),
        ('{"encoder": null, "assumed_cost": -1}', "key 'policies.a.assumed_cost': .*greater than or equal to 0"),
        ('{"encoder": null, "assumed_costs": 1}', "key 'policies.a.assumed_costs': Extra inputs are not permitted"),
    ],
)
def test_a_price_that_is_none_is_named(price, message):
    with pytest.raises(ArgumentTypeError, match=message):
        settings(PriceSettings)(f'{{"policies": {{"a": {price}}}}}')


def test_policies_stand_in_the_order_of_their_outcomes():
    costs = price_outcomes({"b": outcomes(), "a": outcomes()}, {"a": PRICES, "b": PRICES})
    assert costs.policy.unique().tolist() == ["b", "a"]


def test_cached_tokens_and_requests_have_prices_of_their_own():
    cached = outcomes(cached_tokens=pd.array([60, None], dtype="Int64"))
    price = PRICES.model_copy(update={"cached_price": 0.2, "request_price": 1e-3})
    costs = price_outcomes({"a": cached}, {"a": price})
    np.testing.assert_allclose(costs.input_cost, [40 * 2e-6 + 60 * 0.2e-6 + 1e-3, 400e-6 + 1e-3])
    np.testing.assert_allclose(costs.probe_cost, [200e-6, 400e-6])  # a probe reads the whole prompt, and asks nothing
    np.testing.assert_allclose(price_outcomes({"a": cached}, {"a": PRICES}).input_cost, [200e-6, 400e-6])
    with pytest.raises(UserError, match="problem 'p' has more cached_tokens than prompt_tokens"):
        price_outcomes({"a": outcomes(cached_tokens=101)}, {"a": price})
