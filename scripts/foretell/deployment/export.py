"""From a study's tables, probes and activations to the folder of a router."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.common.provenance import file_hash
from foretell.common.record import CHECKPOINT
from foretell.deployment.chosen_points import EXPORTED, ChosenFor, chosen_points
from foretell.deployment.description import (
    QUANTILES,
    Answering,
    Asked,
    PinnedReader,
    Probe,
    Reader,
    RouterDescription,
)
from foretell.deployment.familiarity import FLAGGED, Familiarity
from foretell.deployment.reference import Reference
from foretell.probes.families import TFIDF, WORD_TFIDF
from foretell.probes.inputs import Activations
from foretell.probes.ngrams import CHARACTERS, WORDS, KeptNgrams
from foretell.routing.arms import log_odds, scaling_of_arm
from foretell.routing.pool import TEST, TRAIN, VALIDATION, Pool, assemble_pool

UNITS = {TFIDF: CHARACTERS, WORD_TFIDF: WORDS}  # by family, what its n-grams are of
SHORTEST = 0.01  # usual distance: where nearly all n-grams are known, a new one is no surprise


class ExportSettings(ChosenFor):
    """What a router is, beside what was measured."""

    policies: dict[str, Asked]
    readers: dict[str, Reader]


@dataclass(frozen=True)
class ProbeFiles:
    """What `train_probes` wrote for one policy: probe.json, probe.safetensors, predictions.parquet."""

    description: dict
    tensors: dict[str, np.ndarray]
    predictions: pd.DataFrame


@dataclass(frozen=True)
class Cache:
    """An encoder's activations, and what is said beside them.

    Attributes:
        activations: of the problems of the pool, in its order.
        computed_in: dtype.
        template_hash: of the chat template.
    """

    activations: Activations
    computed_in: str
    template_hash: str


@dataclass(frozen=True)
class Export:
    """A router as it is written.

    Attributes:
        description: router.json.
        tensors: probes.safetensors, by `{policy}/{name}`, and what monitoring compares new prompts with, see
            `foretell.deployment.reference`.
        points: every operating point on validation and test.
        flagged: share of the test prompts that are called unlike those of train.
    """

    description: RouterDescription
    tensors: dict[str, np.ndarray]
    points: pd.DataFrame
    flagged: float


def export_router(
    costs: pd.DataFrame,
    curves: pd.DataFrame,
    summary: pd.DataFrame,
    probes: Mapping[str, ProbeFiles],
    caches: Mapping[str, Cache],
    sums: Mapping[str, dict[str, str]],
    questions: pd.Series | None,
    settings: ExportSettings,
) -> Export:
    """Put together what scoring a new prompt takes.

    Args:
        costs: the table of `foretell.routing.costs.price_outcomes`.
        curves, summary: of `foretell.routing.evaluation.evaluate_routing`.
        probes: by policy.
        caches: by encoder; none where probes read texts.
        sums: SHA-256 of the files of every model that reads.
        questions: texts by problem_id, where probes read them.
        settings: what is not measured.

    Raises:
        UserError: the tables do not belong together.
    """
    pool = assemble_pool(costs)
    made = {}
    for policy in pool.whole_policies:
        reader = settings.policies[policy].reader
        read = _activations(pool, caches[reader]) if reader else _texts(pool, settings.family, questions)
        made[policy] = _probe(pool, probes[policy], read)
    arms = [_at_samples(pool, column, made[policy]) for column, policy in enumerate(pool.of_policies)]
    distances = {policy: each.distances for policy, each in made.items() if each.distances is not None}
    unlikeness = _unlikeness(distances, pool)
    unlike_above = float(np.quantile(unlikeness[pool.split == VALIDATION], 1 - FLAGGED))
    test = pool.split == TEST
    reference = Reference(
        np.column_stack([arm.probability[test] for arm in arms]),
        pool.correct[test],
        unlikeness[test],
    )
    return Export(
        description=RouterDescription(
            **settings.model_dump(exclude={"policies", "readers", "criteria", "budget_with_probing"}),
            policies=[
                _answering(pool, column, settings.policies[policy], arms[column].probe)
                for column, policy in enumerate(pool.of_policies)
            ],
            readers={name: _pinned(reader, caches[name], sums) for name, reader in settings.readers.items()},
            chosen=chosen_points(summary, curves, pool, settings),
            unlike_above=unlike_above,
        ),
        tensors={f"{policy}/{name}": value for policy, each in made.items() for name, value in each.tensors.items()}
        | reference.tensors(pool.policies),
        points=_points(curves, settings.family),
        flagged=float((reference.unlikeness > unlike_above).mean()),
    )


@dataclass(frozen=True)
class _Made:
    probe: Probe
    tensors: dict[str, np.ndarray]
    probability: np.ndarray  # [problems] of success
    distances: np.ndarray | None  # [problems] from the prompts of train, in units of the usual one


Where = dict[str, Any]  # what a probe reads, as `Probe` has it
Distances = Callable[[dict, Mapping[str, np.ndarray]], tuple[Where, np.ndarray, dict[str, np.ndarray]]]


def _probe(pool: Pool, given: ProbeFiles, distances_of: Distances) -> _Made:
    predictions = given.predictions.set_index("problem_id").loc[pool.problem_id]
    probability = predictions.probability.to_numpy(float)
    if given.description["reason"]:
        constant = Probe(constant=float(probability[0]), reason=given.description["reason"])
        return _Made(constant, {}, probability, None)
    quantiles = np.quantile(predictions.score.to_numpy(float)[pool.split == TRAIN], QUANTILES)
    where, distances, tensors = distances_of(given.description["candidate"], given.tensors)
    usual = max(float(np.median(distances[pool.split == VALIDATION])), SHORTEST)
    probe = Probe(
        **where,
        **given.description["platt"],
        scores={f"{share:g}": float(value) for share, value in zip(QUANTILES, quantiles, strict=True)},
        usual_distance=usual,
    )
    return _Made(probe, {**given.tensors, **tensors}, probability, distances / usual)


def _at_samples(pool: Pool, column: int, whole: _Made) -> _Made:
    """What was made of a policy, at as many of its samples as a column has: Platt scalings follow each other as one."""
    if pool.whole[column]:
        return whole
    train = pool.split == TRAIN
    arm = scaling_of_arm(whole.probability[train], pool.correct[train, column])
    probability, probe = arm.probability(log_odds(whole.probability)), whole.probe
    if probe.constant is not None:
        scaled: dict[str, float] = {"constant": float(probability[0])}
    else:
        scaled = {"slope": arm.slope * probe.slope, "intercept": arm.slope * probe.intercept + arm.intercept}
    return replace(whole, probe=probe.model_copy(update=scaled), probability=probability)


def _activations(pool: Pool, cache: Cache) -> Distances:
    """How far the activations that a probe reads lie from those of train."""

    def distances(candidate: dict, tensors: Mapping[str, np.ndarray]) -> tuple[Where, np.ndarray, dict]:
        where = {name: candidate[name] for name in ("layer", "position")}
        standardised = (cache.activations.read(**where) - tensors["mean"]) / tensors["scale"]
        familiarity = Familiarity.of(standardised[pool.split == TRAIN])
        return where, familiarity.distance(standardised), familiarity.tensors()

    return distances


def _texts(pool: Pool, family: str, questions: pd.Series | None) -> Distances:
    """Which share of a question's n-grams train does not have."""
    if questions is None:
        raise UserError(f"the router reads texts, by {family}: give the problems that have them as --problems")

    def distances(candidate: dict, tensors: Mapping[str, np.ndarray]) -> tuple[Where, np.ndarray, dict]:
        ngrams = {name: candidate[name] for name in ("ngram_min", "ngram_max")}
        kept = KeptNgrams(UNITS[family], (ngrams["ngram_min"], ngrams["ngram_max"]), tensors)
        return {"unit": UNITS[family], **ngrams}, kept.unseen(questions.loc[pool.problem_id].tolist()), {}

    return distances


