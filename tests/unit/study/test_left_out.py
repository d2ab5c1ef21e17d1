"""Where generated code cannot run: what a study does without, and that this is decided once."""

import json
from types import SimpleNamespace

import pytest
import yaml

import plan_study
from foretell.common.errors import UserError
from foretell.common.yaml_files import read_yaml
from foretell.study import jobs
from foretell.study.config import complete
from foretell.study.figures import read_manifest
from foretell.study.left_out import decide, keep, leave_out, not_graded_here
from foretell.study.open import open_study
from foretell.study.study import Study


@pytest.fixture
def written(pytestconfig):
    """The default study as it is written."""
    return read_yaml(pytestconfig.rootpath / "config" / "config.yaml")


@pytest.fixture
def config(written):
    return complete(written, "config.yaml")


@pytest.fixture
def opened(written, pytestconfig, tmp_path, monkeypatch):
    """Opens the default study in a folder without results, given why there is no sandbox."""
    root = pytestconfig.rootpath
    manifest = read_manifest(read_yaml(root / "config" / "figures.yaml"))
    monkeypatch.chdir(tmp_path)
    return lambda why: open_study(written, [], manifest, root, lambda: why)


def test_without_a_sandbox_exactly_tiny_code_is_left_out(config, tmp_path):
    left = decide(config, tmp_path, lambda: "no bubblewrap")
    assert left == {"tiny_code": "no bubblewrap"}
    before, kept = config.model_dump(), leave_out(config, list(left)).model_dump()
    for section in ("problem_sets", "pools"):
        del before[section]["tiny_code"]
    for section in ("models", "policies"):
        for name in ("coder-small", "coder-large"):
            del before[section][name]
    assert kept == before


def test_a_second_split_goes_too_and_what_a_remaining_model_learnt_from_stays(written, tmp_path):
    """Policies of the set that is left out are evaluated on questions from a file too."""
    written["problem_sets"]["by-group"] = {"source": "by_group", "of": "tiny_code"}
    written["problem_sets"]["own"] = {"source": "file", "problems": {"file": "q.csv"}, "policies": ["coder-small"]}
    kept = Study(leave_out(complete(written, "config.yaml"), ["tiny_code"]))
    assert kept.problem_sets() == ["tiny_math", "own"] and "by-group" not in kept.config.problem_sets
    assert kept.policies("own") == ["coder-small"] and "coder-large" not in kept.config.models
    assert jobs.train_tiny_model(kept, SimpleNamespace(model="coder-small"))["task"]["source"] == "stack_programs"


def test_with_a_sandbox_nothing_is(config, tmp_path):
    assert decide(config, tmp_path, lambda: None) == {} and leave_out(config, []) == config


def test_a_set_that_must_not_be_left_out_stays_and_nobody_asks(written, tmp_path):
    written["problem_sets"]["tiny_code"]["without_sandbox"] = "stop"
    assert decide(complete(written, "config.yaml"), tmp_path, lambda: pytest.fail("asked")) == {}


@pytest.mark.parametrize(("first", "later"), [("no bubblewrap", None), (None, "no bubblewrap")])
def test_what_the_first_run_decided_stands_whatever_is_installed_or_removed_later(opened, tmp_path, first, later):
    results = tmp_path / "results" / "tiny"
    before = opened(first)
    keep(before.config, before.left_out, results)
    after = opened(later)
    keep(after.config, after.left_out, results)
    assert after == before == opened(first)
    assert ("tiny_code" in before.config.problem_sets) == (first is None)
    said = f"left out: {first}" if first else "kept: its programs run here in a sandbox"
    assert json.loads((results / "left_out.json").read_text()) == {"tiny_code": said}


def test_a_set_that_may_be_left_out_only_later_is_decided_on_then(written, opened, tmp_path):
    written["problem_sets"]["tiny_code"]["without_sandbox"] = "stop"
    study = opened("no bubblewrap")
    keep(study.config, study.left_out, tmp_path / "results" / "tiny")
    written["problem_sets"]["tiny_code"]["without_sandbox"] = "leave_out"
    assert opened("no bubblewrap").left_out == {"tiny_code": "no bubblewrap"}


def test_before_the_first_run_every_look_decides_anew(opened):
    assert opened("no bubblewrap").left_out and not opened(None).left_out


def test_a_decision_does_not_hold_for_a_set_that_must_not_be_left_out_any_more(written, opened, tmp_path):
    first = opened("no bubblewrap")
    keep(first.config, first.left_out, tmp_path / "results" / "tiny")
    written["problem_sets"]["tiny_code"]["without_sandbox"] = "stop"
    study = opened("no bubblewrap")
    assert not study.left_out and "tiny_code" in study.config.problem_sets


def test_what_is_left_out_needs_no_recorded_rollouts(written, opened, tmp_path):
    kept = tmp_path / "kept" / "tiny_math"
    kept.mkdir(parents=True)
    for policy in written["pools"]["tiny"]["policies"]:
        for suffix in ("parquet", "json"):
            (kept / f"{policy}.{suffix}").touch()
    written["recorded_rollouts"] = str(kept.parent)
    assert "tiny_code" in opened("no bubblewrap").left_out
    with pytest.raises(UserError, match=r"there is no .*/tiny_code/coder-small\.parquet; correct it"):
        opened(None)


def test_answers_that_no_sandbox_here_can_grade_are_named_before_they_are_generated(written):
    def told(config, why="no bubblewrap"):
        return list(not_graded_here(Study(config), lambda: why))

    config = complete(written, "config.yaml")
    [text] = told(config)
    assert text.startswith("problem set 'tiny_code': this machine cannot grade its answers")
    assert text.endswith(": no bubblewrap") and not told(config, why=None)
    assert not told(config.model_copy(update={"recorded_rollouts": "config/rollouts/tiny"}))  # they are graded
    without = Study(leave_out(config, ["tiny_code"]))
    assert not list(not_graded_here(without, lambda: pytest.fail("nothing needs a sandbox")))


def test_a_plan_names_them_too(written, tmp_path, monkeypatch, capsys):
    written["problem_sets"]["tiny_code"]["without_sandbox"] = "stop"
    file = tmp_path / "stop.yaml"
    file.write_text(yaml.safe_dump(written))
    monkeypatch.setattr(plan_study, "why_unavailable", lambda: "no bubblewrap")
    plan_study.main(["--configfile", str(file)])
    assert "\nNot gradable here: problem set 'tiny_code': this machine cannot" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["{", "[1]", '{"tiny_code": 3}', "\xff"])
def test_a_damaged_decision_is_one_message(config, tmp_path, content):
    (tmp_path / "left_out.json").write_text(content, encoding="latin-1")
    with pytest.raises(UserError, match=r"left_out.json: is damaged; delete it"):
        decide(config, tmp_path, lambda: None)
