"""The paper's study on a hub on loopback: miniatures of its data sets in their layouts, models with random weights."""

import json

import pandas as pd
import pytest
import yaml

import paper_study
from foretell.common.yaml_files import read_yaml
from foretell.grading.sandbox import why_unavailable
from hub_server import environment, serve
from workflow_project import ROOT, copy_project

CONFIGS = ["paper.yaml", "tests/configs/paper.yaml"]
ALL_SETS = ["all_sets.yaml", "tests/configs/paper.yaml"]
NO_SANDBOX = why_unavailable()  # programs are not run without one, and nothing about them is drawn
DRAWN = {name: each for name, each in paper_study.DRAWN.items() if name != "livecodebench" or not NO_SANDBOX}
ASKED = DRAWN | paper_study.ANSWERED
# What is not about both MATH and LiveCodeBench.
OF_MATH = ["T2", "T4", "T5", "T7", "F6", "F7", "F8", "F9"]  # no programs, a pool, encoders, efforts
OF_PROGRAMS = ["T3"]
OTHERS = ["e2h_amc/T1", "e2h_amc/T8", "gpqa/T9", "polymath/T9"]  # tables of the sets that are answered
needs_sandbox = pytest.mark.skipif(NO_SANDBOX is not None, reason=str(NO_SANDBOX))


@pytest.fixture(scope="module")
def paper():
    return read_yaml(ROOT / "config" / "paper.yaml")


@pytest.fixture(scope="module")
def hub(paper):
    with serve() as served:
        paper_study.fill(served, paper_study.reduced(paper, ASKED))
        yield served


@pytest.fixture(scope="module")
def study(hub, paper, tmp_path_factory):
    """The study of the problem sets that are drawn, and then a few tables of all of them."""
    folder = tmp_path_factory.mktemp("paper")
    project = copy_project(folder / "project")
    for (file, _), asked in ((CONFIGS, DRAWN), (ALL_SETS, ASKED)):
        (project.folder / file).write_text(yaml.safe_dump(paper_study.reduced(paper, asked), sort_keys=False))
    with pytest.MonkeyPatch.context() as variables:
        for name, value in environment(hub, folder / "home").items():
            variables.setenv(name, value)
        others = [f"results/paper/tables/{name}.csv" for name in OTHERS]
        for configs, targets in ((CONFIGS, []), (ALL_SETS, ["--", "results/paper/figures/e2h_amc/F1.svg", *others])):
            run = project.snakemake("--cores", "2", "--configfile", *configs, *targets)
            assert run.returncode == 0, run.stdout[-5000:]
        yield project


@pytest.fixture(scope="module")
def results(study):
    return study.folder / "results" / "paper"


def sets_of(label):
    """Problem sets that a figure or table is drawn of."""
    without = "livecodebench" if label in OF_MATH else "math" if label in OF_PROGRAMS else None
    return set(DRAWN) - {without}


def problems_of(results, name):
    """The problems of a set, by their ids."""
    return pd.read_parquet(results / "problems" / f"{name}.parquet").set_index("problem_id")


def prompts_of(results, name, encoder):
    """What an encoder reads, by problem."""
    return pd.read_parquet(results / "prompts" / name / f"{encoder}.parquet").set_index("problem_id").prompt


def rollouts_of(results, name, policy):
    """The graded samples of a policy."""
    return pd.concat(map(pd.read_parquet, sorted((results / "rollouts" / name / policy).glob("*.parquet"))))


def table(results, label, name):
    """What a figure or table shows."""
    return pd.read_csv(results / ("tables" if label[0] == "T" else "figures") / name / f"{label}.csv")


def test_every_figure_and_table_of_the_paper_is_drawn(results, paper):
    for label in paper["figures"]:
        folder, suffixes = ("tables", ["csv", "md", "tex"]) if label[0] == "T" else ("figures", ["pdf", "svg", "csv"])
        for name in sets_of(label):
            assert len(table(results, label, name)) > 0
            for suffix in suffixes:
                assert (results / folder / name / f"{label}.{suffix}").stat().st_size > 0
    assert (results / "report.html").stat().st_size > 0


def test_every_policy_is_in_the_tables_of_its_problem_set(results):
    for name, policies in DRAWN.items():
        assert set(table(results, "F3", name).policy) == set(table(results, "T1", name).policy) == set(policies)
    assert set(table(results, "T7", "math").policy) == set(DRAWN["math"])
    assert {"low", "high"} <= set(table(results, "F9", "math").effort)


