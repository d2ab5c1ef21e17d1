import pytest

from workflow_project import SMALL, copy_project


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """The whole default study at reduced size, run once through `rule all`."""
    project = copy_project(tmp_path_factory.mktemp("study") / "project")
    run = project.snakemake("--cores", "2", *SMALL)
    assert run.returncode == 0, run.stdout[-5000:]
    project.output = run.stdout
    return project


@pytest.fixture(scope="session")
def results(study):
    """Where the reduced study's results are."""
    return study.folder / "results" / "tiny"
