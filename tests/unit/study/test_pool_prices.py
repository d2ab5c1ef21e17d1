"""Prices of one pool alone."""

import copy
from types import SimpleNamespace

import pytest

from broken_studies import message, set_key
from foretell.study import jobs
from synthetic_studies import SYNTHETIC


@pytest.fixture
def study(tmp_path):
    """A pool at the prices of its models; and one at others, in which one model only reads."""
    (tmp_path / "p.csv").write_text("problem_id,question,answer\n")
    config = copy.deepcopy({**SYNTHETIC["served"], "records": str(tmp_path)})
    other = {"m": {"input": 7.0, "output": 8.0}, "s": {"input": 9.0, "output": 10.0, "request": 0.5}}
    config["pools"]["elsewhere"] = {**config["pools"]["own"], "policies": ["b", "c"], "prices": other}
    return config


def test_answers_and_reading_are_priced_as_the_pool_says(study, opened):
    found = {name: jobs.price_outcomes(opened(study), SimpleNamespace(pool=name))["policies"]["b"] for name in
             ("own", "elsewhere")}  # fmt: skip
    assert found["own"]["encoder"] == found["elsewhere"]["encoder"] == "m"
    kept = {key: value for key, value in found["elsewhere"].items() if key != "encoder"}
    assert kept == {"reader_price": 7.0, "input_price": 9.0, "output_price": 10.0, "request_price": 0.5}
    assert found["own"]["input_price"] == study["models"]["s"]["price"]["input"] != 9.0


def test_an_imported_policy_is_priced_by_its_own_name(study, opened):
    study["problem_sets"]["own"] = {"source": "file", "problems": {"file": "p.csv"}}
    study["policies"] = {
        name: {"outcomes": {"file": "p.csv"}, "price": {"input": 1.0, "output": 1.0}} for name in ("x", "y")
    }
    study["pools"] = {"own": {"problem_set": "own", "policies": ["x", "y"], "prices": {"y": {"input": 2, "output": 3}}}}
    prices = jobs.price_outcomes(opened(study), SimpleNamespace(pool="own"))["policies"]
    assert [prices[name]["output_price"] for name in ("x", "y")] == [1.0, 3.0]


def test_a_budget_for_probing_too_reaches_routing_and_the_exported_router(study, opened):
    study["pools"]["elsewhere"] |= {"budget": 1.0, "budget_with_probing": True}
    one = opened(study)
    for pool, whether in (("own", None), ("elsewhere", True)):
        job = SimpleNamespace(pool=pool)
        assert jobs.evaluate_routing(one, job).get("budget_with_probing") is whether
        assert jobs.export_router(one, job).get("budget_with_probing") is whether


def test_a_price_of_what_the_pool_does_not_have_is_named(study, opened):
    set_key(study, "pools.elsewhere.prices.nobody", {"input": 1.0, "output": 1.0})
    assert "key 'pools.elsewhere.prices': nothing in this pool is priced by 'nobody'; there are m, " in message(
        study, opened
    )


def test_a_pool_in_which_everything_is_free_is_refused(study, opened):
    free = {"input": 0.0, "output": 0.0}
    study["pools"]["elsewhere"]["prices"] = dict.fromkeys(("m", "s", "t"), free)
    assert "key 'pools.elsewhere': none of its policies costs anything" in message(study, opened)
