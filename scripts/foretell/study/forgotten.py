"""Files that were made with other settings, code or data than there are now, where Snakemake has forgotten it.

It compares what a job is told with its notes in `.snakemake`. Of a file without a note, as of results that were copied
without that folder, it sees no change; our records say what the file was made from.
"""

from base64 import urlsafe_b64encode
from pathlib import Path

from foretell.common.record import ENVIRONMENTS, FOLDER

NOTES = Path(".snakemake") / "metadata"
LONGEST = 254  # of a part of a note's path; of a longer name, all parts but the last begin with @


def without_note(results: Path, notes: Path = NOTES) -> list[str]:
    """Recorded files of a study that are there, and of which Snakemake has no note; paths from its results."""
    records = results / FOLDER
    places = (place.relative_to(records) for place in records.rglob("*.json"))
    names = [str(place.with_suffix("")) for place in places if place.parts[0] != ENVIRONMENTS]
    return sorted(name for name in names if not _note(notes, results / name).is_file() and (results / name).is_file())


def _note(notes: Path, file: Path) -> Path:
    """Where Snakemake (9) keeps its note of a file."""
    name = urlsafe_b64encode(str(file).encode()).decode()
    parts = [name[start : start + LONGEST] for start in range(0, len(name), LONGEST)]
    return notes.joinpath(*(f"@{part}" for part in parts[:-1]), parts[-1])
