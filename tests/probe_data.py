"""A small made-up study in which one slice of the activations tells how hard a problem is."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.common.storage import write_json, write_parquet, write_safetensors

SIZES = {"train": 200, "validation": 80, "test": 150}
LAYERS, POSITIONS, HIDDEN = (0, 1, 2), (-2, -1), 6
PLANTED = (1, -2)  # layer and position
SETTINGS = {
    "targets": ["success_rate", "majority_correct", "greedy_correct"],
    "families": ["linear", "prompt_length", "tfidf", "token_gbm", "permuted_labels"],
    "folds": 4,
    "strengths": [0.1, 10.0, 1000.0],
    "permutations": 20,
    "seed": 1,
}


def make_study(seed: int = 1) -> dict[str, pd.DataFrame | np.ndarray]:
    """Frames of outcomes, problems and prompts, and activations [layer, problem, position, hidden].

    Success follows the last token's digit and the planted slice; layer 0 is the same for all problems, as an
    embedding of a template's token is.
    """
    rng = np.random.default_rng(seed)
    n = sum(SIZES.values())
    easiness = rng.normal(size=n)
    rate = 1 / (1 + np.exp(-2 * easiness))
    activations = rng.normal(size=(len(LAYERS), n, len(POSITIONS), HIDDEN))
    activations[0] = activations[0, 0]
    activations[LAYERS.index(PLANTED[0]), :, POSITIONS.index(PLANTED[1])] += np.outer(easiness, rng.normal(size=HIDDEN))
    problem_id = [f"p{number:04d}" for number in range(n)]
    digits = np.digitize(easiness, [-1, 0, 1])
    questions = [f"{rng.integers(10)}+{digit}" for digit in digits]
    outcomes = pd.DataFrame(
        {
            "problem_id": problem_id,
            "split": np.repeat(list(SIZES), list(SIZES.values())),
            "group": problem_id,
            "success_rate": rng.binomial(8, rate) / 8,
            "majority_correct": pd.array(rng.random(n) < rate, dtype="boolean"),
            "greedy_correct": pd.array(rng.random(n) < rate, dtype="boolean"),
        }
    )
    problems = outcomes[["problem_id", "split", "group"]].assign(question=questions, excluded_reason=None)
    tokens = [[1, 2, *map(ord, question)] + [3] * int(rng.integers(1, 4)) for question in questions]
    prompts = pd.DataFrame({"problem_id": problem_id, "token_ids": tokens})
    return {"outcomes": outcomes, "problems": problems, "prompts": prompts, "activations": activations}


def write_study(folder: Path, study: dict, shards: int = 2) -> list[str]:
    """Write a study's files, the activations' rows in reverse, and return the script's arguments for them."""
    for name in ("outcomes", "problems", "prompts"):
        write_parquet(study[name], folder / f"{name}.parquet")
    rows = np.array_split(np.arange(len(study["prompts"]))[::-1], shards)
    for shard, part in enumerate(rows):
        tensors = {f"layer_{layer:02d}": study["activations"][layer][part].astype(np.float32) for layer in LAYERS}
        write_safetensors(tensors, folder / f"{shard}.safetensors")
        described = {"layers": list(LAYERS), "positions": list(POSITIONS), "hidden": HIDDEN}
        described["problem_ids"] = study["prompts"].problem_id.iloc[part].tolist()
        write_json(described, folder / f"{shard}.json")
    arguments = [f"--{name}={folder / name}.parquet" for name in ("outcomes", "problems", "prompts")]
    return [*arguments, "--activations", *map(str, activation_files(folder, shards))]


def activation_files(folder: Path, shards: int) -> list[Path]:
    """Shards of the activations and their descriptions."""
    return [folder / f"{shard}.{end}" for shard in range(shards) for end in ("safetensors", "json")]


def settings_argument(**changes: object) -> str:
    """The script's settings, some of them changed."""
    return json.dumps({**SETTINGS, **changes})
