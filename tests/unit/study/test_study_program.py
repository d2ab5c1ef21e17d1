"""How a rule's files and a study's settings become a command line, and that scripts take it."""

import json
import shlex
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from snakemake.iocontainers import InputFiles, OutputFiles

from foretell.common.errors import UserError
from foretell.study import files, jobs, program
from foretell.study.config import complete
from foretell.study.program import FOLDER, program_parameters
from foretell.study.study import Study
from synthetic_studies import asked, imported

SHARDS = ("000-of-002", "001-of-002")


@pytest.fixture
def scripts(pytestconfig):
    return pytestconfig.rootpath / "scripts"


@pytest.fixture
def study():
    """A pool of two policies, the first of which is not the first of the alphabet, and two shards."""
    return Study(complete(asked(), "study.yaml"))


def words(parameters, job, inputs, outputs, threads=1):
    """The command line, as a shell splits it."""
    return shlex.split(parameters["arguments"](job, InputFiles(fromdict=inputs), outputs, threads))


def under(prefix, by_id):
    """Paths of files by id, as a workflow that uses this one as a module has them."""
    return [f"{prefix}{file}" for named in by_id.values() for file in named]


@pytest.mark.parametrize("prefix", ["results/own/", "sub folder/results/own/", 'it\'s "mine"/$HOME/results/own/'])
def test_options_are_named_like_inputs_and_outputs_and_files_by_id(scripts, study, prefix):
    job = SimpleNamespace(pool="own")
    parameters = program_parameters(
        scripts / "price_outcomes.py",
        study,
        jobs.price_outcomes,
        ids={"outcomes": files.outcomes, "rollouts": files.rollouts},
    )
    inputs = {name: under(prefix, getattr(files, name)(study, job)) for name in ("outcomes", "rollouts")}
    outputs = OutputFiles(fromdict={"costs": f"{prefix}costs.parquet", "fewer_samples": f"{prefix}fewer.parquet"})
    expected = ["--outcomes", *(f"{policy}={prefix}outcomes/own/{policy}.parquet" for policy in "ba"), "--rollouts"]
    expected += [f"{policy}={prefix}rollouts/own/{policy}/{shard}.parquet" for policy in "ba" for shard in SHARDS]
    expected += ["--settings", parameters["settings"](job)]
    expected += ["--costs", f"{prefix}costs.parquet", "--fewer-samples", f"{prefix}fewer.parquet"]
    assert words(parameters, job, inputs, outputs) == expected


def test_ids_and_files_that_do_not_pair_are_an_error(scripts, study):
    job = SimpleNamespace(pool="own")
    ids = {"outcomes": files.outcomes}
    parameters = program_parameters(scripts / "price_outcomes.py", study, jobs.price_outcomes, ids=ids)
    with pytest.raises(ValueError, match="shorter"):
        words(parameters, job, {"outcomes": ["only-one.parquet"]}, OutputFiles(toclone=["costs.parquet"]))


def test_one_output_a_folder_a_shard_and_workers(scripts, study):
    job = SimpleNamespace(problem_set="own", policy="a", shard=SHARDS[1])
    parameters = program_parameters(
        scripts / "generate_completions.py", study, jobs.generate_completions, ids={"model": FOLDER}, shard=True
    )
    inputs = {"prompts": ["p q.parquet"], "model": ["models/m m/source.json", "models/m m/config.json"]}
    given = words(parameters, job, inputs, OutputFiles(toclone=["c.parquet"]))
    settings = json.dumps(jobs.generate_completions(study, job), sort_keys=True)
    expected = ["--prompts", "p q.parquet", "--model", "models/m m", "--settings", settings]
    assert given == [*expected, "--shard", SHARDS[1], "--output", "c.parquet"]

    parameters = program_parameters(scripts / "grade_rollouts.py", study, jobs.grade_rollouts, workers=True)
    given = words(parameters, job, {"problems": "p.parquet"}, OutputFiles(toclone=["r.parquet"]), threads=3)
    assert given[-4:] == ["--workers", "3", "--output", "r.parquet"]


def test_what_stands_in_place_of_many_outputs_and_what_is_not_there(scripts, study, tmp_path):
    (tmp_path / "a table.csv").write_text("code,names\n")
    job = SimpleNamespace(problem_set="own", policy="a")
    parameters = program_parameters(
        scripts / "summarise_outcomes.py",
        study,
        None,
        output=lambda outputs: Path(outputs[0]).parents[1],
        data=lambda wildcards: {"country_names": tmp_path / "a table.csv"},
    )
    outputs = OutputFiles(toclone=["probes/a b/x/one.parquet", "probes/a b/y/two.parquet"])
    given = words(parameters, job, {"problems": ["p.parquet"], "untrained": []}, outputs)
    expected = ["--problems", "p.parquet", "--country-names", str(tmp_path / "a table.csv"), "--output", "probes/a b"]
    assert given == expected, "an input without files is no option"
    assert "settings" not in parameters
    before = parameters["data"](job)
    (tmp_path / "a table.csv").write_text("code,names\nFR,France\n")
    assert parameters["data"](job) != before, "the content of such a file is compared, not its place"


