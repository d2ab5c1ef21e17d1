"""An exported router over arithmetic whose probes read a model with random weights, made without a study."""

import json

import numpy as np
import pandas as pd

import export_router
from foretell.activations.cache import cache
from foretell.common.provenance import fingerprint
from foretell.common.storage import write_safetensors
from foretell.completions.policy import Prompt, Reading
from foretell.completions.prompts import render
from foretell.deployment.files import CARD, MANIFEST, POINTS, PROBES, ROUTER
from foretell.probes.calibration import Platt
from foretell.routing.decisions import route_pool
from foretell.routing.evaluation import evaluate_routing
from routing_tables import SWEEP, costs_table, pool_tables, settings_of

PLACES = {"small": (1, -1), "large": (3, -2)}  # layer and position
PRICE = {"encoder": "m-low", "input_price": 1.0, "output_price": 2.0}
READER = {"model": "m", "origin": {"source": "path", "path": "/m"}, "prompt": {}, "effort": "low"}
OUTPUTS = {"router": ROUTER, "parameters": PROBES, "points": POINTS, "card": CARD, "manifest": MANIFEST}


def questions(n=90, operations=(2, 3, 4), seed=0):
    """Distinct sums and products."""
    rng = np.random.default_rng(seed)
    made = {}
    while len(made) < n:
        digits, operators = rng.integers(0, 6, max(operations) + 1), rng.choice(list("+-*"), max(operations))
        length = rng.choice(operations)
        made["".join(f"{d}{o}" for d, o in zip(digits[:length], operators, strict=False)) + str(digits[length])] = None
    return list(made)


def export(folder, model, tokenizer):
    """Write a checkpoint, a study's files about two policies, and the router that is exported from them.

    Returns:
        Folder of the router, folder of checkpoints, the questions by split, and what the study decided: probabilities
        [problems, policies] and the table of decisions.
    """
    made = questions()
    split = (["train"] * 3 + ["validation", "test"]) * (len(made) // 5)
    ids = [f"p{i}" for i in range(len(made))]
    model.save_pretrained(folder / "models" / "m")
    tokenizer.save_pretrained(folder / "models" / "m")
    prompts = render(pd.DataFrame({"problem_id": ids, "question": made}), tokenizer, Prompt(), Reading(effort="low"))
    activations = cache(model, prompts, 0, np.dtype("float32"))
    write_safetensors(activations, folder / "a.safetensors")
    described = {"problem_ids": ids, "layers": [0, 1, 2, 3], "positions": [-3, -2, -1], "hidden": 32}
    described |= {"computed_in": "float32", "template_hash": fingerprint(template=tokenizer.chat_template)}
    (folder / "a.json").write_text(json.dumps(described))

    rng = np.random.default_rng(1)
    train = np.array(split) == "train"
    predictions = {}
    for policy, (layer, position) in PLACES.items():
        states = activations[f"layer_{layer:02d}"][:, position].astype(float)
        tensors = {"mean": states[train].mean(axis=0), "scale": states[train].std(axis=0)}
        tensors |= {"weight": rng.normal(size=32), "bias": rng.normal(size=1)}
        score = (states - tensors["mean"]) / tensors["scale"] @ tensors["weight"] + tensors["bias"]
        platt = Platt(0.5, 0.1 if policy == "small" else 0.6)
        probe = {"reason": None, "candidate": {"layer": layer, "position": position, "strength": 1.0}}
        probe["platt"] = {"slope": platt.slope, "intercept": platt.intercept}
        (folder / f"{policy}.json").write_text(json.dumps(probe))
        write_safetensors(tensors, folder / f"{policy}.safetensors")
        frame = pd.DataFrame({"problem_id": ids, "split": split, "score": score})
        predictions[policy] = frame.assign(probability=platt.probability(score))
        predictions[policy].to_parquet(folder / f"{policy}.parquet")

    correct = {policy: rng.random(len(made)) < each.probability for policy, each in predictions.items()}
    costs = costs_table(correct, {"small": 1.0, "large": 4.0}, split, probe_cost={"small": 0.1, "large": 0.1})
    costs = costs.assign(encoder="m-low")
    tables = pool_tables(costs, predictions)
    decisions = route_pool(costs, tables.probabilities, SWEEP)
    criteria = {"match": None, "budget": 0.5}  # nothing is as cheap as that
    curves, _, summary = evaluate_routing([(tables, decisions)], settings_of(criteria=criteria))
    frames = {"costs": costs, "curves": curves, "summary": summary, "metrics": metrics()}
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet")

    router = folder / "routers" / "own"
    asked = {policy: {"reader": "m-low", "price": PRICE} for policy in PLACES}
    study = {"study": "own", "title": "Own", "evidence": "analogue", "pool": "own", "problem_set": "sums"}
    settings = {**study, "chosen_on": "validation", "policies": asked, "readers": {"m-low": READER}}
    command = [word for name in frames for word in (f"--{name}", f"{folder}/{name}.parquet")]
    for option, suffix in (("probes", "json"), ("tensors", "safetensors"), ("predictions", "parquet")):
        command += [f"--{option}", *(f"{policy}={folder}/{policy}.{suffix}" for policy in PLACES)]
    command += ["--activations", f"m-low={folder}/a.safetensors", f"m-low={folder}/a.json", "--checkpoints"]
    command += [f"m={file}" for file in sorted((folder / "models" / "m").iterdir())]
    command += ["--settings", json.dumps(settings)]
    export_router.main([*command, *(w for name, file in OUTPUTS.items() for w in (f"--{name}", f"{router / file}"))])
    by_split = {name: [q for q, s in zip(made, split, strict=True) if s == name] for name in set(split)}
    probabilities = np.column_stack([predictions[policy].probability for policy in PLACES])
    return router, by_split, probabilities[np.array(split) == "test"], decisions[decisions.split == "test"]


def metrics():
    """AUROC of one of the policies."""
    row = {"policy": "small", "target": "majority_correct", "family": "linear", "split": "test", "metric": "auroc"}
    return pd.DataFrame([{**row, "value": 0.75, "low": 0.7, "high": 0.8, "n": 18}])
