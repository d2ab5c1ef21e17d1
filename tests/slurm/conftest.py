import signal
import subprocess

import pytest

from slurm_cluster import Cluster, ClusterProject, why_unavailable
from workflow_project import copy_project


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A cluster for as long as the tests run; a terminated test run ends it too."""
    if reason := why_unavailable():
        pytest.skip(reason)
    before = signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated"))
    started = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        started.start()
    except (RuntimeError, OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"SLURM does not start here: {error}")
    yield started
    started.stop()
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def project(cluster, tmp_path):
    """A copy of the project with the cluster's profile."""
    return ClusterProject(copy_project(tmp_path / "project").folder, cluster)
