"""What figures read, and the command lines that their scripts share."""

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.common.errors import UserError

TRAIN, VALIDATION, TEST = "train", "validation", "test"
MAJORITY, LINEAR = "majority_correct", "linear"


def problem_set_parser(description: str) -> argparse.ArgumentParser:
    """Options of a figure about the policies of a problem set."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--outcomes", type=Path, required=True, help="folder of {policy}.parquet")
    parser.add_argument("--probes", type=Path, required=True, help="folder of {policy}/{target}/{family}/")
    parser.add_argument("--policies", nargs="+", required=True, help="in the order of the panels")
    parser.add_argument("--family", default=LINEAR, help="of predictors, where one is shown")
    parser.add_argument("--output", type=Path, required=True, help="path without suffix; one file per format")
    return parser


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the option that a script with intervals of its own needs."""
    parser.add_argument("--settings", type=json.loads, required=True, help='{"resamples": 2000, "seed": 1}')


def pool_parser(description: str) -> argparse.ArgumentParser:
    """Options of a figure about a pool."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--routing", type=Path, required=True, help="folder of the pool's routing results")
    parser.add_argument("--output", type=Path, required=True, help="path without suffix; one file per format")
    return parser


def table_parser(description: str) -> argparse.ArgumentParser:
    """Options of a table that an earlier stage has computed."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--input", type=Path, required=True, help="the table's numbers (parquet)")
    parser.add_argument("--output", type=Path, required=True, help="path without suffix; .csv, .md, .tex are made")
    return parser


def read_outcomes(folder: Path, policies: list[str]) -> dict[str, pd.DataFrame]:
    """Outcomes by policy."""
    return {policy: pd.read_parquet(folder / f"{policy}.parquet") for policy in policies}


def read_predictions(folder: Path, policies: list[str], target: str, family: str) -> dict[str, pd.DataFrame]:
    """Predictions by policy."""
    return {policy: pd.read_parquet(folder / policy / target / family / "predictions.parquet") for policy in policies}


def join_labels(predictions: pd.DataFrame, outcomes: pd.DataFrame, target: str, split: str | None) -> pd.DataFrame:
    """Predictions of one policy beside what came true, on the labelled problems of one split (None: of all).

    Returns:
        problem_id, split, group, label (float), score, probability and, where there are several fits, permutation.

    Raises:
        UserError: a labelled problem has no prediction, or not one of every fit.
    """
    labelled = outcomes[outcomes[target].notna()]
    if split is not None:
        labelled = labelled[labelled.split == split]
    labels = labelled[["problem_id", "split", "group"]].assign(label=labelled[target].astype(float))
    joined = labels.merge(predictions.drop(columns="split"), on="problem_id", how="left", indicator=True)
    missing = joined.problem_id[joined._merge != "both"]
    if len(missing):
        raise UserError(f"{len(missing)} problems have a {target} but no prediction, the first is {missing.iloc[0]!r}")
    fits = predictions.permutation.nunique() if "permutation" in predictions else 1
    if len(joined) != fits * len(labels):
        raise UserError(f"predictions of {target}: {len(joined)} rows for {len(labels)} problems and {fits} fits")
    return joined.drop(columns="_merge")


def not_testable(labels: pd.Series | np.ndarray) -> str:
    """Why a binary target cannot be judged, from its labels on test."""
    failures, successes = int((np.asarray(labels) == 0).sum()), int((np.asarray(labels) == 1).sum())
    rarer = f"{failures} failures" if failures <= successes else f"{successes} successes"
    return f"not testable: {rarer} of {failures + successes}"
