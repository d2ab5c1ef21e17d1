import shutil

import pytest

from workflow_project import SMALL, Project, copy_project


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


@pytest.fixture
def project(study, tmp_path):
    """The finished study, in a folder of its own that a test may edit; copying keeps time stamps."""
    shutil.copytree(study.folder, tmp_path / "elsewhere", symlinks=True)
    return Project(tmp_path / "elsewhere")