def _unlikeness(distances: Mapping[str, np.ndarray], pool: Pool) -> np.ndarray:
    """[problems] the largest distance that any of the probes sees."""
    return np.max(list(distances.values()), axis=0) if distances else np.zeros(len(pool.problem_id))


def _answering(pool: Pool, column: int, asked: Asked, probe: Probe) -> Answering:
    splits = (TRAIN, VALIDATION, TEST)
    return Answering(
        **asked.model_dump(),
        policy=pool.policies[column],
        of_policy=None if pool.whole.all() else pool.of_policies[column],
        samples=pool.samples[column],
        mean_cost=float(pool.cost[pool.split == TRAIN, column].mean()),
        tier_cost=float(pool.tier_costs[column]),
        accuracy={split: float(pool.correct[pool.split == split, column].mean()) for split in splits},
        probe=probe,
    )


def _pinned(reader: Reader, cache: Cache, sums: Mapping[str, dict[str, str]]) -> PinnedReader:
    return PinnedReader(
        **reader.model_dump(),
        files=sums[reader.model],
        dtype=cache.computed_in,  # type: ignore[arg-type]
        template_hash=cache.template_hash,
    )


def _points(curves: pd.DataFrame, family: str) -> pd.DataFrame:
    """Accuracy and cost of every operating point on validation and on test."""
    rows = curves[
        curves.strategy.isin(EXPORTED) & (curves.family == family) & curves.split.isin([VALIDATION, TEST])
    ].rename(columns={"strategy": "router"})
    measured = [f"{name}{end}" for name in ("accuracy", "cost") for end in ("", "_low", "_high")]
    return rows[["router", "operating_point", "split", *measured, "probing_cost", "n", "resamples"]]


def read_cache(files: list[Path], costs: pd.DataFrame) -> Cache:
    """An encoder's activations of the problems of a pool; the cache may hold others.

    Args:
        files: shards and their descriptions.
        costs: the table of `foretell.routing.costs.price_outcomes`.
    """
    described = [json.loads(file.read_text(encoding="utf-8")) for file in files if file.suffix == ".json"]
    cached = {problem for each in described for problem in each["problem_ids"]}
    activations = Activations(files, assemble_pool(costs).problem_id.tolist(), cached)
    return Cache(activations, described[0]["computed_in"], described[0]["template_hash"])


def sums_of(files: list[Path]) -> dict[str, str]:
    """SHA-256 of a checkpoint's files by name, as its record has them where there is one."""
    recorded = next((file for file in files if file.name == CHECKPOINT), None)
    if recorded is None:
        return {file.name: file_hash(file) for file in files}
    return dict(json.loads(recorded.read_text(encoding="utf-8"))["sums"])
