import pytest

from workflow_project import RECORDS, copy_project


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    """The study on recorded outcomes."""
    if not RECORDS.is_dir():
        pytest.skip("the recorded outcomes are not there (../shared/data/paper_records)")
    project = copy_project(tmp_path_factory.mktemp("recorded") / "project")
    files = ["config/recorded.yaml", "tests/configs/recorded.yaml"]
    run = project.snakemake("--cores", "2", "--configfile", *files, "--config", f"records={RECORDS.parent}")
    assert run.returncode == 0, run.stdout[-5000:]
    return project
