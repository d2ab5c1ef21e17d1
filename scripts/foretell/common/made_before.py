"""Files that were made before, each with a record beside it of what it was made by."""

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from foretell.common.arguments import Settings, describe_errors, differences
from foretell.common.errors import UserError
from foretell.common.provenance import file_hash


class MadeBefore(Settings):
    """What a record says of the file beside it.

    Attributes:
        sha256: of the file.
        settings: by which it was made.
    """

    sha256: str
    settings: Settings


R = TypeVar("R", bound=MadeBefore)


def read_record_beside(
    file: Path, record: Path, kind: type[R], settings: Settings, words: tuple[str, str, str], remedy: str
) -> R:
    """The record of a file that was made by just these settings.

    Args:
        file: that was made before.
        record: beside it.
        kind: of record.
        settings: by which the file is asked to be made.
        words: what the record is one of, what the file has, and how it was made, for messages.
        remedy: what to do without the file.

    Raises:
        UserError: a file is not there, the record is damaged or about another file, or the settings are others. The
            text says which, and what to do.
    """
    of, content, made = words
    for each in (file, record):
        if not each.is_file():
            raise UserError(f"there is no {each}; {remedy}")
    try:
        read = kind.model_validate_json(record.read_bytes())
    except ValidationError as error:
        raise UserError(f"{record} is no record of {of}: {describe_errors(error)[0]}; {remedy}") from None
    if read.sha256 != file_hash(file):
        raise UserError(f"{record} is about other {content} than {file.name} beside it; copy both, or {remedy}")
    if different := list(differences(read.settings.model_dump(), settings.model_dump())):
        raise UserError(f"{file} was {made} with {', '.join(different)}; {remedy}")
    return read
