"""A router that was exported, in folders, and logs of its requests."""

import json

import numpy as np
import pandas as pd

from foretell.common.provenance import file_hash
from foretell.common.storage import write_json, write_safetensors
from foretell.deployment.decision_log import DecisionLog, Entry
from foretell.deployment.description import RouterDescription
from foretell.deployment.files import CARD, MANIFEST, POINTS, PROBES, ROUTER, SCHEMA
from foretell.deployment.folder import router_id
from foretell.deployment.logged import Log
from foretell.deployment.reference import Reference

POLICIES = ["small", "large"]
LAMBDA = 0.15
PRICE = {"encoder": "m", "input_price": 1.0, "output_price": 2.0}


def prompts(rng, n, shift=0.0, broken=0.0):
    """Probabilities, labels and unlikeness of prompts whose probes overstate how much they know."""
    easy = rng.normal(size=n)
    score = easy[:, None] + [-0.5, 1.0] + shift + rng.normal(size=(n, 2))
    truth = 1 / (1 + np.exp(-(easy[:, None] + [-0.5, 1.0])))
    labels = rng.random((n, 2)) < np.clip(truth - broken, 0, 1)
    return 1 / (1 + np.exp(-score)), labels.astype(float), rng.gamma(4, 0.25, n)


def choose(probability):
    return (probability[:, 1] - LAMBDA > probability[:, 0]).astype(int)


def log_of(rng, n, exploration=0.2, **drift):
    probability, labels, unlikeness = prompts(rng, n, **drift)
    chosen = choose(probability)
    sent = np.where(rng.random(n) < exploration, rng.integers(2, size=n), chosen)
    propensity = exploration / 2 + (1 - exploration) * (sent == chosen)
    cost, correct = np.where(sent == 1, 4.0, 1.0), labels[np.arange(n), sent]
    return Log(probability, unlikeness, chosen, sent, sent, propensity, cost, correct, np.ones(n, dtype=bool))


def write_router(folder, prices=(PRICE, PRICE)):
    """A router as it is exported, without what reads prompts; prices of its policies, from cheap to dear."""
    rng = np.random.default_rng(0)
    probe = {"layer": 1, "position": -1, "slope": 1.0}
    policies = [
        {"policy": name, "reader": "m", "price": price, "mean_cost": cost, "tier_cost": tier, "probe": probe}
        | {"accuracy": {"validation": accuracy}}
        for (name, cost, tier, accuracy), price in zip(
            (("small", 1.0, 0.0, 0.5), ("large", 4.0, 1.0, 0.8)), prices, strict=True
        )
    ]
    chosen = {"router": "utility", "criterion": "match", "choice": "matches", "operating_point": LAMBDA, "policy": None}
    study = {"study": "own", "title": "Own", "evidence": "original", "pool": "own", "problem_set": "sums"}
    study |= {"chosen_on": "validation", "family": "linear", "readers": {}, "chosen": [chosen], "unlike_above": 2.5}
    write_json(RouterDescription.model_validate({**study, "policies": policies}).model_dump(), folder / ROUTER)
    write_safetensors(Reference(*prompts(rng, 1000)).tensors(POLICIES), folder / PROBES)
    points = {"router": "utility", "operating_point": [0.0, LAMBDA], "split": "test", "probing_cost": [0.0, 1e-6]}
    pd.DataFrame(points).to_csv(folder / POINTS, index=False)
    (folder / CARD).write_text("# Router of the pool `own`\n\n## Limits\n\n- None is known.\n")
    files = {name: file_hash(folder / name) for name in (ROUTER, PROBES, POINTS, CARD)}
    write_json({"schema": SCHEMA, "files": files}, folder / MANIFEST)


def entries(log):
    """What the service logs, and which answers were right."""
    for row in range(len(log.chosen)):
        sent, tokens = POLICIES[log.sent[row]], int(log.cost[row])
        said = {"chosen": POLICIES[log.chosen[row]], "propensity": log.propensity[row], "served_by": sent}
        said |= {"probabilities": dict(zip(POLICIES, map(float, log.probability[row]), strict=True))}
        said |= {"unlikeness": log.unlikeness[row], "prompt_tokens": tokens, "completion_tokens": 0}
        said |= {"id": f"r{row}", "endpoint": "/v1/chat/completions", "policy": sent}
        yield Entry(**said), bool(log.correct[row])


def write_log(router, folder, requests):
    """What the service of a router logs, and a file of outcomes."""
    file, outcomes = folder / "log.jsonl", folder / "outcomes.jsonl"
    made = list(entries(requests))
    with DecisionLog(file, router_id(router)) as log:
        assert all(log.write(entry) for entry, _ in made)
    outcomes.write_text("".join(json.dumps({"id": entry.id, "correct": right}) + "\n" for entry, right in made))
    return file, outcomes