def test_a_script_whose_settings_nothing_gives_is_refused():
    assert program.settings_of("grade_rollouts") is jobs.grade_rollouts
    with pytest.raises(UserError, match=r"study/jobs has no function 'grade_rollout': correct the name.*settings=None"):
        program.settings_of("grade_rollout")


def test_settings_survive_the_shell_whatever_a_study_writes(scripts):
    config = imported(completions="c.csv")
    written = 'it\'s "quoted" {braces} $HOME `ls` \\ ü\n'
    config["policies"]["a"]["completions"]["columns"] = {"completion": written}
    study = Study(complete(config, "study.yaml"))
    job = SimpleNamespace(problem_set="own", policy="a")
    parameters = program_parameters(scripts / "import_completions.py", study, jobs.import_completions)
    given = words(parameters, job, {"table": "t.csv"}, OutputFiles(toclone=["c.parquet"]))
    settings = json.loads(given[given.index("--settings") + 1])
    assert settings["table"]["columns"] == {"completion": written}


def test_a_script_takes_its_command_line_from_a_shell_and_reads_what_it_names(scripts, study, tmp_path):
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    problems = {"problem_id": ["p", "q"], "split": "test", "group": ["p", "q"], "reference_difficulty": 1.0}
    pd.DataFrame({**problems, "excluded_reason": [None, None]}).to_parquet(folder / "problems.parquet")
    columns = {"sample": 0, "answer_class": "1", "extracted_answer": "1", "finish_reason": "stop"}
    columns |= {"prompt_tokens": 1, "completion_tokens": 2}
    for shard, problem in zip(SHARDS, "pq", strict=True):
        rollouts = pd.DataFrame({"problem_id": [problem], **columns, "correct": problem == "p"})
        rollouts.to_parquet(folder / f"{shard}.parquet")
    parameters = program_parameters(scripts / "summarise_outcomes.py", study, None)
    inputs = {"problems": f"{folder}/problems.parquet", "rollouts": [f"{folder}/{shard}.parquet" for shard in SHARDS]}
    outputs = OutputFiles(toclone=[f"{folder}/outcomes.parquet"])
    arguments = parameters["arguments"](SimpleNamespace(), InputFiles(fromdict=inputs), outputs, 1)
    command = f"{shlex.quote(sys.executable)} {shlex.quote(str(parameters['script']))} {arguments}"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    outcomes = pd.read_parquet(folder / "outcomes.parquet")
    assert outcomes.set_index("problem_id").majority_correct.to_dict() == {"p": True, "q": False}


def test_kinds_are_what_settings_ids_and_the_rule_name_and_not_a_module_that_is_named_like_one(
    scripts, study, monkeypatch
):
    used = []
    monkeypatch.setattr(program, "code_hash", lambda script, uses, modules, memory: used.append(uses))
    job = SimpleNamespace(problem_set="own")
    ids = {"predictions": files.predictions}
    program_parameters(scripts / "evaluate_probes.py", study, None, ids=ids, kinds=["TARGETS.greedy_correct"])["code"](
        job
    )
    told = {"module": "auroc", "arguments": {"router": "utility"}}
    table = {"modules": ["foretell.figures.auroc"], "ids": {"tables": lambda study, job: {"metrics": ["m.parquet"]}}}
    program_parameters(scripts / "write_table.py", study, lambda study, job: told, **table)["code"](job)
    assert {"FAMILIES.linear", "TARGETS.success_rate", "METRICS.spearman", "CRITERIA.auroc"} <= used[0]
    assert used[1] == {"ROUTERS.utility"}, "T2 shows every metric, not the one that it is named like"


def test_what_a_user_writes_narrows_no_registry(scripts, study, monkeypatch):
    used = []
    monkeypatch.setattr(program, "code_hash", lambda script, uses, modules, memory: used.append(uses))
    told = {
        "title": "utility",
        "policies": {"linear": {"encoder": "auroc", "assumption": "cascade"}},
        "targets": ["reference_difficulty"],
        "sweep": {"routers": ["cascade"]},
    }
    ids = {
        "predictions": lambda study, job: {"utility/tfidf": ["p.parquet"]},
        "costs": lambda study, job: {"auroc": []},
    }
    parameters = program_parameters(scripts / "evaluate_routing.py", study, lambda study, job: told, ids=ids)
    parameters["code"](SimpleNamespace(pool="own"))
    by_registry = {each for each in used[0] if not each.startswith(("METRICS.", "CRITERIA."))}
    assert by_registry == {"TARGETS.reference_difficulty", "FAMILIES.tfidf", "ROUTERS.cascade"}


def test_a_users_file_is_known_by_its_content_and_a_large_one_by_its_size(scripts, study, tmp_path, monkeypatch):
    file = tmp_path / "table.csv"
    file.write_text("abc")
    given = program_parameters(scripts / "fit_irt.py", study, None, given=lambda wildcards: [str(file)])["given"]
    before = given(None)
    file.touch()
    assert given(None) == before
    file.write_text("abd")
    assert given(None) != before
    monkeypatch.setattr(program, "LARGE", 2)
    large = given(None)
    file.write_text("xyz")
    assert given(None) == large, "Snakemake sees a newer one itself"
    file.unlink()
    assert json.loads(given(None)) == {str(file): None}
