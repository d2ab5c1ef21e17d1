"""Predict every problem of a set that is too small to split, from fits to the others, for every policy."""

import argparse
import json
from pathlib import Path

import pandas as pd

from foretell.common.errors import run
from foretell.common.storage import write_json, write_parquet
from foretell.probes.cross_fit import CrossFit, cross_fit, judge, partitions
from foretell.probes.inputs import Inputs
from foretell.routing.inputs import policy_file, read_by_policy


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--outcomes", type=policy_file, action="append", required=True, metavar="POLICY=FILE")
    parser.add_argument(
        "--settings",
        type=json.loads,
        required=True,
        help="JSON: families, strengths, folds and partitions, inner_folds, resamples, seed",
    )
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--output", type=Path, required=True, help="folder; gets {policy}/majority_correct/{family}/")
    args = parser.parse_args(argv)

    settings, outcomes = args.settings, read_by_policy(args.outcomes)
    first = next(iter(outcomes.values()))
    questions = pd.read_parquet(args.problems).set_index("problem_id").question.loc[first.problem_id]
    inputs = Inputs(first, questions.to_numpy(dtype=object), token_ids=None, activations=None)
    labels = {policy: frame.majority_correct.to_numpy(dtype=float) for policy, frame in outcomes.items()}
    held_out = partitions(first.group.to_numpy(), settings["folds"], settings["partitions"], settings["seed"])
    protocol = {key: settings[key] for key in ("families", "strengths", "inner_folds", "seed")}
    predictions, _ = cross_fit(CrossFit(inputs, labels, binary=True, **protocol), held_out, args.workers)
    for (policy, family), frame in predictions.items():
        folder = args.output / policy / "majority_correct" / family
        metrics = judge(frame, outcomes[policy], settings["resamples"], settings["seed"])
        write_parquet(frame, folder / "predictions.parquet")
        write_json(metrics, folder / "metrics.json")
        print(f"{policy} {family}: AUROC {metrics[0]['value']}")


if __name__ == "__main__":
    run(main)
