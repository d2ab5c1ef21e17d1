"""The three scripts in a row, on files."""

import json

import numpy as np
import pandas as pd
import pytest

from evaluate_routing import main as evaluate_routing
from foretell.common.errors import UserError
from price_outcomes import main as price_outcomes
from route_queries import main as route_queries

POLICIES = ("small", "large")
COSTS = ["--costs", "x", "--probabilities", "x", "--decisions", "x"]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Outcomes and predictions of two policies over 60 problems, without rollouts."""
    folder = tmp_path_factory.mktemp("pool")
    rng = np.random.default_rng(1)
    ids = [f"p{i}" for i in range(60)]
    split = ["train", "validation", "test"] * 20
    for policy, skill in zip(POLICIES, (0.5, 0.8), strict=True):
        outcomes = {"problem_id": ids, "split": split, "group": ids, "k": 8, "majority_correct": rng.random(60) < skill}
        pd.DataFrame(outcomes | {"prompt_tokens": 9, "completion_tokens": 80}).to_parquet(folder / f"{policy}.parquet")
        predictions = pd.DataFrame({"problem_id": ids, "split": split, "probability": rng.random(60)})
        predictions.to_parquet(folder / f"{policy}-probe.parquet")
    return folder


def options(name, inputs, suffix=""):
    return [word for policy in POLICIES for word in (name, f"{policy}={inputs}/{policy}{suffix}.parquet")]


def price_and_route(inputs, folder, policies):
    costs, decisions = f"{folder}/costs.parquet", f"{folder}/decisions.parquet"
    settings = ["--settings", json.dumps({"policies": policies})]
    outputs = ["--costs", costs, "--fewer-samples", f"{folder}/fewer_samples.parquet"]
    price_outcomes([*options("--outcomes", inputs), *settings, *outputs])
    settings = ["--settings", '{"lambdas": 5, "thresholds": 7, "probabilities": {"train": "probability"}}']
    outputs = ["--probabilities", f"{folder}/probabilities.parquet", "--decisions", decisions]
    route_queries(["--costs", costs, *options("--predictions", inputs, "-probe"), *settings, *outputs])


def evaluate(folder, sensitivity):
    choosers = [{"calibrated_on": "train", "chosen_on": "validation"}]
    settings = {"resamples": 50, "seed": 1, "choosers": choosers, "criteria": {"match": None, "budget": 1e-3}}
    names = ("costs", "fewer-samples", "probabilities", "decisions", "curves", "shares", "summary")
    files = [word for name in names for word in (f"--{name}", f"{folder}/{name.replace('-', '_')}.parquet")]
    evaluate_routing([*files, "--settings", json.dumps(settings | {"cost_sensitivity": sensitivity})])


def test_measured_costs_from_outcomes_to_summary(inputs, tmp_path):
    prices = {"small": (1, 2), "large": (3, 6)}
    policies = {p: {"encoder": p, "input_price": i, "output_price": o} for p, (i, o) in prices.items()}
    price_and_route(inputs, tmp_path, policies)
    evaluate(tmp_path, sensitivity=None)
    decisions = pd.read_parquet(tmp_path / "decisions.parquet")
    assert decisions.columns.tolist() == [
        "problem_id",
        "split",
        "router",
        "calibrated_on",
        "operating_point",
        "policy",
    ]
    assert len(decisions) == 60 * (5 + 7 + 1 + 5)
    assert pd.read_parquet(tmp_path / "summary.parquet").saving_interval.eq("bootstrap").all()
    assert pd.read_parquet(tmp_path / "fewer_samples.parquet").empty


def test_savings_on_assumed_costs_carry_a_range(inputs, tmp_path):
    policies = {
        p: {"encoder": None, "assumed_cost": cost, "assumption": "x"} for p, cost in (("small", 1), ("large", 3))
    }
    price_and_route(inputs, tmp_path, policies)
    evaluate(tmp_path, sensitivity=0.5)
    assert pd.read_parquet(tmp_path / "summary.parquet").saving_interval.eq("sensitivity ±50 %").all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("{", "--settings is not JSON"),
        ("[]", "must be a JSON object"),
        ('{"lambdas": 5}', "lacks the key 'thresholds'"),
        ('{"lambdas": 5, "thresholds": 5, "probabilities": {}, "lambda": 1}', "unknown key 'lambda'; known: lambdas"),
    ],
)
def test_settings_are_checked(settings, message, tmp_path):
    with pytest.raises(UserError, match=message):
        route_queries([*COSTS, "--predictions", "a=x", "--settings", settings])


def test_a_file_without_its_policy_is_refused(capsys):
    with pytest.raises(SystemExit):
        route_queries([*COSTS, "--predictions", "x.parquet", "--settings", "{}"])
    assert "'x.parquet' is not of the form POLICY=FILE" in capsys.readouterr().err
