"""Users' own activations: what is read, and what is refused."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_tensors

from foretell.activations.imported import read_activations
from foretell.common.errors import UserError


def test_activations_in_bfloat16_are_read(tmp_path):
    layer = torch.tensor([[[1.5, -2.0]], [[0.1, 3e38]]], dtype=torch.bfloat16)
    save_tensors({"layer_00": layer}, tmp_path / "a.safetensors")
    (tmp_path / "a.json").write_text(json.dumps({"problem_ids": ["a", "b"]}))
    found, _, _ = read_activations(tmp_path / "a.safetensors", tmp_path / "a.json")
    assert found["layer_00"].dtype == np.float32 and (found["layer_00"] == layer.float().numpy()).all()


def test_activations_of_both_forms_are_the_same(tmp_path):
    layers = {f"layer_{i:02d}": np.random.default_rng(i).normal(size=(2, 3, 4)).astype("float32") for i in range(2)}
    save_file(layers, tmp_path / "a.safetensors")
    (tmp_path / "a.json").write_text(json.dumps({"problem_ids": ["a", "b"], "positions": [-3, -2, -1]}))
    np.savez(tmp_path / "a.npz", problem_ids=np.array(["a", "b"]), **layers)
    for given in ([tmp_path / "a.safetensors", tmp_path / "a.json"], [tmp_path / "a.npz"]):
        found, ids, positions = read_activations(*given)
        assert (ids, positions) == (["a", "b"], [-3, -2, -1])
        assert all((found[layer] == layers[layer]).all() for layer in layers)
    np.savez(tmp_path / "last.npz", problem_ids=np.array(["a", "b"]), layer_05=layers["layer_00"][:, 0])
    found, _, positions = read_activations(tmp_path / "last.npz")
    assert found["layer_05"].shape == (2, 1, 4) and positions == [-1]


def test_activations_that_do_not_fit_are_named(tmp_path):
    layer = np.zeros((2, 1, 4))
    cases = {
        "no_ids.npz": ({"layer_00": layer}, "the array problem_ids is missing"),
        "names.npz": ({"problem_ids": np.array(["a"]), "h": layer}, "layers are called layer_00, layer_01"),
        "rows.npz": ({"problem_ids": np.array(["a"]), "layer_00": layer}, "1 problem_ids, and layers of the shapes"),
        "pickle.npz": ({"problem_ids": np.array([{}], dtype=object)}, "no npz file of plain arrays"),
    }
    for name, (arrays, expected) in cases.items():
        np.savez(tmp_path / name, **arrays)
        with pytest.raises(UserError, match=f"{name}: {expected}"):
            read_activations(tmp_path / name)
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(UserError, match=r"bad\.json: not valid JSON"):
        read_activations(tmp_path / "bad.safetensors", tmp_path / "bad.json")
    with pytest.raises(UserError, match=r"alone\.safetensors: a \.json must be given with it"):
        read_activations(tmp_path / "alone.safetensors")
    with pytest.raises(UserError, match=r"must end in \.safetensors or \.npz"):
        read_activations(tmp_path / "a.pt")
