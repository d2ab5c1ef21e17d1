"""Weights that were trained before: those of the default study, and that only the right ones are taken."""

import copy
import importlib
import json
import shutil
from types import SimpleNamespace

import pytest
from safetensors import safe_open

from broken_studies import message
from foretell.common.errors import UserError
from foretell.common.yaml_files import read_yaml
from foretell.models.architecture import TinyModelSettings
from foretell.models.tiny_checkpoint import write_checkpoint
from foretell.models.weights import RECORD, WEIGHTS, check_training
from foretell.study import jobs
from foretell.study.config import complete
from foretell.study.study import Study

SETTINGS = {
    "model": {"layers": 1, "width": 16, "steps": 3, "learning_rate": 0.01, "batch": 4, "examples": 100},
    "task": {
        "source": "expressions",
        "language": {"operators": "+-*", "modulus": 6},
        "trained_operations": [1, 2],
    },
    "seed": [1, 3],
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The checkpoint that a training leaves."""
    folder = tmp_path_factory.mktemp("trained") / "model"
    importlib.import_module("train_tiny_model").main(["--settings", json.dumps(SETTINGS), "--output", str(folder)])
    return folder


def asked(folder, settings):
    files = ["--weights", str(folder / WEIGHTS), "--training", str(folder / RECORD)]
    return [*files, "--settings", json.dumps(settings), "--output"]


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_weights_that_a_training_left_make_the_same_checkpoint(trained, tmp_path):
    importlib.import_module("import_weights").main([*asked(trained, SETTINGS), str(tmp_path / "model")])
    assert files_of(tmp_path / "model") == files_of(trained)


def test_weights_of_another_training_or_model_are_refused(trained, tmp_path):
    other = copy.deepcopy(SETTINGS)
    other["model"]["steps"], other["seed"], other["task"]["language"]["modulus"] = 4, [2, 3], 5
    with pytest.raises(UserError, match=r"trained with steps 3, not 4, seed \[1, 3\], not \[2, 3\], modulus 6, not 5;"):
        importlib.import_module("import_weights").main([*asked(trained, other), str(tmp_path / "model")])
    assert not list(tmp_path.iterdir())

    wider = copy.deepcopy(SETTINGS)
    wider["model"]["width"] = 24
    with pytest.raises(
        UserError, match=r"no weights of such a model: .*embed_tokens.weight has shape \[\d+, 16\], not"
    ):
        write_checkpoint(
            trained / WEIGHTS, TinyModelSettings.model_validate_json(json.dumps(wider)), tmp_path / "model"
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        (WEIGHTS, b"", "is about other weights than model.safetensors beside it; copy both, or leave the key out"),
        (WEIGHTS, None, "there is no .*model.safetensors; leave the key out"),
        (RECORD, None, "there is no .*training.json; leave the key out"),
        (RECORD, b"{}", "is no record of a training: key 'sha256': Field required; leave the key out"),
    ],
)
def test_weights_without_their_own_record_are_refused(trained, tmp_path, name, content, expected):
    folder = shutil.copytree(trained, tmp_path / "model")
    (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    with pytest.raises(UserError, match=expected):
        check_training(folder / WEIGHTS, folder / RECORD, TinyModelSettings.model_validate_json(json.dumps(SETTINGS)))


@pytest.fixture
def default(pytestconfig):
    return read_yaml(pytestconfig.rootpath / "config" / "config.yaml")


def test_the_weights_of_the_default_study_are_those_of_its_settings(default, pytestconfig, tmp_path):
    study = Study(complete(default, "config.yaml"))
    assert study.models_by("import_weights") == list(default["models"])
    for model, entry in study.config.models.items():
        settings = jobs.import_weights(study, SimpleNamespace(model=model))
        folder = pytestconfig.rootpath / entry.weights
        trained_by = TinyModelSettings.model_validate_json(json.dumps(settings))
        check_training(folder / WEIGHTS, folder / RECORD, trained_by)
        write_checkpoint(folder / WEIGHTS, trained_by, tmp_path / model)
        with safe_open(tmp_path / model / WEIGHTS, "numpy") as weights:
            assert sum(weights.get_tensor(name).size for name in weights.keys()) > 20000  # noqa: SIM118


def test_an_edited_training_is_refused_until_the_weights_are_left_out(default, opened, pytestconfig):
    default["models"]["small"]["steps"] = 900
    said = message(default, opened)
    assert "key 'models.small.weights': " in said and "was trained with steps 850, not 900; leave the key out" in said
    del default["models"]["small"]["weights"]
    assert opened(default).models_by("train_tiny_model") == ["small"]


def test_the_default_study_can_train_its_models(default, opened, pytestconfig):
    for name, entry in read_yaml(pytestconfig.rootpath / "config" / "trained.yaml")["models"].items():
        default["models"][name] |= entry
    assert opened(default).models_by("train_tiny_model") == list(default["models"])
