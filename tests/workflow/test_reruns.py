import os
import re
import shutil
import time

import pytest
import yaml

from workflow_project import SMALL

ROUTING = {"price_outcomes", "route_queries", "evaluate_routing"}
AFTER_ROUTING = {"write_table_T4", "write_table_T5", "plot_figure_F6", "plot_figure_F7", "plot_figure_F8"}
AFTER_ROUTING |= {"measure_routing", "write_table_T12", "write_table_T13", "export_router"}
AFTER_EVERYTHING = {"check_claims", "write_front_page", "write_report"}


def test_a_finished_study_has_nothing_to_do_and_says_so(study):
    run = study.snakemake("--cores", "1", *SMALL)
    assert run.returncode == 0 and "Nothing to be done" in run.stdout


def test_every_file_of_a_finished_study_is_asked_for(project):
    """So that none can be missing, deleted or left by a job that failed, without being made again."""
    project.edit("workflow/Snakefile", 'each.message or "{rule}, with its log in {log}"', "None")  # files are listed
    run, results = project.snakemake("--dry-run", "all", "--force", *SMALL), project.folder / "results" / "tiny"
    listed = re.search(r"rule all:\n    input: (.*)\n", run.stdout)[1].split(", ")
    report = results / "report.html"
    beside = {results / "config.yaml", results / "left_out.json", *(results / "provenance").rglob("*")}
    made = {file for file in results.rglob("*") if file.is_file()} - beside
    assert {project.folder / file for file in listed} == made | {report}
    assert len(made) > 400


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ("routing/tiny/costs.parquet", "price_outcomes"),
        ("probes/tiny_math/small-low/success_rate/linear/sweep.parquet", "train_probes"),
        ("activations/tiny_code/coder-small-low/000-of-001.json", "cache_activations"),
        ("report.html", "write_report"),
    ],
)
def test_a_file_that_is_deleted_is_made_again_with_what_follows(project, file, rule):
    (project.folder / "results" / "tiny" / file).unlink()
    assert {rule, "write_report"} <= project.planned(*SMALL).keys()


def test_after_a_failure_the_next_run_goes_on_with_the_changed_parameter(project):
    project.edit("config/config.yaml", "input: 0.0027", "input: 0.0028")
    script = project.folder / "scripts" / "price_outcomes.py"
    written = script.read_text()
    script.write_text("import os\nos.kill(os.getpid(), 9)\n" + written)
    before = (project.folder / "results" / "tiny" / "tables" / "tiny" / "T4.csv").read_bytes()
    failed = project.snakemake("--cores", "2", "results/tiny/routing/tiny/costs.parquet", *SMALL)
    assert failed.returncode == 1
    script.write_text(written)
    planned = project.planned(*SMALL)
    assert planned.keys() == ROUTING | AFTER_ROUTING | AFTER_EVERYTHING
    alone = project.planned(*SMALL, "--", "T4")
    assert alone.keys() >= {*ROUTING, "write_table_T4"}, "also where one table is asked for"
    assert (project.folder / "results" / "tiny" / "tables" / "tiny" / "T4.csv").read_bytes() == before


def test_without_snakemakes_memory_the_records_say_what_is_stale(project):
    """As where results were copied without their hidden folder."""
    shutil.rmtree(project.folder / ".snakemake")
    assert project.planned(*SMALL) == {}
    project.edit("config/config.yaml", "input: 0.0027", "input: 0.0999")
    planned = project.planned(*SMALL)
    assert planned.keys() >= ROUTING | {"price_outcomes"} and "train_probes" not in planned
    assert project.planned(*SMALL, "--", "T4").keys() >= ROUTING, "also where one table is asked for"
    assert project.planned(*SMALL, "--", "T2") == {}


def test_a_run_of_single_targets_leaves_the_report_as_it_was(project):
    results = project.folder / "results" / "tiny"
    before = (results / "config.yaml").read_bytes(), (results / "report.html").read_bytes()
    project.edit("config/config.yaml", "input: 0.0027", "input: 0.0028")
    run = project.snakemake("--cores", "2", "results/tiny/routing/tiny/costs.parquet", *SMALL)
    assert run.returncode == 0 and "Made:" not in run.stdout
    assert ((results / "config.yaml").read_bytes(), (results / "report.html").read_bytes()) == before


def test_an_edited_caption_reaches_the_report(project):
    project.edit("workflow/report/T4.rst", "Every strategy", "All strategies")
    assert project.planned(*SMALL) == {"write_report": 1}


def test_a_moved_folder_reruns_nothing(project):
    assert project.planned(*SMALL) == {}


def test_touching_every_file_reruns_nothing(project):
    now = time.time()
    for path in sorted(project.folder.rglob("*")):
        if path.is_file() and ".snakemake" not in path.parts:
            now += 0.001

            os.utime(path, (now, now))
    assert project.planned(*SMALL) == {}


def test_readmes_comments_and_docstrings_rerun_nothing(project):
    project.edit("README.md", "# foretell", "# Foretell")
    project.edit("scripts/train_tiny_model.py", '"""Train a small', '# a comment\n"""Train one small')
    project.edit("scripts/foretell/common/metrics.py", '"""Metrics of scores', '"""Measures of scores')
    project.edit("config/config.yaml", "# Prices are", "# The prices are")
    assert project.planned(*SMALL) == {}


