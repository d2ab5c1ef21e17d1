"""What the layers of an activation cache are called, and which layers and positions are read."""

from collections.abc import Sequence

from foretell.common.errors import UserError


def layer_name(layer: int) -> str:
    """Name of a layer's tensor; layer 0 is the embedding output, layer i the output of block i."""
    return f"layer_{layer:02d}"


def layer_number(name: str) -> int:
    """The layer that a tensor is of."""
    return int(name.removeprefix("layer_"))


def chosen_layers(wanted: Sequence[int] | None, there: Sequence[int]) -> list[int]:
    """Those layers that a study wants.

    Args:
        wanted: layers, negative ones counted from the last; None for all.
        there: layers that there are, in ascending order.

    Raises:
        UserError: none of them is there.
    """
    counted = None if wanted is None else [layer if layer >= 0 else there[-1] + 1 + layer for layer in wanted]
    return _chosen("layers", wanted, counted, there)


def chosen_positions(wanted: Sequence[int] | None, there: Sequence[int]) -> list[int]:
    """Those positions, counted from the prompt's end, that a study wants; as `chosen_layers`."""
    return _chosen("positions", wanted, wanted, there)


def _chosen(key: str, wanted: Sequence[int] | None, counted: Sequence[int] | None, there: Sequence[int]) -> list[int]:
    if counted is None:
        return list(there)
    found = [each for each in there if each in counted]
    if not found:
        raise UserError(
            f"key 'probes.{key}': none of {', '.join(map(str, wanted or []))} is there; there are "
            f"{', '.join(map(str, there))}"
        )
    return found
