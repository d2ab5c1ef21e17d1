"""What probes are trained from: outcomes, questions, token ids and cached activations of the same problems."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import safe_open

from foretell.activations.layers import layer_name
from foretell.common.errors import UserError
from foretell.common.storage import read_parquet

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Inputs:
    """Everything is in the order of the outcomes.

    Attributes:
        outcomes: problem_id, split, group and the targets.
        questions: [problems] texts.
        token_ids: [problems] arrays of the rendered prompt's token ids; None where no prompt is known.
        activations: the encoder's cache; None where there is none.
        untrained: the same with weights that were never trained; None where there is none.
        metadata: [problems] columns of the problems that a family reads; None where none are named.
    """

    outcomes: pd.DataFrame
    questions: np.ndarray
    token_ids: list[np.ndarray] | None
    activations: "Activations | None"
    untrained: "Activations | None" = None
    metadata: pd.DataFrame | None = None

    @property
    def train(self) -> np.ndarray:
        """Indices of the train problems."""
        return np.flatnonzero(self.outcomes.split == "train")

    @property
    def prompt_lengths(self) -> np.ndarray:
        """[problems] tokens per prompt, or characters per question where no prompt is known."""
        return np.array([len(text) for text in (self.questions if self.token_ids is None else self.token_ids)])


def read_inputs(
    outcomes: Path,
    problems: Path,
    prompts: Path | None,
    activations: list[Path],
    untrained: Sequence[Path] = (),
    metadata: Sequence[str] = (),
) -> Inputs:
    """Read and join the files of one problem set and policy.

    Prompts and activations may also hold problems that `problems` excludes (excluded_reason), and no others.

    Raises:
        UserError: a split or a column of `metadata` is missing, or the files do not hold the same problems.
    """
    frame = read_parquet(outcomes)
    for split in SPLITS:
        if not frame.split.eq(split).any():
            raise UserError(f"{outcomes}: no problem is in split {split!r}; probes need {', '.join(SPLITS)}")
    return _join(frame, problems, prompts, activations, untrained, metadata)


def read_unsplit(outcomes: Path, problems: Path, prompts: Path, activations: list[Path]) -> Inputs:
    """As `read_inputs`, of problems that are cross-fitted and so have no splits."""
    return _join(read_parquet(outcomes), problems, prompts, activations)


def _join(
    frame: pd.DataFrame,
    problems: Path,
    prompts: Path | None,
    activations: list[Path],
    untrained: Sequence[Path] = (),
    metadata: Sequence[str] = (),
) -> Inputs:
    ids = frame.problem_id.tolist()
    frame["group"] = frame.group.fillna(frame.problem_id)
    listed = read_parquet(problems).set_index("problem_id")
    excluded = set(listed.index[listed.excluded_reason.notna()])
    _check_problems(ids, listed.index, excluded, problems)
    if missing := [column for column in metadata if column not in listed]:
        raise UserError(f"{problems}: there is no column {missing[0]!r}, which key 'metadata' of the problem set names")
    return Inputs(
        outcomes=frame,
        questions=listed.question.loc[ids].to_numpy(dtype=object),
        token_ids=None if prompts is None else _read_token_ids(prompts, ids, excluded),
        activations=Activations(activations, ids, excluded) if activations else None,
        untrained=Activations(list(untrained), ids, excluded) if untrained else None,
        metadata=listed.loc[ids, list(metadata)] if metadata else None,
    )


def _read_token_ids(prompts: Path, ids: list[str], excluded: set[str]) -> list[np.ndarray]:
    rendered = read_parquet(prompts, columns=["problem_id", "token_ids"]).set_index("problem_id")
    _check_problems(ids, rendered.index, excluded, prompts)
    return rendered.token_ids.loc[ids].tolist()


class Activations:
    """Reads one layer at a time from the shards of a cache.

    Attributes:
        slices: every (layer, position), positions counted from the prompt's end.
    """

    def __init__(self, files: list[Path], problem_ids: list[str], excluded: set[str]):
        """Open shards whose rows are to be read in the order of `problem_ids`.

        Args:
            files: per shard a .safetensors and the .json that describes it, in the same order.
            problem_ids: of the outcomes.
            excluded: problems that may be cached too.

        Raises:
            UserError: a shard has no description, shards differ in layers or positions, or hold other problems than the
                outcomes.
        """
        shards, descriptions = ([file for file in files if file.suffix == end] for end in (".safetensors", ".json"))
        if [file.stem for file in shards] != [file.stem for file in descriptions] or not shards:
            raise UserError(
                f"activations {', '.join(map(str, files))}: give each .safetensors with the .json that describes it"
            )
        described = [json.loads(file.read_text(encoding="utf-8")) for file in descriptions]
        for shard, description in zip(shards, described, strict=True):
            for key in ("layers", "positions", "hidden"):
                if description[key] != described[0][key]:
                    raise UserError(f"{shard}: {key!r} differs from {shards[0]}; cache the activations of both anew")
        cached = pd.Index([problem for description in described for problem in description["problem_ids"]])
        _check_problems(problem_ids, cached, excluded, shards[0].parent)
        self._shards = shards
        self._rows = cached.get_indexer(problem_ids)
        self._problem_ids = problem_ids
        self._loaded: tuple[int | None, np.ndarray] = (None, np.empty(0))
        self._positions = described[0]["positions"]
        self.slices = [(layer, position) for layer in described[0]["layers"] for position in self._positions]

    def read(self, layer: int, position: int) -> np.ndarray:
        """[problems, hidden] float64; the layer stays in memory until another one is read.

        Raises:
            UserError: an activation is NaN or infinite.
        """
        if self._loaded[0] != layer:
            self._loaded = (layer, self._read_layer(layer))
        return self._loaded[1][:, self._positions.index(position)].astype(np.float64)

    def _read_layer(self, layer: int) -> np.ndarray:
        parts = []
        for shard in self._shards:
            with safe_open(shard, framework="numpy") as file:
                parts.append(file.get_tensor(layer_name(layer)))
        values = np.concatenate(parts)[self._rows]
        finite = np.isfinite(values).all(axis=(1, 2))
        if not finite.all():
            first = np.argmin(finite)
            starts = np.cumsum([len(part) for part in parts])
            shard = self._shards[np.searchsorted(starts, self._rows[first], side="right")]
            raise UserError(
                f"{shard}: layer {layer}, problem {self._problem_ids[first]!r}: an activation is NaN or infinite; "
                "cache the activations anew in a wider dtype"
            )
        return values


def _check_problems(wanted: list[str], found: pd.Index, excluded: set[str], source: Path) -> None:
    if found.has_duplicates:
        raise UserError(f"{source}: problem {found[found.duplicated()][0]!r} stands there more than once")
    missing = pd.Index(wanted).difference(found)
    if len(missing):
        raise UserError(f"{source}: {len(missing)} problems of the outcomes are not there, the first is {missing[0]!r}")
    extra = found.difference(wanted).difference(list(excluded))
    if len(extra):
        raise UserError(f"{source}: {len(extra)} problems have no outcome and are not excluded, such as {extra[0]!r}")
