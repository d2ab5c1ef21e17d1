"""Import predictions: the recorded probe scores of one run, or probabilities from a file of one's own.

Of recorded scores, the half that chooses fits Platt scaling, and train does beside it. Probabilities stay as they are,
unless they are to be scaled on validation.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import read_parquet, write_json, write_parquet
from foretell.common.tables import read
from foretell.probes.imported import PredictionSettings, import_predictions, scaled
from foretell.probes.recorded import calibrate, import_scores


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=Path, required=True, help="imported outcomes (parquet)")
    parser.add_argument(
        "--table", type=Path, nargs="+", required=True, help="recorded outcomes and scores, or probabilities"
    )
    parser.add_argument("--settings", type=settings(PredictionSettings), required=True, help="JSON: run, or table")
    parser.add_argument("--predictions", type=Path, required=True, help="output (parquet)")
    parser.add_argument("--description", type=Path, required=True, help="output: how they came about (JSON)")
    args = parser.parse_args(argv)

    outcomes = read_parquet(args.outcomes)
    if args.settings.table is None:
        predictions, description = _recorded(args.table[0], args.settings.run, outcomes)
    else:
        predictions, description = _given(read(args.table, args.settings.table), args.settings, outcomes)
    write_parquet(predictions, args.predictions)
    write_json(description, args.description)


def _given(table: pd.DataFrame, how: PredictionSettings, outcomes: pd.DataFrame) -> tuple[pd.DataFrame, dict]:
    predictions = import_predictions(table, outcomes, how.missing)
    description = {"family": "imported", "target": "majority_correct", "reason": None}
    if not how.recalibrate:
        return predictions, description
    predictions, platt = scaled(predictions, outcomes.majority_correct.to_numpy(dtype=float))
    return predictions, {**description, "platt": {"validation": {"slope": platt.slope, "intercept": platt.intercept}}}


def _recorded(records: Path, run_id: str, outcomes: pd.DataFrame) -> tuple[pd.DataFrame, dict]:
    labels = outcomes.majority_correct.to_numpy(dtype=float)
    predictions, scalings = calibrate(import_scores(read_parquet(records), run_id, outcomes), labels)
    return predictions, {
        "family": "linear",
        "target": "majority_correct",
        "recorded_run": run_id,
        "platt": {split: {"slope": p.slope, "intercept": p.intercept} for split, p in scalings.items()},
        "note": "recorded scores; layer, position and strength were chosen by their authors",
    }


if __name__ == "__main__":
    run(main)
