"""Studies on data sets of the hub: what does not fit is told before anything is fetched."""

import copy
from types import SimpleNamespace

import pytest

import hub_data
from broken_studies import message, set_key
from foretell.study import files, jobs
from foretell.study.counting import count
from foretell.study.plan import jobs_of

COMMIT = hub_data.COMMIT


@pytest.fixture
def study():
    """MATH for training and testing, and a set that trains on one repository and is tested on another."""
    price = {"input": 1, "output": 1}
    later = {**hub_data.GSM8K, "splits": {"test": "main/test-*"}, "rows": {"test": 2}}
    early = {**hub_data.GSM8K, "splits": {"train": "main/train-*"}, "test_of": "later"}
    config = {
        "study": "hub",
        "title": "Hub",
        "evidence": "analogue",
        "problem_sets": {
            "math": {**hub_data.MATH, "without_questions_of": ["early", "later"], "metadata": ["level"]},
            "early": {"source": "hub", **early, "without_questions_of": ["math"]},
            "later": {"source": "hub", **later},
            "choices": {"source": "hub", **hub_data.GPQA},
            "code": {"source": "hub", **hub_data.LIVECODEBENCH},
        },
        "models": {"m": {"source": "hub", "id": "someone/tiny", "revision": COMMIT, "price": price}},
        "policies": {
            name: {"model": "m", "samples": 2, "temperature": heat, "max_tokens": 5}
            for name, heat in (("cold", 0.5), ("warm", 1.0))
        },
        "pools": {
            "math": {"problem_set": "math", "policies": ["cold", "warm"]},
            "early": {"problem_set": "early", "policies": ["cold", "warm"]},
        },
        "figures": ["T4"],
    }
    return copy.deepcopy(config)


def test_two_sets_may_be_kept_out_of_each_others_training(study, opened):
    opened_study = opened(study)
    done = {(rule, of["problem_set"]) for rule, of in jobs_of(opened_study) if "problem_set" in of}
    assert {("exclude_duplicates", name) for name in ("math", "early")} <= done
    assert {("download_problems", name) for name in ("math", "early", "later")} <= done
    assert not {name for _, name in done} & {"choices", "code"}
    job = SimpleNamespace(problem_set="early")
    assert files.compared(opened_study, job) == {
        "later": ["downloads/later.parquet"],
        "math": ["downloads/math.parquet"],
    }
    assert jobs.exclude_duplicates(opened_study, job) == {"test_of": "later"}
    assert (count(opened_study, "early").test, count(opened_study, "math").test) == (2, 10)
    assert "metadata" in opened_study.families("math") and "metadata" not in opened_study.families("early")


def test_what_is_compared_or_graded_fetches_nothing_anew(study, opened):
    job = SimpleNamespace(problem_set="math")
    before = jobs.download_problems(opened(study), job)
    study["problem_sets"]["math"] |= {
        "without_questions_of": ["later"],
        "answer_pattern": "(x)",
        "metadata": ["subject"],
    }
    assert jobs.download_problems(opened(study), job) == before


def test_who_solved_which_gives_its_problems_a_human_difficulty(study, opened, tmp_path):
    (tmp_path / "people.csv").write_text("")
    columns = {"problem_id": "name", "question": "problem", "answer": "solution", "level": "level"}
    study["problem_sets"]["math"] |= {"columns": columns, "responses": {"file": "people.csv"}}
    study["records"] = str(tmp_path)
    opened_study, job = opened(study), SimpleNamespace(problem_set="math")
    assert ("fit_irt", {"problem_set": "math"}) in jobs_of(opened_study)
    assert files.difficulties(opened_study, job) == {"": ["difficulty/math/items.parquet"]}
    assert jobs.fit_irt(opened_study, job)["model"] == "1pl"
    assert opened_study.problem_set("math").has_norms and not opened_study.problem_set("early").has_norms