def test_code_that_no_job_reaches_and_kinds_that_no_job_uses_rerun_nothing(project):
    project.edit(
        "scripts/foretell/common/storage.py", "def write_text(", "def unused():\n    pass\n\n\ndef write_text("
    )
    project.edit(
        "scripts/foretell/probes/families.py",
        "FAMILIES = registry(\n",
        'FAMILIES = registry(\n    Family("new", "new", "a new family", QUESTIONS, tfidf),\n',
    )
    assert project.planned(*SMALL) == {}


def test_a_new_target_that_the_study_does_not_ask_for_reruns_no_probe(project):
    project.edit(
        "scripts/foretell/probes/targets.py",
        "TARGETS = registry(\n",
        'TARGETS = registry(\n    Target("two_right", "whether two samples are right", True, "auroc"),\n',
    )
    assert project.planned(*SMALL).keys() <= {"write_table_T2", "write_table_T3", "write_report"}


def test_a_new_metric_in_t2_reruns_evaluation_and_what_reads_it_and_trains_nothing(project):
    catalogue = "scripts/foretell/evaluation/catalogue.py"
    project.edit(
        catalogue, "METRICS = registry(\n", 'METRICS = registry(\n    Metric("new", "new", brier, PROBABILITY),\n'
    )
    project.edit(catalogue, "BINARY_METRICS = (\n", 'BINARY_METRICS = (\n    "new",\n')
    project.edit(catalogue, "REPORTED = (", 'REPORTED = ("new", ')
    planned = project.planned(*SMALL).keys()
    reads_it = {"evaluate_probes", "export_router", *AFTER_EVERYTHING}
    assert {"write_table_T2", *reads_it} <= planned
    assert all(rule.startswith(("plot_figure_", "write_table_")) for rule in planned - reads_it)


def test_another_order_of_a_pools_policies_breaks_ties_anew(project):
    project.edit("config/config.yaml", "policies: [coder-small, coder-large]", "policies: [coder-large, coder-small]")
    assert project.planned(*SMALL).keys() >= ROUTING


def test_the_order_of_keys_in_the_configuration_reruns_nothing(project):
    path = project.folder / "config" / "config.yaml"
    config = yaml.safe_load(path.read_text())
    config["probes"] = dict(reversed(config["probes"].items()))
    config["models"] = {name: dict(reversed(model.items())) for name, model in config["models"].items()}
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    assert project.planned(*SMALL) == {}


def test_an_edit_of_the_code_reruns_what_uses_it_and_what_follows(project):
    project.edit("scripts/foretell/routing/routers.py", "kept[:, -1] = True", "kept[:, -1] = 1")
    planned = project.planned(*SMALL)
    assert planned.keys() == ROUTING - {"price_outcomes"} | AFTER_ROUTING | AFTER_EVERYTHING


def test_an_edit_of_a_figure_reruns_that_figure(project):
    project.edit("scripts/foretell/figures/layers.py", "FEW = 60", "FEW = 61")
    assert project.planned(*SMALL) == {"plot_figure_F3": 2, "write_report": 1}


def test_a_sandbox_that_is_installed_or_removed_does_not_change_a_finished_study(project):
    sandbox = project.folder / "scripts" / "foretell" / "grading" / "sandbox.py"
    sandbox.write_text(sandbox.read_text() + "\n\ndef why_unavailable():\n    return 'no bubblewrap'\n")
    assert project.planned(*SMALL) == {}


def test_a_changed_price_reruns_routing_and_what_follows(project):
    project.edit("config/config.yaml", "input: 0.0027", "input: 0.0028")
    assert project.planned(*SMALL).keys() == ROUTING | AFTER_ROUTING | AFTER_EVERYTHING


def test_a_new_policy_runs_its_chain_and_what_compares_policies(project):
    new = "  small-cool: {model: small, effort: low, samples: 4, temperature: 0.5, max_tokens: 4}\n"
    project.edit("config/config.yaml", "  small-high: {model", new + "  small-high: {model")
    project.edit("config/config.yaml", "policies: [small-low,", "policies: [small-cool, small-low,")
    planned = project.planned(*SMALL)
    chain = {"generate_completions", "grade_rollouts", "summarise_outcomes", "train_probes"}
    assert {rule: planned[rule] for rule in chain} == dict.fromkeys(chain, 1)
    assert not planned.keys() & {"generate_problems", "train_tiny_model", "render_prompts", "cache_activations"}
    compared = {rule for rule in planned if rule.startswith(("plot_figure_", "write_table_"))}
    measured = {"evaluate_probes", "measure_routing", "export_router"}
    assert planned.keys() == chain | measured | ROUTING | AFTER_EVERYTHING | compared
    assert len(compared) == 14


def test_a_new_model_runs_its_chain_from_training_on(project):
    model = "  new: {source: tiny, problem_set: tiny_math, layers: 1, width: 16, steps: 10, learning_rate: 0.01,"
    model += " price: {input: 0.1, output: 0.1}}\n"
    policy = "  new-low: {model: new, effort: low, samples: 4, temperature: 1.0, max_tokens: 4}\n"
    project.edit("config/config.yaml", "\npolicies:\n", f"{model}\npolicies:\n{policy}")
    project.edit("config/config.yaml", "policies: [small-low,", "policies: [new-low, small-low,")
    planned = project.planned(*SMALL)
    chain = ["train_tiny_model", "render_prompts", "generate_completions", "cache_activations", "train_probes"]
    assert {rule: planned.get(rule) for rule in chain} == dict.fromkeys(chain, 1)
