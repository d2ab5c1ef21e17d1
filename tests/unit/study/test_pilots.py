"""Pilots of a study."""

import copy
import re
from types import SimpleNamespace

import pandas as pd
import pytest

from broken_studies import message, set_key
from foretell.study import jobs
from foretell.study.plan import jobs_for, jobs_of
from foretell.study.sizes import too_small_for, without_pilots
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
    assert "leaves no 'pilot_share'" in message(study, opened)


def test_the_pilot_is_among_the_jobs_of_a_study_and_of_its_table(study, opened, manifest):
    one = opened(study)
    for planned in (jobs_of(one), jobs_for(one, manifest["T14"])):
        assert ("replay_pilot", {"pool": "own"}) in planned


def of_file(study, tmp_path, splits):
    ids = [f"q{place}" for place in range(len(splits))]
    frame = pd.DataFrame({"problem_id": ids, "question": ids, "answer": "1", "split": splits})
    frame.to_csv(tmp_path / "p.csv", index=False)
    study["problem_sets"]["own"]["pilot_share"] = None
    return study


def test_a_file_without_problems_for_the_pilot_is_told_before_anything_runs(study, opened, tmp_path):
    of_file(study, tmp_path, ["train"] * 10 + ["validation"] * 10 + ["test"] * 10)
    (said,) = without_pilots(opened(study))
    assert said.startswith("pool 'own' has a pilot, and no problem of 'own' is in the split 'pilot'")
    of_file(study, tmp_path, ["train"] * 10 + ["validation"] * 10 + ["test"] * 10 + ["pilot"])
    assert not list(without_pilots(opened(study)))


def test_a_pilot_too_small_for_its_margin_says_which_it_could_show(study, opened, tmp_path):
    of_file(study, tmp_path, ["train"] * 20 + ["validation"] * 20 + ["test"] * 20 + ["pilot"] * 200)
    study["pools"]["own"]["pilot"]["margin"] = 0.05
    said = [text for text in too_small_for(opened(study)) if "pilot" in text]
    assert len(said) == 1 and "pool 'own' has 200 problems for its pilot" in said[0]
    assert re.search(r"even if all answers are right; 0\.\d+ could be$", said[0])
    study["pools"]["own"]["pilot"]["margin"] = 0.5
    assert not [text for text in too_small_for(opened(study)) if "pilot" in text]


def test_test_problems_of_another_set_leave_none_for_a_pilot(configs, opened):
    study = copy.deepcopy(configs["paper"])
    study["pools"]["aime"]["pilot"] = {"largest_cost": 1.0}
    assert "key 'pools.aime.pilot': the test problems of 'aime' are those of 'aime2025'" in message(study, opened)
    del study["pools"]["aime"]["pilot"]
    study["problem_sets"]["aime"]["pilot_share"] = 0.5
    assert "key 'problem_sets.aime.pilot_share': it divides test, and 'test_of' says" in message(study, opened)


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
