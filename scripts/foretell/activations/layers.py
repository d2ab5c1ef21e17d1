"""What the layers of an activation cache are called."""


def layer_name(layer: int) -> str:
    """Name of a layer's tensor; layer 0 is the embedding output, layer i the output of block i."""
    return f"layer_{layer:02d}"
