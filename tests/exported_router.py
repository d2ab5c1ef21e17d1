"""Exported routers over arithmetic, made without a study: probes read a model with random weights, or texts."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import export_router
from foretell.activations.cache import cache
from foretell.common.provenance import fingerprint
from foretell.common.storage import write_safetensors
from foretell.completions.policy import Prompt, Reading
from foretell.completions.prompts import render
from foretell.deployment.files import CARD, MANIFEST, POINTS, PROBES, ROUTER
from foretell.evaluation.measured import NOT_TRAINED
from foretell.probes.calibration import Platt
from foretell.probes.text import TextBlock
from foretell.probes.words import WordsBlock
from foretell.routing.arms import add_arms, add_probabilities_of_arms
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


@dataclass(frozen=True)
class Made:
    """A router that was exported, and what its study decided.

    Attributes:
        folder: of the router.
        questions: by split.
        probabilities: [test problems, policies].
        decisions: the table of decisions on test.
    """

    folder: Path
    questions: dict[str, list[str]]
    probabilities: np.ndarray
    decisions: pd.DataFrame


def export(folder, model, tokenizer):
    """Write a checkpoint, files about two policies, and the router by activations that is exported from them."""
    problems = problems_of(questions())
    model.save_pretrained(folder / "models" / "m")
    tokenizer.save_pretrained(folder / "models" / "m")
    prompts = render(problems, tokenizer, Prompt(), Reading(effort="low"))
    activations = cache(model, prompts, 0, np.dtype("float32"))
    write_safetensors(activations, folder / "a.safetensors")
    described = {"problem_ids": problems.problem_id.tolist(), "layers": [0, 1, 2, 3], "positions": [-3, -2, -1]}
    described |= {
        "hidden": 32,
        "computed_in": "float32",
        "template_hash": fingerprint(template=tokenizer.chat_template),
    }
    (folder / "a.json").write_text(json.dumps(described))

    rng = np.random.default_rng(1)
    train = problems.split == "train"
    probes = {}
    for policy, (layer, position) in PLACES.items():
        states = activations[f"layer_{layer:02d}"][:, position].astype(float)
        tensors = {"mean": states[train].mean(axis=0), "scale": states[train].std(axis=0)}
        tensors |= {"weight": rng.normal(size=32), "bias": rng.normal(size=1)}
        score = (states - tensors["mean"]) / tensors["scale"] @ tensors["weight"] + tensors["bias"]
        probes[policy] = ({"layer": layer, "position": position, "strength": 1.0}, tensors, score)

    files = ["--activations", f"m-low={folder}/a.safetensors", f"m-low={folder}/a.json", "--checkpoints"]
    files += [f"m={file}" for file in sorted((folder / "models" / "m").iterdir())]
    return write_router(folder, problems, probes, files, "linear", {"m-low": READER})


def export_by_text(folder, family, samples=1):
    """The same by the questions' TF-IDF, by characters or words, of sums that are spelled with blanks.

    Of several samples the router may choose fewer.
    """
    problems = problems_of([" ".join(question) for question in questions()])
    rng = np.random.default_rng(2)
    blocks = {"tfidf": TextBlock, "word_tfidf": WordsBlock}
    block = blocks[family](problems.question.to_numpy(dtype=object), (1, 2), (0.1, 1.0))
    rows = np.flatnonzero(problems.split == "train")
    easy = problems.question.str.count("\\*").to_numpy()[rows]
    labels = np.column_stack([easy + rng.normal(size=len(rows)) < 1, easy + rng.normal(size=len(rows)) < 2])
    fitted = block.fit(rows, labels.astype(float), np.array([True, True]))
    scores = fitted.scores(np.arange(len(problems)))
    probes = {
        policy: (block.candidates[1], fitted.tensors(column, 1), scores[:, column, 1])
        for column, policy in enumerate(PLACES)
    }
    problems.to_parquet(folder / "problems.parquet")
    return write_router(folder, problems, probes, ["--problems", f"{folder}/problems.parquet"], family, {}, samples)


def problems_of(made):
    """Problems in three splits: problem_id, question, split."""
    split = (["train"] * 3 + ["validation", "test"]) * (len(made) // 5)
    return pd.DataFrame({"problem_id": [f"p{i}" for i in range(len(made))], "question": made, "split": split})


def write_router(folder, problems, probes, files, family, readers, samples=1):
    """Write a study's files about two policies, and the router that is exported from them.

    Args:
        folder: of all files.
        problems: of `problems_of`.
        probes: by policy, the candidate, tensors, and scores of all problems.
        files: options of `export_router` for what the probes read.
        family: of the probes.
        readers: by encoder; none where texts are read.
        samples: of every policy.
    """
    split, rng = problems.split.tolist(), np.random.default_rng(3)
    predictions = {}
    for policy, (candidate, tensors, score) in probes.items():
        platt = Platt(0.5, 0.1 if policy == "small" else 0.6)
        probe = {"reason": None, "candidate": candidate, "platt": {"slope": platt.slope, "intercept": platt.intercept}}
        (folder / f"{policy}.json").write_text(json.dumps(probe))
        write_safetensors(tensors, folder / f"{policy}.safetensors")
        frame = problems[["problem_id", "split"]].assign(score=score)
        predictions[policy] = frame.assign(probability=platt.probability(score))
        predictions[policy].to_parquet(folder / f"{policy}.parquet")

    correct = {policy: rng.random(len(problems)) < each.probability for policy, each in predictions.items()}
    costs = costs_table(correct, {"small": 1.0, "large": 4.0}, split, probe_cost={"small": 0.1, "large": 0.1})
    costs = costs.assign(encoder="m-low", samples=pd.array([samples] * len(costs), dtype="Int64"))
    tables = pool_tables(costs, predictions, family=family)
    if samples > 1:
        costs = add_arms(costs, fewer_samples(costs, samples))
        tables = replace(tables, costs=costs, probabilities=add_probabilities_of_arms(tables.probabilities, costs))
    decisions = route_pool(costs, tables.probabilities, SWEEP)
    criteria = {"match": None, "budget": 0.5}  # nothing is as cheap as that
    curves, _, summary = evaluate_routing([(tables, decisions)], settings_of(criteria=criteria, families=[family]))
    frames = {"costs": costs, "curves": curves, "summary": summary, "metrics": metrics()}
    for name, frame in frames.items():
        frame.to_parquet(folder / f"{name}.parquet")

    router = folder / "routers" / "own"
    asked = {policy: {"reader": next(iter(readers), None), "price": PRICE} for policy in PLACES}
    study = {"study": "own", "title": "Own", "evidence": "analogue", "pool": "own", "problem_set": "sums"}
    settings = {
        **study,
        "chosen_on": "validation",
        "family": family,
        "policies": asked,
        "readers": readers,
        "criteria": criteria,
    }
    command = [word for name in frames for word in (f"--{name}", f"{folder}/{name}.parquet")]
    for option, suffix in (("probes", "json"), ("tensors", "safetensors"), ("predictions", "parquet")):
        command += [f"--{option}", *(f"{policy}={folder}/{policy}.{suffix}" for policy in PLACES)]
    command += [*files, "--settings", json.dumps(settings)]
    export_router.main([*command, *(w for name, file in OUTPUTS.items() for w in (f"--{name}", f"{router / file}"))])
    return Made(
        router,
        {name: rows.question.tolist() for name, rows in problems.groupby("split")},
        np.column_stack([predictions[policy].probability for policy in PLACES])[problems.split == "test"],
        decisions[decisions.split == "test"],
    )


def fewer_samples(costs, samples):
    """What each policy gets right, and costs, with fewer of its samples: closer to a coin's toss."""
    rows = []
    for number in range(1, samples + 1):
        share, kept = number / samples, costs[["problem_id", "split", "policy"]]
        correct = share * costs.correct + (1 - share) * (0.25 + 0.5 * costs.correct)
        rows.append(kept.assign(samples=number, expected_correct=correct, expected_cost=share * costs.cost))
    return pd.concat(rows, ignore_index=True)


def metrics():
    """AUROC of one of the policies, and why there is none of the other."""
    row = {"target": "majority_correct", "family": "linear", "split": "test", "metric": "auroc", "n": 18}
    scored = {"policy": "small", "value": 0.75, "low": 0.7, "high": 0.8, "reason": ""}
    return pd.DataFrame([{**row, **scored}, {**row, "policy": "large", "reason": NOT_TRAINED}])
