"""Weights of tiny models that were trained before, and the record of what they were trained by."""

from pathlib import Path

from pydantic import ValidationError

from foretell.common.arguments import Settings, describe_errors, differences
from foretell.common.errors import UserError
from foretell.common.provenance import file_hash
from foretell.common.storage import write_json
from foretell.models.architecture import TinyModelSettings

WEIGHTS = "model.safetensors"
RECORD = "training.json"
REMEDY = "leave the key out to train the model (or `weights: null`, in a file that is merged over another)"


class Training(Settings):
    """Which weights were trained, by which settings."""

    sha256: str
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
    for file in (weights, record):
        if not file.is_file():
            raise UserError(f"there is no {file}; {REMEDY}")
    try:
        training = Training.model_validate_json(record.read_bytes())
    except ValidationError as error:
        raise UserError(f"{record} is no record of a training: {describe_errors(error)[0]}; {REMEDY}") from None
    if training.sha256 != file_hash(weights):
        raise UserError(f"{record} is about other weights than {weights.name} beside it; copy both, or {REMEDY}")
    if different := list(differences(training.settings.model_dump(), settings.model_dump())):
        raise UserError(f"{weights} was trained with {', '.join(different)}; {REMEDY}")