@pytest.mark.parametrize("name", OTHERS)
def test_the_other_problem_sets_have_tables_of_their_policies(results, name):
    name, label = name.split("/")
    assert set(table(results, label, name).policy) == set(ASKED[name])


def test_what_was_fetched_is_recorded(results, paper, hub):
    entry = paper["problem_sets"]["math"]
    record = json.loads((results / "downloads" / "math.json").read_text())
    assert (record["id"], record["revision"]) == (entry["id"], entry["revision"])
    assert set(record["sums"]) == {"data/train-0.parquet", "data/test-0.parquet"}
    provenance = json.loads((results / "provenance" / "downloads" / "math.parquet.json").read_text())
    assert provenance["settings"]["revision"] == entry["revision"]
    assert "README.md" not in hub.fetched()


def test_a_duplicate_is_left_out_of_training_from_prompts_to_probes(results):
    problems = pd.read_parquet(results / "problems" / "math.parquet")
    excluded = problems[problems.excluded_reason.notna()]
    assert excluded.problem_id.tolist() == ["train-3"]
    assert excluded.excluded_reason.item() == "its question is that of test problem 'test-0'"
    for policy in ASKED["math"]:
        outcomes = pd.read_parquet(results / "outcomes" / "math" / f"{policy}.parquet")
        assert set(outcomes.problem_id) == set(problems.problem_id) - {"train-3"}
    asked = "What is $0+1$, modulo 3?\nLet's think step by step and output the final answer within \\boxed{}."
    prompts = prompts_of(results, "math", "qwen2.5-math-1.5b-instruct-boxed")
    assert f"<|im_start|>user\n{asked}<|im_end|>" in prompts["train-0"]


@pytest.mark.parametrize("name", ["math", "e2h_amc", "gpqa", "polymath"])
def test_answers_are_graded_by_the_golds_of_their_data_set(results, name):
    """The solution's last box, a column, the letter of the right option, a number between dollars."""
    golds = problems_of(results, name).answer.str.strip("$")
    for policy in ASKED[name]:
        rollouts = rollouts_of(results, name, policy)
        marked = rollouts[rollouts.extracted_answer.notna()]
        assert marked.correct.any() and not marked.correct.all()
        right = [
            text.strip() == golds[key] for text, key in zip(marked.extracted_answer, marked.problem_id, strict=True)
        ]
        assert (marked.correct == right).all()


def test_efforts_and_template_arguments_reach_the_prompts(results):
    for effort in ("low", "high"):
        prompts = prompts_of(results, "math", f"gpt-oss-20b-{effort}-boxed")
        assert prompts.str.contains(f"Reasoning: {effort}\n").all()
    for name, encoder, closed in (("e2h_amc", "true", False), ("polymath", "false", True)):
        prompts = prompts_of(results, name, f"qwen3-8b-enable_thinking-{encoder}-boxed")
        assert (prompts.str.endswith("<think>\n\n</think>\n\n") == closed).all()


def test_the_options_of_a_question_are_asked_for_by_letter(results):
    prompts = prompts_of(results, "gpqa", "gpt-oss-20b-low-option")
    for asked in ("\nA) ", "\nD) ", "output the letter of the right option"):
        assert prompts.str.contains(asked, regex=False).all()


@needs_sandbox
def test_programs_are_run_and_what_is_reported_is_of_later_contests(results):
    problems = problems_of(results, "livecodebench")
    assert problems[problems.split == "test"].index.tolist() == [f"q{number}" for number in range(40, 60)]
    rollouts = rollouts_of(results, "livecodebench", "qwen2.5-coder-1.5b")
    program = rollouts.extracted_answer.fillna("")
    called = rollouts.problem_id.map(problems.answer).str.contains("entry_point")
    assert (
        rollouts.correct == program.str.contains("return 6").where(called, program.str.startswith("print(3)"))
    ).all()
    assert rollouts.correct.any() and not rollouts.correct.all()
    assert table(results, "T3", "livecodebench").value.notna().any()


def test_a_problem_in_all_its_languages_is_on_one_side(results):
    problems = problems_of(results, "polymath")
    assert set(problems.language) == set(paper_study.LANGUAGES)
    sides = problems.assign(side=problems.split == "test").groupby("group").side
    assert sides.size().eq(len(paper_study.LANGUAGES)).all() and sides.nunique().eq(1).all()


def test_nothing_is_made_twice(study):
    assert study.planned("--configfile", *CONFIGS) == {}
