"""Pilots of a study."""

import copy
from types import SimpleNamespace

import pytest

from broken_studies import message, set_key
from foretell.study import jobs
from synthetic_studies import SYNTHETIC


@pytest.fixture
def study(tmp_path):
    """A pool whose problems come from a file, some of them for a pilot."""
    for file in ("p.csv", "o.csv"):
        (tmp_path / file).write_text("problem_id,question,answer\n")
    return copy.deepcopy({**SYNTHETIC["piloted"], "records": str(tmp_path)})


def test_a_pilot_is_told_what_was_chosen_and_how_problems_are_kept_for_it(study, opened):
    one = opened(study)
    told = jobs.replay_pilot(one, SimpleNamespace(pool="own"))
    assert told == {
        **jobs.evaluate_routing(one, SimpleNamespace(pool="own")),
        "pilot": {"incumbent": "b", "largest_cost": 1.0},
    }
    assert jobs.make_problems(one, SimpleNamespace(problem_set="own"))["pilot_share"] == 0.5


def test_an_incumbent_that_is_no_policy_of_the_pool_is_named(study, opened):
    set_key(study, "pools.own.pilot.incumbent", "nobody")
    assert "'pools.own.pilot.incumbent'" in message(study, opened) and "nobody" in message(study, opened)


def test_where_every_problem_is_predicted_from_the_others_none_is_left(study, opened):
    study["problem_sets"]["own"] |= {"cross_fit": {"folds": 3}, "pilot_share": None}
    assert "every problem of 'own' is predicted from the others, which leaves none for it" in message(study, opened)
    study["problem_sets"]["own"]["pilot_share"] = 0.5
    assert "leaves none for 'pilot_share'" in message(study, opened)


@pytest.mark.parametrize(
    ("name", "problem_set", "asked"),
    [("config", "tiny_math", "sizes.pilot"), ("pocket", "cities", "sizes.pilot"), ("paper", "math", "pilot_share")],
)
def test_problem_sets_that_keep_none_are_named_with_the_key_that_would(configs, opened, name, problem_set, asked):
    study = copy.deepcopy(configs[name])
    pool = next(pool for pool, entry in study["pools"].items() if entry["problem_set"] == problem_set)
    study["pools"][pool]["pilot"] = {"largest_cost": 1.0}
    said = message(study, opened)
    assert f"key 'pools.{pool}.pilot': no problem of {problem_set!r} is kept for it" in said
    assert f"set 'problem_sets.{problem_set}.{asked}'" in said
    set_key(study, f"problem_sets.{problem_set}.{asked}", 0.2 if asked == "pilot_share" else 10)
    opened(study)
