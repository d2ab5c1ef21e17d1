"""What is kept of a probe, and how it is written."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.common.storage import write_json, write_parquet, write_safetensors
from foretell.probes.families import FAMILIES
from foretell.probes.protocol import Block, KeptFit
from foretell.probes.trials import Result, Trial


@dataclass(frozen=True)
class Probe:
    """One family, trained for one target.

    Attributes:
        target, family: names.
        sweep: one row per candidate and fold: the candidate's columns, fold, metric, value (null where the fold's
            labels leave the metric undefined); for the control also permutation. No rows if nothing was trained.
        predictions: problem_id, split, score, probability (null for a regression); for the control also permutation.
            A score is log odds for a binary target. Problems that the refit was fitted to are scored out of fold.
            Scores are null if nothing was trained; the probability of a binary target is then the smoothed base rate
            of train, null where train has no label.
        description: what was chosen and how; its `reason` says why nothing was trained, None if something was.
        tensors: of the refit, where the family's is kept, see `protocol.KeptFit`; else empty.
    """

    target: str
    family: str
    sweep: pd.DataFrame
    predictions: pd.DataFrame
    description: dict
    tensors: dict[str, np.ndarray]

    def write(self, folder: Path) -> None:
        """Write sweep.parquet, predictions.parquet, probe.json and, of a family that is kept, probe.safetensors."""
        write_parquet(self.sweep, folder / "sweep.parquet")
        write_parquet(self.predictions, folder / "predictions.parquet")
        write_json(self.description, folder / "probe.json")
        if FAMILIES[self.family].kept:
            write_safetensors(self.tensors, folder / "probe.safetensors")

    def summary(self) -> str:
        """One line: how well the chosen candidates do on the held-out folds of train."""
        if self.description["reason"]:
            return f"{self.target} {self.family}: not trained, {self.description['reason']}"
        fits = self.description.get("permutations", [self.description])
        mean = sum(fit["fold_metric"]["mean"] for fit in fits) / len(fits)
        return f"{self.target} {self.family}: cross-validated {fits[0]['fold_metric']['metric']} {mean:.3f}"


def sweep_of(blocks: list[Block], trials: list[Trial], results: list[Result]) -> pd.DataFrame:
    """`Probe.sweep` of the trials of one family and target; no results if nothing was trained."""
    candidates = pd.DataFrame([candidate for block in blocks for candidate in block.candidates])
    folds = results[0].choice.values.shape[1] if results else 0
    frame = candidates.loc[candidates.index.repeat(folds)].reset_index(drop=True)
    frame["fold"] = np.tile(np.arange(folds), len(candidates))
    frame["metric"] = trials[0].target.criterion.name
    values = [result.choice.values.ravel() for result in results] or [np.empty(0)] * len(trials)
    return _stack(trials, [frame.assign(value=value) for value in values])


def predictions_of(outcomes: pd.DataFrame, trials: list[Trial], results: list[Result]) -> pd.DataFrame:
    """`Probe.predictions` of the trials of one family and target; no results if nothing was trained."""
    empty = outcomes[["problem_id", "split"]].assign(score=np.nan, probability=_base_rate(trials[0]))
    frames = [empty] * len(trials)
    for index, result in enumerate(results):
        probability = np.nan if result.platt is None else result.platt.probability(result.scores)
        frames[index] = empty.assign(score=result.scores, probability=probability)
    return _stack(trials, frames)


def _base_rate(trial: Trial) -> float:
    """Smoothed share of train successes, (successes + 1) / (n + 2) (Laplace); NaN for a regression or without labels.

    It stands for the probability where no probe could be trained, so that a policy that never failed on train can
    still be routed to.
    """
    labels = trial.target.labels[trial.target.rows]
    return (labels.sum() + 1) / (len(labels) + 2) if trial.target.binary and len(labels) else np.nan


def describe(trials: list[Trial], results: list[Result], reason: str | None, labelled: dict[str, int]) -> dict:
    """`Probe.description`: candidate, fold metric, Platt scaling and convergence, for the control per permutation."""
    trial = trials[0]
    fits = [_describe_fit(trial, result) for result in results]
    nothing = dict.fromkeys(("candidate", "fold_metric", "platt"))
    chosen: dict = {"permutations": fits} if FAMILIES[trial.family].control else fits[0] if fits else nothing
    return {"family": trial.family, "target": trial.target.name, "reason": reason, "labelled": labelled, **chosen}


def tensors_of(trials: list[Trial], results: list[Result]) -> dict[str, np.ndarray]:
    """`Probe.tensors` of the trials of one family and target; no results if nothing was trained."""
    if not FAMILIES[trials[0].family].kept or not results:
        return {}
    refit = results[0].refit
    assert isinstance(refit.fitted, KeptFit)
    return refit.fitted.tensors(refit.column, results[0].choice.candidate)


def _describe_fit(trial: Trial, result: Result) -> dict:
    values, platt = result.choice.values[result.choice.best], result.platt
    return {
        "candidate": result.candidate,
        "fold_metric": {
            "metric": trial.target.criterion.name,
            "mean": float(np.nanmean(values)),
            "folds": [None if np.isnan(value) else float(value) for value in values],
        },
        "platt": None if platt is None else {"slope": platt.slope, "intercept": platt.intercept},
        **result.refit.fitted.diagnostics(result.refit.column, result.choice.candidate),
    }


def _stack(trials: list[Trial], frames: list[pd.DataFrame]) -> pd.DataFrame:
    """One frame of all trials; the control's say which permutation a row is of."""
    if not FAMILIES[trials[0].family].control:
        return frames[0]
    marked = [frame.assign(permutation=trial.permutation) for trial, frame in zip(trials, frames, strict=True)]
    return pd.concat(marked, ignore_index=True)
