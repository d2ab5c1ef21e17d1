"""The answers that the study gsm8k comes with are those that its configuration asks for."""

import re
from types import SimpleNamespace

import pandas as pd
import pytest

from foretell.common.provenance import file_hash
from foretell.common.yaml_files import read_yaml
from foretell.grading.recorded import Record
from foretell.problems.hub import read_mirror
from foretell.problems.hub_settings import HubProblems
from foretell.study import jobs
from foretell.study.config import complete
from foretell.study.exports import not_exported
from foretell.study.study import Study

NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


@pytest.fixture(scope="module")
def study(pytestconfig):
    file = pytestconfig.rootpath / "config" / "gsm8k.yaml"
    return Study(complete(read_yaml(file), str(file)))


@pytest.fixture(scope="module")
def recorded(study, pytestconfig):
    folder = pytestconfig.rootpath / str(study.config.recorded_rollouts) / "gsm8k"
    return {policy: folder / f"{policy}.parquet" for policy in study.policies("gsm8k")}


def test_each_record_has_the_settings_of_its_policy(study, recorded):
    for policy, file in recorded.items():
        record = Record.model_validate_json(file.with_suffix(".json").read_bytes())
        assert record.sha256 == file_hash(file)
        job = SimpleNamespace(problem_set="gsm8k", policy=policy, shard="000-of-001")
        assert record.settings.model_dump() == jobs.record_rollouts(study, job)


def test_one_of_its_pools_has_fewer_samples_and_all_have_a_router_to_take_away(study):
    chosen = {pool: jobs.price_outcomes(study, SimpleNamespace(pool=pool)) for pool in study.config.pools}
    assert chosen["gsm8k-fewer-samples"]["fewer_samples"] is True and "fewer_samples" not in chosen["gsm8k"]
    assert not not_exported(study)
    shown = {each["pool"]: each for each in jobs.write_front_page(study, SimpleNamespace())["pools"]}
    assert shown["gsm8k-fewer-samples"]["fewer_samples"] is True and "fewer_samples" not in shown["gsm8k"]
    for pool in chosen:
        assert jobs.route_queries(study, SimpleNamespace(pool=pool))["sweep"]["breakpoints"] is True


def test_all_problems_have_their_samples_and_few_are_cut_off(recorded):
    for file in recorded.values():
        rollouts = pd.read_parquet(file)
        assert rollouts.groupby("problem_id")["sample"].agg(sorted).map(lambda each: each == [-1, 0, 1, 2, 3]).all()
        assert rollouts.problem_id.nunique() == 1319 and "completion" not in rollouts
        assert rollouts.finish_reason.eq("length").mean() < 0.05


def test_grades_are_those_of_comparing_numbers(study, recorded, pytestconfig):
    """All golds are whole numbers, so that the last number of an answer says nearly always whether it is right."""
    entry = study.problem_set("gsm8k")
    mirror = pytestconfig.rootpath / ".." / "shared" / "data" / entry.mirror.file
    if not mirror.is_file():
        pytest.skip("the problems are not there (../shared/data/paper_records)")
    problems = read_mirror(HubProblems.model_validate(entry.making(study.config.seed)), mirror)
    golds = problems.set_index("problem_id").answer.map(_last_number)
    for file in recorded.values():
        rollouts = pd.read_parquet(file)
        right = rollouts.extracted_answer.map(_last_number, na_action="ignore") == rollouts.problem_id.map(golds)
        assert (right != rollouts.correct).mean() < 0.003


def _last_number(text: str) -> float | None:
    found = NUMBER.findall(text)
    return float(found[-1].replace(",", "")) if found else None
