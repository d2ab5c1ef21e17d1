"""What verify_results.py says of a finished study, and of one that somebody laid hands on."""

import json
import shutil
import subprocess
import sys

import pytest

from workflow_project import Project


@pytest.fixture
def project(study, tmp_path):
    """The finished study without Snakemake's own memory."""
    ignored = shutil.ignore_patterns(".snakemake", ".chunks", "logs")
    shutil.copytree(study.folder, tmp_path / "elsewhere", symlinks=True, ignore=ignored)
    return Project(tmp_path / "elsewhere")


def verify(project, *options):
    command = [sys.executable, "scripts/verify_results.py", "results/tiny", *options]
    run = subprocess.run(command, cwd=project.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    *lines, last = run.stdout.splitlines()
    found = {(line.split()[0], line.split()[1].rstrip(":")) for line in lines}
    return run.returncode, found, last


def test_a_finished_study_is_as_recorded(project):
    status, found, last = verify(project)
    assert (status, found) == (0, set()), found
    assert last.endswith("all as recorded") and int(last.split()[0]) > 400


def edit_json(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_what_was_laid_hands_on_is_named(project):
    """All at once, since each takes a look at every file."""
    results = project.folder / "results" / "tiny"
    table, record = results / "tables" / "tiny" / "T4.csv", results / "provenance"
    table.write_text(table.read_text().replace("1", "2", 1))  # one digit
    (results / "routing" / "tiny" / "costs.parquet").unlink()
    (results / "figures" / "tiny" / "F6.svg").write_bytes(b"")
    (results / "figures" / "tiny" / "F99.svg").write_text("<svg/>")
    shutil.copy(results / "figures" / "tiny" / "F7.png", results / "figures" / "tiny" / "F8.png")
    (record / "claims.md.json").write_text("{")
    (record / "front_page.rst.json").unlink()
    edit_json(record / "tables" / "tiny" / "T5.csv.json", lambda each: each["made"].update(sha256="0" * 64))
    edit_json(record / "outcomes/tiny_code/coder-small.parquet.json", lambda each: each["job"].update(code="x"))
    (record / "evaluation/tiny_math/metrics.parquet.json").unlink()
    (results / "evaluation/tiny_math/metrics.parquet").unlink()
    (environment,) = (record / "environments").iterdir()
    environment.write_text("{}")
    weights = results / "models" / "small" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    project.edit("results/tiny/config.yaml", "resamples: 200", "resamples: 201")
    status, found, _ = verify(project)
    assert status == 1
    expected = {
        ("altered", "tables/tiny/T4.csv"),
        ("missing", "routing/tiny/costs.parquet"),
        ("altered", "figures/tiny/F6.svg"),
        ("foreign", "figures/tiny/F99.svg"),
        ("altered", "figures/tiny/F8.png"),
        ("damaged", "claims.md"),
        ("foreign", "front_page.rst"),
        ("altered", "tables/tiny/T5.csv"),
        ("stale", "outcomes/tiny_code/coder-small.parquet"),
        ("altered", "models/small/model.safetensors"),
        ("stale", "prompts/tiny_math/small-low.parquet"),
        ("missing", "evaluation/tiny_math/metrics.parquet"),  # with its record
        ("stale", "evaluation/tiny_code/metrics.parquet"),  # its settings
        ("altered", f"provenance/environments/{environment.name}"),
        ("altered", "config.yaml"),
    }
    assert expected <= found, expected - found
    assert ("altered", "tables/tiny_code/T4.csv") not in found


def test_results_are_held_against_another_configuration(project):
    project.edit("config/config.yaml", "input: 0.0027", "input: 0.0999")
    assert verify(project)[0] == 0, "what they were made with is unchanged"
    status, found, _ = verify(project, "--configfile", "config/config.yaml", "tests/configs/small.yaml")
    assert status == 1 and ("stale", "routing/tiny/costs.parquet") in found
    assert not any(path.startswith(("probes/", "completions/")) for _, path in found)


def test_results_without_a_configuration_are_no_study(project):
    (project.folder / "results" / "tiny" / "config.yaml").unlink()
    status, _, last = verify(project)
    assert status == 1 and "config.yaml: not there; it is written with the report" in last
