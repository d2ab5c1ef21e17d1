"""Import the recorded probe scores of one run; the half that chooses fits Platt scaling, and train does beside it."""

import argparse
import json
from pathlib import Path

import pandas as pd

from foretell.errors import run
from foretell.imported_predictions import calibrate, judge
from foretell.records import import_scores
from foretell.storage import write_json, write_parquet


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=Path, required=True, help="imported outcomes (parquet)")
    parser.add_argument("--records", type=Path, required=True, help="recorded outcomes and scores (parquet)")
    parser.add_argument("--run", required=True, help="run_id of the run")
    parser.add_argument("--settings", type=json.loads, required=True, help="resamples and seed as JSON")
    parser.add_argument("--output", type=Path, required=True, help="folder of one target and family")
    args = parser.parse_args(argv)

    outcomes = pd.read_parquet(args.outcomes)
    labels = outcomes.majority_correct.to_numpy(dtype=float)
    scores = import_scores(pd.read_parquet(args.records), args.run, outcomes)
    predictions, scalings = calibrate(scores, labels)
    write_parquet(predictions, args.output / "predictions.parquet")
    write_json(judge(predictions, labels, outcomes.group.to_numpy(), **args.settings), args.output / "metrics.json")
    write_json(
        {
            "family": "linear",
            "target": "majority_correct",
            "recorded_run": args.run,
            "platt": {split: {"slope": p.slope, "intercept": p.intercept} for split, p in scalings.items()},
            "note": "recorded scores; layer, position and strength were chosen by their authors",
        },
        args.output / "probe.json",
    )


if __name__ == "__main__":
    run(main)
