"""Models of the hub, from a small hub on loopback; in a process of its own, since the address is read on import."""

import json
import os
import subprocess
import sys

import pytest

from hub_server import serve

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def hub(tmp_path, model, tokenizer, pytestconfig):
    folder = tmp_path / "served"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "pytorch_model.bin").write_bytes(b"a pickle, which nobody wants")
    with serve("someone/tiny", COMMIT, folder) as (address, asked):

        def download(**source):
            source = {"source": "hub", "id": "someone/tiny", "revision": COMMIT, **source}
            script = str(pytestconfig.rootpath / "scripts" / "download_model.py")
            environment = {**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "home")}
            environment |= {"HF_TOKEN": "hf_secret", "NO_PROXY": "127.0.0.1", "HF_HUB_DISABLE_XET": "1"}
            command = [sys.executable, script, "--settings", json.dumps(source), "--output", str(tmp_path / "model")]
            return subprocess.run(command, cwd=tmp_path, env=environment, text=True, capture_output=True)

        yield download, asked, folder, tmp_path / "model"


def test_a_model_of_the_hub_is_taken_without_its_pickles(hub):
    download, asked, served, target = hub
    run = download()
    assert run.returncode == 0, run.stderr
    for name in ("config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"):
        assert (target / name).read_bytes() == (served / name).read_bytes()
    record = json.loads((target / "source.json").read_text())
    assert (record["id"], record["revision"]) == ("someone/tiny", COMMIT)
    assert not (target / "pytorch_model.bin").exists() and not any("pytorch_model" in path for path in asked)
    assert "hf_secret" not in run.stdout + run.stderr + json.dumps(record)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"id": "someone/else"}, "the hub has no model 'someone/else', or it needs a token"),
        ({"revision": "f" * 40}, f"the hub has no revision '{'f' * 40}' of 'someone/tiny': key 'revision'"),
    ],
)
def test_what_the_hub_does_not_have_is_one_message(hub, wrong, expected):
    download, _, _, target = hub
    run = download(**wrong)
    assert run.returncode == 1 and expected in run.stderr and "Traceback" not in run.stderr
    assert not target.exists()