MISTAKES = [
    ("math.id", "a/b/c", "key 'problem_sets.math.id'"),
    ("math.revision", "main", "key 'problem_sets.math.revision'"),
    ("math.files", "x", "key 'problem_sets.math': give either 'splits', or 'files' with 'date_split', 'test_share' or"),
    ("math.splits", {}, "key 'problem_sets.math.splits': it names no files"),
    ("math.test_share", 0.5, "key 'problem_sets.math.test_share': it divides 'files', and here are 'splits'"),
    ("code.date_split", None, "key 'problem_sets.code.files': give one of 'date_split', 'test_share' or 'sizes'"),
    ("code.sizes", {"train": 1, "validation": 1, "test": 1}, "key 'problem_sets.code.files': give one of 'date_split'"),
    ("code.mirror", {"file": "a.csv"}, "key 'problem_sets.code.sha256' is missing: it tells that the mirror has"),
    ("math.sha256", "0" * 64, "key 'problem_sets.math.sha256': it is about 'files', and here are 'splits'"),
    ("code.date_split.test_from", "October", "'October' is no date, as in '2024-10-01'"),
    ("math.extract.number.pattern", "Level", "'Level' needs one group"),
    ("math.extract.number.pattern", "(", "'(' is no regular expression"),
    ("math.columns", {"answer": "solution", "level": "level"}, "key 'problem_sets.math.columns.question' is missing"),
    ("math.columns", {"question": "problem", "level": "level"}, "key 'problem_sets.math.columns.answer' is missing"),
    (
        "math.columns.group",
        "type",
        "key 'problem_sets.math.columns.group': this column is made here; use the key 'group'",
    ),
    ("choices.responses", {"file": "b.csv"}, "key 'problem_sets.choices.responses.file': there is no file"),
    (
        "early.responses",
        {"file": "a.csv"},
        "key 'problem_sets.early.columns.problem_id' is missing: name the column of",
    ),
    ("math.metadata", ["type"], "key 'problem_sets.math.metadata': 'type' is not under 'columns'"),
    ("math.train_contains_test", True, "key 'problem_sets.math.train_contains_test': it needs test files and"),
    ("choices.columns.answer", "Correct Answer", "key 'problem_sets.choices.columns.answer': the answers are those of"),
    ("choices.gold", "last_box", "key 'problem_sets.choices.gold': with 'choices' the gold is the right option's"),
    ("choices.answer_kind", "math", "key 'problem_sets.choices.answer_kind': with 'choices' it is choice"),
    ("code.answer_kind", "math", "key 'problem_sets.code.answer_kind': with 'gold: tests' it is code"),
    ("math.without_questions_of", ["x"], "key 'problem_sets.math.without_questions_of': 'x' is not defined"),
    ("math.without_questions_of", ["math"], "its own test is kept out anyway"),
    ("early.test_of", "x", "key 'problem_sets.early.test_of': 'x' is not defined"),
    ("math.test_of", "later", "key 'problem_sets.math.test_of': it has a test of its own"),
    ("early.test_of", "early", "key 'problem_sets.early.test_of': 'early' is no data set of the hub with a test"),
    ("early.test_of", "choices", "answers of 'choices' are choice, here math"),
    ("early.test_of", None, "key 'problem_sets.early.splits': there is no test to report 'cold' on"),
    (
        "later.policies",
        ["warm"],
        "key 'problem_sets.later.splits': there is no train, and probes of 'warm' learn on it",
    ),
]


@pytest.mark.parametrize(("key", "value", "expected"), MISTAKES, ids=[f"{k}-{v}"[:50] for k, v, _ in MISTAKES])
def test_a_mistake_about_a_data_set_is_one_message(study, opened, tmp_path, key, value, expected):
    (tmp_path / "a.csv").write_text("")
    study["records"] = str(tmp_path)
    set_key(study, f"problem_sets.{key}", value)
    assert expected in message(study, opened)


def test_a_second_split_of_a_data_set_is_refused(study, opened):
    study["problem_sets"]["anew"] = {"source": "by_group", "of": "math"}
    assert "'math' cannot be split anew" in message(study, opened)


@pytest.mark.parametrize(
    ("change", "policies", "expected"),
    [
        ({"missing": "leave_out"}, ["cold"], "key 'policies.cold.missing': 'leave_out' is for problem sets from files"),
        (
            {"predictions": {"file": "a.csv"}},
            ["cold"],
            "key 'policies.cold.predictions': on 'math', from the hub, probes",
        ),
        ({}, ["cold", "warm"], "key 'policies.cold.encoder' is missing: for 'warm', on 'math' too, a model reads"),
    ],
)
def test_what_is_imported_must_fit_a_data_set(study, opened, tmp_path, change, policies, expected):
    (tmp_path / "a.csv").write_text("")
    study["problem_sets"]["math"]["policies"] = policies
    imported = {"outcomes": {"file": "a.csv"}, "assumed_cost": 1, "assumption": "none", **change}
    kept = {"cold": imported, "warm": study["policies"]["warm"]}
    study |= {
        "records": str(tmp_path),
        "pools": {},
        "policies": {name: kept[name] for name in policies},
        "figures": ["T2"],
    }
    assert expected in message(study, opened)


def test_outcomes_that_are_imported_may_be_on_a_data_set(study, opened, tmp_path):
    (tmp_path / "a.csv").write_text("")
    study["problem_sets"]["math"]["policies"] = ["cold"]
    imported = {"outcomes": {"file": "a.csv"}, "assumed_cost": 1, "assumption": "none"}
    study |= {"records": str(tmp_path), "pools": {}, "policies": {"cold": imported}, "figures": ["T2"]}
    assert opened(study).predicted_by("train_probes") == ["math"]
