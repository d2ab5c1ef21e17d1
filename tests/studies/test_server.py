"""A model on a server in one pool with one that is run here: from messages to costs and a probe."""

import json
import zlib

import pandas as pd
import pytest
import yaml

from foretell.common.yaml_files import read_yaml
from foretell.completions.samples import GREEDY
from openai_server import KEY, Failure, answer, serve
from workflow_project import ROOT, copy_project

SIZES = {"train": 80, "validation": 30, "test": 40}
WANTED = ["routing/math/costs", "probes/tiny_math/wise/majority_correct/linear/predictions"]
TARGETS = [f"results/served/{name}.parquet" for name in WANTED]
POLICY = {"samples": 3, "temperature": 1.0, "max_tokens": 4}


def respond(body, number):
    """The right answer, but for every fourth problem; the third request meets a server that is overloaded."""
    if number == 3:
        return Failure(503, KEY.encode(), Retry_After="0")
    question = body["messages"][-1]["content"].removeprefix("Work out ")
    value = int(question[0])
    for operator, operand in zip(question[1::2], question[2::2], strict=True):
        value = {"+": value + int(operand), "-": value - int(operand), "*": value * int(operand)}[operator] % 6
    wrong = zlib.crc32(question.encode()) % 4 == 0
    return answer(
        [str((value + wrong) % 6)] * body.get("n", 1), prompt_tokens=20, prompt_tokens_details={"cached_tokens": 8}
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = copy_project(tmp_path_factory.mktemp("server") / "project")
    default = read_yaml(ROOT / "config" / "config.yaml")
    encoder = {"model": "small", "effort": "low"}
    with serve(respond) as (url, asked), pytest.MonkeyPatch.context() as patch:
        patch.setenv("WISE_KEY", KEY)
        patch.setenv("OMP_NUM_THREADS", "1")  # on tensors this small, threads wait for each other
        server = {"source": "server", "url": url, "name": "wise-1", "key": "WISE_KEY", "concurrency": 4}
        config = {
            "study": "served",
            "title": "A model on a server beside one that is run here",
            "evidence": "analogue",
            "problem_sets": {"tiny_math": {**default["problem_sets"]["tiny_math"], "sizes": SIZES}},
            "models": {
                "small": default["models"]["small"],
                "wise": {**server, "price": {"input": 1.0, "cached_input": 0.5, "output": 2.0}},
            },
            "prompts": {"ask": {"user": "Work out {question}"}},
            "policies": {
                "small-low": {**POLICY, **encoder},
                "wise": {**POLICY, "model": "wise", "prompt": "ask", "encoder": encoder},
            },
            "probes": {"targets": ["majority_correct"], "families": ["linear"], "strengths": [0.01, 1.0, 100.0]},
            "pools": {"math": {"problem_set": "tiny_math", "policies": ["small-low", "wise"]}},
            "routing": {"lambdas": 11, "thresholds": 11},
            "statistics": {"resamples": 200},
            "claims": False,
            "figures": ["T4"],
        }
        (project.folder / "served.yaml").write_text(yaml.safe_dump(config))
        project.run = project.snakemake("--cores", "2", "--configfile", "served.yaml", "--", *TARGETS)
        assert project.run.returncode == 0, project.run.stdout[-5000:]
        project.asked = asked
        yield project


def test_what_a_server_answers_is_graded_priced_and_read_by_a_model_that_is_run_here(project):
    results = project.folder / "results" / "served"
    outcomes = pd.read_parquet(results / "outcomes" / "tiny_math" / "wise.parquet")
    assert len(outcomes) == 150 and 0.6 < outcomes.majority_correct.mean() < 0.9
    assert outcomes.cached_tokens.eq(8).all() and outcomes.prompt_tokens.eq(20).all()
    costs = pd.read_parquet(results / "routing" / "math" / "costs.parquet").set_index("policy").loc["wise"]
    assert costs.cost.map(lambda cost: round(cost * 1e6, 6)).eq(12 * 1.0 + 8 * 0.5 + 3 * 2.0).all()
    assert costs.encoder.eq("small-low").all() and costs.probe_cost.gt(0).all()
    predictions = pd.read_parquet(project.folder / TARGETS[1])
    assert predictions.problem_id.isin(outcomes.problem_id).all() and predictions.probability.notna().all()


def test_each_prompt_is_asked_once_with_all_its_samples_and_once_greedily(project):
    asked = [body for *_, body in project.asked]
    assert len(asked) == 2 * 150 + 1 and sum("n" in body for body in asked) in (150, 151)
    results = project.folder / "results" / "served"
    table = pd.read_parquet(results / "completions" / "tiny_math" / "wise" / "000-of-001.parquet")
    assert table.groupby("problem_id")["sample"].agg(list).map(lambda samples: samples == [0, 1, 2, GREEDY]).all()
    messages = pd.read_parquet(results / "messages" / "tiny_math" / "wise.parquet")
    said = {json.dumps(body["messages"]) for body in asked}
    assert said == {json.dumps(json.loads(each)) for each in messages.messages}


def test_the_key_is_in_no_output_no_log_and_no_record(project):
    assert KEY not in project.run.stdout
    written = [path for path in project.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    sources = project.folder / "tests"
    holders = [path for path in written if KEY.encode() in path.read_bytes() and sources not in path.parents]
    assert len(written) > 500 and not holders
