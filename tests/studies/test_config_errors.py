import importlib.util

import pytest

from workflow_project import copy_project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("errors") / "project")


MISTAKES = {
    "unknown key": ("samples: 8, temperature", "sample: 8, temperature", "unknown key 'policies.small-low.sample'"),
    "duplicate key": ("  small-high: {model", "  small-low: {model", "key 'small-low' stands twice"),
    "wrong type": ("layers: 2", "layers: two", "key 'models.small.layers'"),
    "unknown policy": ("policies: [small-low,", "policies: [tiny-low,", "'tiny-low' is not defined"),
    "negative price": ("input: 0.0027", "input: -1", "key 'models.small.price.input'"),
    "no samples": ("samples: 8", "samples: 0", "key 'policies.small-low.samples'"),
    "empty split": ("test: 3000", "test: 0", "key 'problem_sets.tiny_math.sizes.test'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_config_stops_before_the_first_job(project, mistake):
    old, new, expected = MISTAKES[mistake]
    text = (project.folder / "config" / "config.yaml").read_text()
    assert old in text
    (project.folder / "broken.yaml").write_text(text.replace(old, new, 1))
    run = project.snakemake("--cores", "1", "--configfile", "broken.yaml")
    assert run.returncode != 0
    assert expected in run.stdout and "broken.yaml" in run.stdout
    assert "Traceback" not in run.stdout
    assert not (project.folder / "results").exists()


def test_a_recorded_file_that_is_not_there_stops_before_the_first_job(project):
    run = project.snakemake("--cores", "1", "--configfile", "config/recorded.yaml", "--config", "records=nowhere")
    assert run.returncode != 0
    assert "'problem_sets.math-half-0.problems': there is no file nowhere/" in run.stdout
    assert "Traceback" not in run.stdout


def test_an_engine_that_is_not_installed_stops_a_run_and_not_its_planning(project):
    if importlib.util.find_spec("vllm"):
        pytest.skip("vllm is installed where the tests run")
    text = (project.folder / "examples" / "questions.yaml").read_text()
    model = "  smollm2-135m-instruct:\n"
    (project.folder / "vllm.yaml").write_text(text.replace(model, f"{model}    engine: vllm\n"))
    assert project.planned("--configfile", "vllm.yaml")["generate_completions_with_vllm"] == 1
    run = project.snakemake("--cores", "1", "--configfile", "vllm.yaml")
    assert run.returncode != 0
    assert "'models.smollm2-135m-instruct.engine': vllm is not installed: install it with `make vllm`" in run.stdout
    assert "Traceback" not in run.stdout
    assert not (project.folder / "results").exists()


def test_a_figure_that_the_study_does_not_make_is_named(project):
    run = project.snakemake("--dry-run", "--configfile", "examples/logs.yaml", "tests/configs/logs.yaml", "--", "T5")
    assert run.returncode != 0 and "MissingRule" not in run.stdout
    assert "key 'figures': has no T5; name it there, to have it made" in run.stdout


def test_a_study_replaces_the_default_one(project):
    """The default study's policies must not leak into another study."""
    run = project.snakemake("--dry-run", "--configfile", "config/recorded.yaml", "--config", "records=nowhere")
    assert "small-low" not in run.stdout


MODULE = """
module foretell:
    snakefile: "workflow/Snakefile"
    config: config["foretell"]

use rule * from foretell
"""


def test_a_mistake_in_the_config_of_a_module_does_not_blame_the_outer_file(project):
    """The outer file is another workflow's: its keys are not read as a study's."""
    study = (project.folder / "config" / "config.yaml").read_text().replace("samples: 8", "samples: 0", 1)
    nested = "".join(f"  {line}" for line in study.splitlines(keepends=True))
    (project.folder / "outer.yaml").write_text(f"foretell:\n{nested}")
    (project.folder / "outer.smk").write_text(MODULE)
    run = project.snakemake("--dry-run", "--snakefile", "outer.smk", "--configfile", "outer.yaml")
    assert run.returncode != 0
    assert "config: key 'policies.small-low.samples': " in run.stdout and "outer.yaml:" not in run.stdout
