"""What a new kind of something reruns: hashes of the code of jobs before and after an edit of the library."""

import shutil
from types import SimpleNamespace

import pytest

from foretell.common.yaml_files import read_yaml
from foretell.study.config import complete
from foretell.study.program import program_parameters
from foretell.study.study import Study
from synthetic_studies import SYNTHETIC, all_settings

PROBES = {"train_probes", "cross_fit_probes", "cross_fit_predictors", "compare_encoders"}


@pytest.fixture(scope="module")
def told(pytestconfig):
    """What the jobs of the studies are told: rule, wildcards and settings."""
    written = [
        read_yaml(pytestconfig.rootpath / "config" / f"{name}.yaml") for name in ("config", "recorded", "pocket")
    ]
    return [
        (rule, wildcards, settings)
        for config in [*written, *SYNTHETIC.values()]
        for (rule, *wildcards), settings in all_settings(Study(complete(config, "study.yaml"))).items()
    ]


@pytest.fixture
def rerun_by(pytestconfig, told, tmp_path):
    """Jobs of some rules, as rule and problem set, whose code is another one after edits of files of the library."""
    scripts = pytestconfig.rootpath / "scripts"

    def rerun(rules, edits):
        shutil.copytree(scripts, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
        for name, old, new in edits:
            path = tmp_path / "scripts" / "foretell" / name
            assert path.read_text().count(old) == 1, old
            path.write_text(path.read_text().replace(old, new))
        jobs = [job for job in told if job[0] in rules]
        assert {rule for rule, *_ in jobs} == set(rules), "every rule has a job in some study"
        return {
            (rule, wildcards[0])
            for rule, wildcards, settings in jobs
            if code(scripts / f"{rule}.py", settings) != code(tmp_path / "scripts" / f"{rule}.py", settings)
        }

    return rerun


def code(script, settings):
    return program_parameters(script, None, lambda study, job: settings)["code"](SimpleNamespace())


def test_a_metric_that_is_added_and_shown_trains_nothing_anew(rerun_by):
    edits = [
        (
            "evaluation/catalogue.py",
            'registry(\n    Metric("auroc"',
            'registry(\n    Metric("n", "n", ece, SCORE),\n    Metric("auroc"',
        ),
        ("evaluation/catalogue.py", "BINARY_METRICS = (\n", 'BINARY_METRICS = (\n    "n",\n'),
        ("evaluation/catalogue.py", "REPORTED = (", 'REPORTED = ("n", '),
    ]
    assert {rule for rule, _ in rerun_by([*PROBES, "evaluate_probes"], edits)} == {"evaluate_probes"}


def test_a_target_that_no_study_predicts_trains_nothing_anew(rerun_by):
    new = 'registry(\n    Target("two_right", "two samples are right", True, "auroc"),\n'
    assert not rerun_by(PROBES, [("probes/targets.py", "registry(\n", new)])


def test_what_candidates_of_a_target_are_chosen_by_trains_its_probes_anew(rerun_by):
    old = 'Target("success_rate", "the share of right answers among the samples", False, "spearman")'
    found = rerun_by(PROBES, [("probes/targets.py", old, old.replace("spearman", "auroc"))])
    assert {rule for rule, _ in found} == {"train_probes", "cross_fit_probes"}


def test_how_one_kind_of_answer_is_graded_counts_where_problems_have_it_or_may_have_it(rerun_by):
    found = rerun_by(
        ["grade_rollouts"], [("grading/texts.py", "return Found(text, MARKED)", "return Found(text, GUESS)")]
    )
    assert {name for _, name in found} == {"cities", "gsm8k", "own"}


def test_a_kind_of_answer_that_is_added_grades_again_what_may_have_it(rerun_by):
    new = 'registry(\n    AnswerKind("new", "a new one", programs.find, programs.grade),\n'
    found = rerun_by(["grade_rollouts"], [("grading/rollouts.py", "registry(\n", new)])
    assert {name for _, name in found} == {"gsm8k", "own"}, "those from files"
