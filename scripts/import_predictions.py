"""Import predictions: the recorded probe scores of one run, or probabilities from a file of one's own.

Of recorded scores, the half that chooses fits Platt scaling, and train does beside it. Probabilities stay as they are.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.common.errors import run
from foretell.common.storage import write_json, write_parquet
from foretell.common.tables import read
from foretell.probes.imported import import_predictions
from foretell.probes.recorded import calibrate, import_scores, judge


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=Path, required=True, help="imported outcomes (parquet)")
    parser.add_argument("--input", type=Path, required=True, help="recorded outcomes and scores, or probabilities")
    parser.add_argument(
        "--source", type=json.loads, required=True, help='JSON: {"run": id} or {"table": {form, columns, where}}'
    )
    parser.add_argument("--settings", type=json.loads, required=True, help="resamples and seed as JSON")
    parser.add_argument("--output", type=Path, required=True, help="folder of one target and family")
    args = parser.parse_args(argv)

    outcomes = pd.read_parquet(args.outcomes)
    labels = outcomes.majority_correct.to_numpy(dtype=float)
    if "run" in args.source:
        predictions, description = _recorded(args.input, args.source["run"], outcomes, labels)
    else:
        predictions = import_predictions(read(args.input, **args.source["table"]), outcomes)
        description = {"family": "imported", "target": "majority_correct", "reason": None}
    write_parquet(predictions, args.output / "predictions.parquet")
    write_json(judge(predictions, labels, outcomes.group.to_numpy(), **args.settings), args.output / "metrics.json")
    write_json(description, args.output / "probe.json")


def _recorded(records: Path, run: str, outcomes: pd.DataFrame, labels: np.ndarray) -> tuple[pd.DataFrame, dict]:
    predictions, scalings = calibrate(import_scores(pd.read_parquet(records), run, outcomes), labels)
    return predictions, {
        "family": "linear",
        "target": "majority_correct",
        "recorded_run": run,
        "platt": {split: {"slope": p.slope, "intercept": p.intercept} for split, p in scalings.items()},
        "note": "recorded scores; layer, position and strength were chosen by their authors",
    }


if __name__ == "__main__":
    run(main)
