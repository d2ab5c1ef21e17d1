"""What a tiny model is: its size and its training."""

from typing import Annotated

from pydantic import Field, PositiveInt

from foretell.common.arguments import Settings
from foretell.problems.tasks import TrainingTask

Share = Annotated[float, Field(ge=0, le=1)]


class TinyModel(Settings):
    """Architecture and training of a small decoder transformer."""

    layers: PositiveInt
    """Transformer blocks."""
    width: Annotated[int, Field(ge=8, multiple_of=8)]
    """Hidden size, a multiple of 8 (four attention heads of even size)."""
    steps: PositiveInt
    """Optimiser steps."""
    learning_rate: Annotated[float, Field(gt=0)]
    """Peak learning rate."""
    curriculum: Share = 0.5
    """Share of the steps over which the number of operations grows."""
    high_effort_share: Share = 0.45
    """Share of training examples that write out their steps."""
    batch: PositiveInt = 32
    """Examples per optimiser step."""
    examples: Annotated[int, Field(ge=100)] = 100000
    """Distinct draws of training examples, over all numbers of operations."""


class TinyModelSettings(Settings):
    """What a tiny model's weights depend on."""

    model: TinyModel
    task: TrainingTask
    seed: list[int]
    """Of the study, and of the model."""
