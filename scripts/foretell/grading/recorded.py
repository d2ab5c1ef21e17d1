"""Graded rollouts without their texts, and the record of what they were sampled and graded by."""

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.frames import require
from foretell.common.made_before import MadeBefore, read_record_beside
from foretell.common.provenance import file_hash
from foretell.common.storage import read_parquet, write_json, write_parquet
from foretell.completions.imported import check_pairs

COLUMNS = [
    *("problem_id", "sample", "prompt_tokens", "completion_tokens", "thinking_tokens", "finish_reason"),
    *("extracted_answer", "answer_place", "correct", "answer_class", "grading_error"),
]
ASKED = ["problem_id", "token_ids", "messages"]  # what a model was asked, in whichever form
REQUIRED = ["problem_id", "sample", "extracted_answer", "answer_place", "correct", "answer_class"]
GOLDS = ["problem_id", "answer", "answer_kind"]
PACKAGES = ["torch", "transformers", "tokenizers", "math-verify"]
REMEDY = "leave the key 'recorded_rollouts' empty to sample anew"


class RolloutsSettings(Settings):
    """What rollouts depend on beside what was asked of whom."""

    sampling: dict[str, Any]
    """Policy, decoding, seed, engine, ..."""
    grading: dict[str, Any]
    """Where answers stand, and how they are compared."""
    model: dict[str, Any] | None
    """Where a checkpoint comes from; None for a model on a server, of which `sampling` says that."""


class Record(MadeBefore):
    """Which rollouts were sampled and graded, of what and by what.

    Attributes:
        weights: sums of the checkpoint's files, where the settings do not tell its weights from others.
        asked: of the prompts or messages.
        golds: of the problems' ids, answers and their kinds.
        packages: versions that were installed where the rollouts were recorded.
    """

    settings: RolloutsSettings
    weights: str | None
    asked: str
    golds: str
    packages: dict[str, str]


def write_recorded(
    rollouts: pd.DataFrame,
    problems: pd.DataFrame,
    asked: pd.DataFrame,
    weights: Sequence[Path],
    settings: RolloutsSettings,
    path: Path,
    record: Path,
) -> None:
    """Write rollouts without their texts, and their record.

    Args:
        rollouts: of one policy on all problems.
        problems: problem_id, answer, answer_kind.
        asked: the policy's prompts or messages.
        weights: the record of the model's checkpoint, where the settings do not tell its weights from others.
        settings: by which they were sampled and graded.
        path, record: files to write (parquet, JSON).
    """
    write_parquet(rollouts[[column for column in COLUMNS if column in rollouts]], path)
    made = Record(
        sha256=file_hash(path),
        weights=_sums(weights),
        asked=_content(asked, ASKED),
        golds=_content(problems, GOLDS),
        settings=settings,
        packages={package: version(package) for package in PACKAGES},
    )
    write_json(made.model_dump(mode="json"), record)


def read_recorded(
    path: Path,
    record: Path,
    problems: pd.DataFrame,
    asked: pd.DataFrame,
    weights: Sequence[Path],
    settings: RolloutsSettings,
) -> pd.DataFrame:
    """Recorded rollouts in the form of the rollouts stage, with empty texts.

    Args:
        path, record: the two files.
        problems: problem_id, answer, answer_kind, excluded_reason.
        asked: the policy's prompts or messages.
        weights: see `write_recorded`.
        settings: by which they are asked to be sampled and graded.

    Raises:
        UserError: a file is not there, the record is damaged or about other rollouts, or these were sampled or graded
            otherwise, by other weights, of other prompts, or for other answers; or they lack columns or problems. The
            text says which, and what to do.
    """
    made = read_record_beside(path, record, Record, settings, ("rollouts", "rollouts", "made"), REMEDY)
    if made.weights != _sums(weights):
        raise UserError(f"{path} has answers of a model with other weights than the study's; {REMEDY}")
    if made.asked != _content(asked, ASKED):
        raise UserError(f"{path} has answers to other prompts than the study's; {REMEDY}")
    if made.golds != _content(problems, GOLDS):
        raise UserError(f"{path} has grades for other problems or gold answers than the study's; {REMEDY}")
    rollouts = read_parquet(path)
    require(rollouts, REQUIRED, str(path))
    try:
        check_pairs(rollouts, problems)
    except UserError as error:
        raise UserError(f"{path}: {error}; {REMEDY}") from None
    return rollouts.assign(completion="")


def _sums(weights: Sequence[Path]) -> str | None:
    """SHA-256 of the sums that records of checkpoints have of their files; None without a record."""
    if not weights:
        return None
    records = [json.loads(file.read_text(encoding="utf-8")) for file in weights]
    sums = [record.get("sums", record.get("sha256")) for record in records]
    return hashlib.sha256(json.dumps(sums, sort_keys=True).encode()).hexdigest()


def _content(frame: pd.DataFrame, columns: list[str]) -> str:
    """SHA-256 of what rows say in those of some columns that there are, in the order of their ids."""
    kept = frame[[column for column in columns if column in frame]].sort_values("problem_id", ignore_index=True)
    return hashlib.sha256(str(kept.to_json(orient="values")).encode()).hexdigest()
