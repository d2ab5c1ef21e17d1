import copy
from pathlib import Path

import pytest

from foretell.common.yaml_files import read_yaml
from foretell.study.figures import read_manifest
from foretell.study.open import open_study


@pytest.fixture(scope="session")
def manifest(pytestconfig):
    return read_manifest(read_yaml(pytestconfig.rootpath / "config" / "figures.yaml"))


@pytest.fixture(scope="session")
def configs(pytestconfig):
    folder = pytestconfig.rootpath / "config"
    return {name: read_yaml(folder / f"{name}.yaml") for name in ("config", "recorded", "pocket", "norms", "paper")}


@pytest.fixture
def config(configs):
    return copy.deepcopy(configs["config"])


@pytest.fixture
def opened(manifest, pytestconfig, tmp_path_factory, monkeypatch):
    """Opens a study as the workflow does, in a folder without results."""
    monkeypatch.chdir(tmp_path_factory.mktemp("project"))
    Path("study.yaml").write_text("study: the file that the configuration was read from\n")
    return lambda config: open_study(config, ["study.yaml"], manifest, pytestconfig.rootpath, lambda: None)
