"""Imported activations, in the form of the project's own cache."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from foretell.activations.layers import layer_name
from foretell.common.arguments import Settings
from foretell.common.errors import UserError


class ImportSettings(Settings):
    """What is taken of imported activations."""

    layers: list[int] | None = None
    """Layers, negative ones counted from the last; None for all."""
    positions: list[int] | None = None
    """Positions, counted from the prompt's end; None for all."""


def read_activations(path: Path, description: Path | None = None) -> tuple[dict[str, np.ndarray], list[str], list[int]]:
    """Read activations of the prompts' last tokens.

    Args:
        path: .safetensors, or .npz with arrays problem_ids and optionally positions. Both hold one array per layer,
            `layer_00`, `layer_01`, ...: [problem, position, hidden], or [problem, hidden] for one position.
        description: of a .safetensors, a .json that has problem_ids and optionally positions (as the project's own
            cache has them).

    Returns:
        The layers [problem, position, hidden], the problems' ids, and the positions, counted from the prompt's end.

    Raises:
        UserError: it is no such file, or its arrays do not fit together.
    """
    if path.suffix == ".npz":
        arrays, ids, positions = _read_npz(path)
    elif path.suffix != ".safetensors":
        raise UserError(f"{path}: the name must end in .safetensors or .npz")
    elif description is None:
        raise UserError(f"{path}: a .json must be given with it, with the key problem_ids")
    else:
        arrays, ids, positions = _read_safetensors(path, description)
    layers = {name: array for name, array in sorted(arrays.items()) if name.startswith("layer_")}
    if not layers or any(name != layer_name(int(name[6:])) for name in layers if name[6:].isdigit()):
        raise UserError(f"{path}: layers are called layer_00, layer_01, ...; there are {', '.join(sorted(arrays))}")
    layers = {name: array[:, None] if array.ndim == 2 else array for name, array in layers.items()}
    shapes = {array.shape for array in layers.values()}
    shape = next(iter(shapes))
    if len(shapes) > 1 or len(shape) != 3 or shape[0] != len(ids):
        raise UserError(f"{path}: {len(ids)} problem_ids, and layers of the shapes {sorted(shapes)}; they must agree")
    positions = list(range(-shape[1], 0)) if positions is None else positions
    if len(positions) != shape[1]:
        raise UserError(f"{path}: {len(positions)} positions for layers of the shape {shape}")
    return layers, ids, positions


def _read_safetensors(path: Path, description: Path) -> tuple[dict[str, np.ndarray], list[str], list[int] | None]:
    from safetensors import SafetensorError, safe_open

    try:
        described = json.loads(description.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{description}: not valid JSON: {error}") from error
    if "problem_ids" not in described:
        raise UserError(f"{description}: the key problem_ids is missing")
    try:
        with safe_open(path, framework="pt") as file:
            arrays = {name: _array(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except SafetensorError as error:
        raise UserError(f"{path}: no safetensors file: {error}") from error
    return arrays, list(map(str, described["problem_ids"])), described.get("positions")


def _array(tensor: Any) -> np.ndarray:
    """A tensor as an array; NumPy has no bfloat16, whose values float32 holds."""
    import torch

    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()


def _read_npz(path: Path) -> tuple[dict[str, np.ndarray], list[str], list[int] | None]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, zipfile.BadZipFile, EOFError) as error:
        raise UserError(f"{path}: no npz file of plain arrays: {error}") from error
    if "problem_ids" not in arrays:
        raise UserError(f"{path}: the array problem_ids is missing")
    positions = arrays.pop("positions", None)
    ids = arrays.pop("problem_ids").astype(str).tolist()
    return arrays, ids, None if positions is None else positions.tolist()
