"""Models of the hub, from a hub on loopback."""

import json
import os
import subprocess
import sys

import pytest
import torch

from foretell.common.errors import UserError
from foretell.models.loading import load_model
from foretell.models.origins import Hub
from foretell.models.sources import obtain
from hub_server import COMMIT, environment

SOURCE = {"source": "hub", "id": "someone/tiny", "revision": COMMIT}


@pytest.fixture
def served(hub, model, tokenizer, tmp_path):
    """A model in the layout of the large ones: in shards, with the same weights in other forms beside."""
    folder = tmp_path / "served"
    model.save_pretrained(folder, max_shard_size="20KB")
    tokenizer.save_pretrained(folder)
    assert len(list(folder.glob("model-*.safetensors"))) > 1
    hub.add_folder("someone/tiny", folder)
    files = hub.repositories["model", "someone/tiny"]
    others = ("pytorch_model.bin", "consolidated.safetensors", "original/model.safetensors", "original/params.json")
    files.update(dict.fromkeys(others, b"the same weights in another form"))
    return hub


def fetch(tmp_path, name="model", **source):
    return obtain(Hub.model_validate({**SOURCE, **source}), tmp_path / name, tmp_path / "store")


def test_a_model_in_shards_comes_whole_and_computes_the_same(served, model, tmp_path):
    record = fetch(tmp_path)
    assert (record["id"], record["revision"]) == ("someone/tiny", COMMIT)
    files = served.repositories["model", "someone/tiny"]
    assert all((tmp_path / "model" / name).read_bytes() == files[name] for name in record["sums"])
    loaded, tokens = load_model(str(tmp_path / "model"), "float32"), torch.tensor([[1, 2, 3]])
    assert torch.equal(loaded(tokens).logits, model(tokens).logits)


def test_the_same_weights_in_other_forms_are_not_fetched(served, tmp_path):
    record = fetch(tmp_path)
    assert {"config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors.index.json"} <= set(
        record["sums"]
    )
    assert not any(name.startswith(("pytorch", "consolidated", "original")) for name in record["sums"])
    assert set(served.fetched()) == set(record["sums"])


def test_a_model_that_was_fetched_needs_no_hub(served, tmp_path):
    fetch(tmp_path)
    served.stop()
    assert fetch(tmp_path, "again")["sums"] == fetch(tmp_path)["sums"]


def test_a_shard_that_the_repository_lacks_is_one_message(served, tmp_path):
    files = served.repositories["model", "someone/tiny"]
    lacking = sorted(name for name in files if name.startswith("model-"))[1]
    del files[lacking]
    with pytest.raises(UserError, match=f"has no {lacking}, which its model.safetensors.index.json names"):
        fetch(tmp_path)
    assert not (tmp_path / "model").exists() and not list((tmp_path / "store").glob("*"))


@pytest.mark.parametrize("index", [b"{", b"[]", b"{}", b'{"weight_map": null}', b'{"weight_map": {"a": 1}}'])
def test_a_damaged_index_of_weights_is_one_message(served, tmp_path, index):
    served.repositories["model", "someone/tiny"]["model.safetensors.index.json"] = index
    with pytest.raises(UserError, match=r"the model.safetensors.index.json of someone/tiny at .* is damaged"):
        fetch(tmp_path)


MISTAKES = [
    ({"id": "someone/else"}, None, "the hub has no model 'someone/else', or it needs a token"),
    ({"revision": "f" * 40}, None, f"the hub has no revision '{'f' * 40}' of 'someone/tiny': key 'revision'"),
    ({}, "gated", "the hub gives the model 'someone/tiny' only to those who asked for it: request access at"),
    ({}, "damaged", r"config.json of the model 'someone/tiny' at .* is damaged: its content does not have the sum"),
]


@pytest.mark.parametrize(("wrong", "state", "expected"), MISTAKES)
def test_what_the_hub_does_not_give_is_one_message(served, tmp_path, wrong, state, expected):
    served.gated |= {"someone/tiny"} if state == "gated" else set()
    served.damaged |= {"config.json"} if state == "damaged" else set()
    with pytest.raises(UserError, match=expected):
        fetch(tmp_path, **wrong)
    assert not (tmp_path / "model").exists()


def test_the_script_tells_no_token_and_no_traceback(served, tmp_path, pytestconfig):
    script = str(pytestconfig.rootpath / "scripts" / "download_model.py")
    command = [sys.executable, script, "--settings", json.dumps({**SOURCE, "id": "someone/else"})]
    run = subprocess.run(
        [*command, "--output", str(tmp_path / "model")],
        cwd=tmp_path,
        env={**os.environ, **environment(served, tmp_path / "other"), "HF_TOKEN": "hf_secret"},
        text=True,
        capture_output=True,
    )
    assert run.returncode == 1 and "error: the hub has no model" in run.stderr
    assert "Traceback" not in run.stderr and "hf_secret" not in run.stdout + run.stderr
