"""Writing the folder of a router that was fitted to a log."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.common.provenance import file_hash
from foretell.common.storage import write_csv, write_folder, write_json, write_safetensors, write_text
from foretell.deployment.description import FITTED, HELD_OUT
from foretell.deployment.explored_log import answers_of
from foretell.deployment.files import CARD, MANIFEST, POINTS, PROBES, ROUTER, SCHEMA
from foretell.deployment.folder import router_id
from foretell.deployment.off_policy import Measured
from foretell.deployment.reference import Reference
from foretell.deployment.refreshed import Refreshed, write_card
from foretell.deployment.refreshing import Evidence, Fitted, all_points
from foretell.routing.routers import ROUTERS


def write_refreshed(found: Refreshed, output: Path, made_from: Mapping[str, Path]) -> None:
    """Write the new router, whole or not at all.

    Args:
        found: the new router.
        output: its folder.
        made_from: files by what they are.
    """
    before = found.present.folder
    present_id, said = router_id(before), json.loads((before / MANIFEST).read_text(encoding="utf-8"))
    policies = [each.policy for each in found.fitted.description.policies]
    tensors = {**found.present.tensors, **reference_of(found.fitted.rest).tensors(policies)}
    with write_folder(output) as folder:
        write_json(found.fitted.description.model_dump(), folder / ROUTER)
        write_safetensors(tensors, folder / PROBES)
        write_csv(_points(found), folder / POINTS)
        write_text(write_card(found, present_id, (before / CARD).read_text(encoding="utf-8")), folder / CARD)
        sums = {name: file_hash(file) for name, file in made_from.items()}
        manifest = {
            "schema": SCHEMA,
            "files": {name: file_hash(folder / name) for name in (ROUTER, PROBES, POINTS, CARD)},
            "made_from": {"router": present_id, **sums},
            "packages": said.get("packages", {}),  # those that decide what a score is: the probes are the same
        }
        write_json(manifest, folder / MANIFEST)


def reference_of(rest: Evidence) -> Reference:
    """What monitoring compares the new router's log with: the held-out requests, each with its own policy's outcome."""
    log = rest.log
    correct = np.full_like(log.probability, np.nan)
    for column in range(log.probability.shape[1]):
        own = answers_of(log, column)
        correct[own, column] = log.correct[own]
    return Reference(log.probability, correct, log.unlikeness, 1 / log.propensity)


def _points(found: Refreshed) -> pd.DataFrame:
    """Accuracy and cost of every operating point on both halves; intervals are not bootstrapped."""
    fitted, rows = found.fitted, []
    for chosen in fitted.description.chosen:
        points, _ = all_points(chosen.router, fitted.description.policies, fitted.first)
        own = [] if chosen.operating_point is None else [chosen.operating_point]
        for point in np.union1d(points, own):
            at = chosen.model_copy(update={"operating_point": float(point)})
            measured = {"router": at.router, "operating_point": at.operating_point}
            probing = found.present.reading_cost(at)
            for split, half in ((FITTED, fitted.first), (HELD_OUT, fitted.rest)):
                rows.append(
                    {**measured, "split": split, **_at(fitted, half, chosen.router, point), "probing_cost": probing}
                )
    return pd.DataFrame(rows).assign(resamples=0)


def _at(fitted: Fitted, half: Evidence, router: str, point: float) -> dict[str, float]:
    choices = ROUTERS[router].route(half.inputs(fitted.description.policies), np.array([point]))[0]
    accuracy, cost = half.accuracy.mean(choices), half.cost.mean(choices[half.priced])
    return {**_named("accuracy", accuracy), **_named("cost", cost), "n": accuracy.n}


def _named(name: str, found: Measured) -> dict[str, float]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
