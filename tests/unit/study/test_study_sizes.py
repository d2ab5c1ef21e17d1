"""What a study says before it runs: which scores its test problems are too few for."""

import copy

import numpy as np
import pandas as pd
import pytest

from foretell.common.yaml_files import read_yaml
from foretell.routing.matching import largest_discordance, matched, resolvable_margin, score_interval
from foretell.study.config import complete
from foretell.study.counting import wrong_files
from foretell.study.sizes import too_small_for
from foretell.study.study import Study
from synthetic_studies import imported


@pytest.fixture
def default(pytestconfig):
    return read_yaml(pytestconfig.rootpath / "config" / "config.yaml")


def said(config):
    return list(too_small_for(Study(complete(config, "study.yaml"))))


def own(tmp_path, test, validation=500, groups=None, **options):
    """A study on a file with so many problems of each split, two rows of each, and one that is excluded."""
    splits = ["train"] * 20 + ["validation"] * validation + ["test"] * (test + 1)
    ids = [f"p{place}" for place in range(len(splits))]
    frame = pd.DataFrame({"id": ids, "question": ids, "split": splits})
    frame["excluded_reason"] = [*[""] * (len(ids) - 1), "spoilt"]
    if groups is not None:
        frame["group"] = [f"g{place % groups}" for place in range(len(frame))]
    pd.concat([frame, frame]).to_csv(tmp_path / "p.csv", index=False)
    config = copy.deepcopy({**imported(outcomes="o.csv"), "records": str(tmp_path), **options})
    config["problem_sets"]["own"]["problems"]["columns"] = {"problem_id": "id"}
    return config


def test_a_set_that_is_too_small_for_any_auroc_says_so_and_which_margin_it_could_resolve(tmp_path):
    auroc, margin = said(own(tmp_path, 99))
    assert auroc.startswith("problem set 'own' has 99 test problems and an AUROC needs 50 failures and 50 successes")
    assert "none will be reported" in auroc and "'statistics.fewest_per_class'" in auroc
    assert margin.startswith("pool 'own' has 99 test problems") and "cannot be shown" in margin
    assert "a margin of 0.037 could be" in margin
    found = said(own(tmp_path, 99, statistics={"fewest_per_class": 5}, routing={"margin": 0.3}))
    assert found == [], "both thresholds are the study's"


def test_a_set_that_is_large_enough_for_some_policies_says_for_which(tmp_path):
    auroc, margin = said(own(tmp_path, 400))
    assert "policies that are right on less than 12.5% or more than 87.5%" in auroc
    assert "only where one of them alone is right on at most 0.0% of them" in margin


def test_few_validation_problems_are_said_of_the_pool_that_they_choose_for(tmp_path):
    (few,) = said(own(tmp_path, 20000, validation=77))
    assert few.startswith("pool 'own' has 77 validation problems, on which the best single policy")
    assert "one has to be 11 points better" in few
    assert said(own(tmp_path, 20000, validation=500)) == []
    derived = said(own(tmp_path, 20000, validation=0))
    assert derived[0].startswith("pool 'own' has 4 validation problems"), "a fifth of train, as the import takes it"


def test_few_groups_are_said_of_the_set_that_has_them_and_of_its_grouped_splits(tmp_path):
    config = own(tmp_path, 20000, groups=12)
    config["problem_sets"]["anew"] = {"source": "by_group", "of": "own"}
    groups, dealt, *_ = said(config)
    assert groups.startswith("problem set 'own' has 12 groups on test: intervals resample groups")
    assert dealt.startswith("problem set 'anew' has 12 groups on test"), "of 20,521 problems, all but 520 are of test"
    assert said(own(tmp_path, 20000, groups=40)) == []


def test_recorded_problems_are_counted_in_their_file(pytestconfig, tmp_path):
    recorded = read_yaml(pytestconfig.rootpath / "config" / "recorded.yaml")
    places = range(300)
    frame = pd.DataFrame({"dataset": "MATH", "problem_id": [f"p{place}" for place in places], "level": 1})
    split = ["test" if place < 200 else "train" for place in places]
    frame = frame.assign(question="?", answer="1", subject="s", split=split)
    file = tmp_path / recorded["problem_sets"]["math-half-0"]["problems"]
    file.parent.mkdir()
    frame.to_parquet(file)
    recorded["records"] = str(tmp_path)
    told = [text for text in said(recorded) if text.startswith("pool 'math'")]
    assert told[0].startswith("pool 'math' has 200 test problems") and "cannot be shown" in told[0]


def test_a_file_that_cannot_be_read_is_named_and_nothing_said_of_its_size(tmp_path):
    config = own(tmp_path, 99)
    assert list(wrong_files(Study(complete(config, "own")))) == []
    (tmp_path / "p.csv").write_text("id\n1\n")
    assert said(config) == []
    (wrong,) = wrong_files(Study(complete(config, "own")))
    assert wrong.startswith("problem set 'own': the file under 'problems'") and "missing columns ['question']" in wrong
    (tmp_path / "p.csv").unlink()
    assert said(config) == []


def test_sizes_of_generated_problems_are_those_of_the_configuration(default):
    found = said(default)
    assert [text.split()[:2] for text in found] == [["pool", "'tiny'"], ["pool", "'tiny_code'"]], "enough for AUROCs"
    default["problem_sets"]["tiny_math"]["sizes"]["test"] = 60
    assert said(default)[0].startswith("problem set 'tiny_math' has 60 test problems")


def test_what_can_be_shown_is_what_the_verdict_would_be():
    n, margin = 3000, 0.01
    most = largest_discordance(n, margin)
    both = np.array([most / 2])
    assert resolvable_margin(both, both, np.array([n])).item() == pytest.approx(margin)
    for size, expected in ((380, "underpowered"), (381, "yes")):
        ends = score_interval(np.zeros(1), np.zeros(1), np.array([float(size)]))
        assert matched(ends[0].item(), ends[1].item(), 1.0, margin) == expected
