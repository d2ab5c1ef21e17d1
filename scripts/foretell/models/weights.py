"""Weights of tiny models that were trained before, and the record of what they were trained by."""

from pathlib import Path

from foretell.common.made_before import MadeBefore, read_record_beside
from foretell.common.provenance import file_hash
from foretell.common.storage import write_json
from foretell.models.architecture import TinyModelSettings

WEIGHTS = "model.safetensors"
RECORD = "training.json"
REMEDY = "leave the key out to train the model (or `weights: null`, in a file that is merged over another)"


class Training(MadeBefore):
    """Which weights were trained, by which settings."""

    settings: TinyModelSettings


def write_training(settings: TinyModelSettings, folder: Path) -> None:
    """Write beside a checkpoint's weights what they were trained by."""
    write_json(Training(sha256=file_hash(folder / WEIGHTS), settings=settings).model_dump(), folder / RECORD)


def check_training(weights: Path, record: Path, settings: TinyModelSettings) -> None:
    """Refuse weights that were not trained by these settings.

    Args:
        weights: WEIGHTS of a checkpoint.
        record: RECORD of the same one.
        settings: that the weights are asked to be trained by.

    Raises:
        UserError: a file is not there, the record is damaged or about other weights, or the training was another one.
            The text says which, and what to do.
    """
    read_record_beside(weights, record, Training, settings, ("a training", "weights", "trained"), REMEDY)
