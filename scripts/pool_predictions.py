"""Put together the predictions of parts that choose for each other, and judge them on all test problems."""

import argparse
import json
from pathlib import Path

import pandas as pd

from foretell.common.errors import run
from foretell.common.storage import write_json, write_parquet
from foretell.probes.recorded import judge, pool_predictions


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=Path, required=True, help="outcomes on the whole problem set (parquet)")
    parser.add_argument("--predictions", type=Path, nargs="+", required=True, help="predictions of the parts (parquet)")
    parser.add_argument("--settings", type=json.loads, required=True, help="resamples and seed as JSON")
    parser.add_argument("--output", type=Path, required=True, help="folder of one target and family")
    args = parser.parse_args(argv)

    outcomes = pd.read_parquet(args.outcomes)
    predictions = pool_predictions(outcomes, [pd.read_parquet(path) for path in args.predictions])
    test = outcomes[outcomes.split == "test"]
    labels, groups = test.majority_correct.to_numpy(dtype=float), test.group.to_numpy()
    write_parquet(predictions, args.output / "predictions.parquet")
    write_json(judge(predictions, labels, groups, **args.settings), args.output / "metrics.json")


if __name__ == "__main__":
    run(main)
