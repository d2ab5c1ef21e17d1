"""An exported router is put on a hub and taken from it by the hub's own tool, as docs/DEPLOYMENT.md says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from exported_router import export_by_text
from foretell.common.errors import UserError
from foretell.deployment.folder import router_id
from foretell.deployment.router import Router
from hub_server import COMMIT, environment, serve

TOKEN = "hf_" + "a" * 34


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return export_by_text(tmp_path_factory.mktemp("texts"), "word_tfidf")


def hf(hub, home, *words):
    """Run the hub's command line; what it prints."""
    tool = Path(sys.executable).with_name("hf")
    variables = {**os.environ, **environment(hub, home), "HF_TOKEN": TOKEN}
    run = subprocess.run([tool, *map(str, words)], env=variables, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr[-3000:]
    assert TOKEN not in run.stdout + run.stderr
    return run.stdout


def test_a_router_that_went_over_a_hub_decides_as_before(made, tmp_path):
    with serve() as hub:
        hf(hub, tmp_path, "upload", "you/router", made.folder, "--private")
        assert set(hub.tokens) == {TOKEN}
        hf(hub, tmp_path, "download", "you/router", "--revision", COMMIT, "--local-dir", tmp_path / "pulled")
        assert router_id(tmp_path / "pulled") == router_id(made.folder)
        questions = made.questions["test"]
        assert Router.load(tmp_path / "pulled").route(questions) == Router.load(made.folder).route(questions)


def test_a_file_that_changed_on_the_way_is_refused(made, tmp_path):
    with serve() as hub:
        hub.add_folder("you/router", made.folder)
        description = json.loads((made.folder / "router.json").read_text())
        hub.repositories["model", "you/router"]["router.json"] = json.dumps(description | {"title": "Other"}).encode()
        hf(hub, tmp_path, "download", "you/router", "--revision", COMMIT, "--local-dir", tmp_path / "pulled")
    with pytest.raises(UserError, match=r"router.json: is not what .*manifest.json says"):
        Router.load(tmp_path / "pulled")
