"""The three scripts in a row, on files."""

import json

import numpy as np
import pandas as pd
import pytest

from evaluate_routing import main as evaluate_routing
from foretell.common.errors import UserError
from price_outcomes import main as price_outcomes
from route_queries import main as route_queries
from routing_tables import SETTINGS

POLICIES = ("small", "large")
SWEEP = {"lambdas": 5, "thresholds": 7}


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


def by_policy(inputs, family="", suffix=""):
    return [f"{policy}{family}={inputs}/{policy}{suffix}.parquet" for policy in POLICIES]


def price_and_route(inputs, folder, policies):
    costs, decisions = f"{folder}/costs.parquet", f"{folder}/decisions.parquet"
    settings = ["--settings", json.dumps({"policies": policies}, sort_keys=True)]
    outputs = ["--costs", costs, "--fewer-samples", f"{folder}/fewer_samples.parquet"]
    price_outcomes(["--outcomes", *by_policy(inputs), *settings, *outputs])
    settings = ["--settings", json.dumps({"sweep": SWEEP, "probabilities": {"train": "probability"}})]
    outputs = ["--probabilities", f"{folder}/probabilities.parquet", "--decisions", decisions]
    route_queries(["--costs", costs, "--predictions", *by_policy(inputs, "/linear", "-probe"), *settings, *outputs])


def evaluate(folder, sensitivity):
    settings = SETTINGS | {"sweep": SWEEP, "criteria": {"budget": 1e-3, "match": None}}
    names = ("costs", "fewer-samples", "probabilities", "decisions", "curves", "shares", "summary")
    files = [word for name in names for word in (f"--{name}", file_of(folder, name))]
    evaluate_routing([*files, "--settings", json.dumps(settings | {"cost_sensitivity": sensitivity})])


def file_of(folder, name):
    outputs = ("curves", "shares", "summary")
    return ("" if name in outputs else "pool=") + f"{folder}/{name.replace('-', '_')}.parquet"


def test_measured_costs_from_outcomes_to_summary(inputs, tmp_path):
    prices = {"small": (1, 2), "large": (3, 6)}
    policies = {p: {"encoder": p, "input_price": i, "output_price": o} for p, (i, o) in prices.items()}
    price_and_route(inputs, tmp_path, policies)
    evaluate(tmp_path, sensitivity=None)
    decisions = pd.read_parquet(tmp_path / "decisions.parquet")
    assert decisions.columns.tolist() == [
        "problem_id",
        "split",
        "family",
        "router",
        "calibrated_on",
        "operating_point",
        "policy",
    ]
    assert len(decisions) == 60 * (5 + 7 + 1 + 5)
    summary = pd.read_parquet(tmp_path / "summary.parquet")
    assert summary.saving_interval.eq("bootstrap").all()
    criteria = summary.criterion[summary.strategy == "cascade"].tolist()
    assert criteria == ["match", "budget"]  # however the settings stand
    assert pd.read_parquet(tmp_path / "costs.parquet").policy.unique().tolist() == ["small", "large"]
    assert pd.read_parquet(tmp_path / "fewer_samples.parquet").empty


def test_savings_on_assumed_costs_carry_a_range(inputs, tmp_path):
    policies = {p: {"encoder": None, "assumed_cost": cost} for p, cost in (("small", 1), ("large", 3))}
    price_and_route(inputs, tmp_path, policies)
    evaluate(tmp_path, sensitivity=0.5)
    assert pd.read_parquet(tmp_path / "summary.parquet").saving_interval.eq("sensitivity ±50 %").all()


def test_shards_of_rollouts_are_read_in_a_row(inputs, tmp_path):
    outcomes = pd.read_parquet(inputs / "small.parquet")
    rollouts = pd.DataFrame({"problem_id": np.repeat(outcomes.problem_id, 8), "sample": np.tile(np.arange(8), 60)})
    right = np.repeat(outcomes.majority_correct.to_numpy(), 8)
    rollouts = rollouts.assign(answer_class=np.where(right, "1", "2"), correct=right)
    for shard, rows in enumerate(np.split(np.arange(480), 4)):
        rollouts.iloc[rows].to_parquet(tmp_path / f"{shard}.parquet")
    shards = [f"small={tmp_path}/{shard}.parquet" for shard in range(4)]
    settings = {"policies": {"small": {"encoder": None, "assumed_cost": 4.0}}}
    outputs = ["--costs", f"{tmp_path}/costs.parquet", "--fewer-samples", f"{tmp_path}/fewer_samples.parquet"]
    files = ["--outcomes", f"small={inputs}/small.parquet", "--rollouts", *shards]
    price_outcomes([*files, "--settings", json.dumps(settings), *outputs])
    fewer = pd.read_parquet(tmp_path / "fewer_samples.parquet")
    assert len(fewer) == 480
    assert fewer.expected_cost.tolist() == (fewer.samples / 2).tolist()


def settings_of_evaluation(**changed):
    return json.dumps(SETTINGS | changed)


@pytest.mark.parametrize(
    ("script", "settings", "message"),
    [
        (route_queries, "{", "Invalid JSON"),
        (route_queries, "[]", "Input should be an object"),
        (route_queries, '{"sweep": {}}', "key 'probabilities': Field required"),
        (
            route_queries,
            '{"sweep": {"lambda": 1}, "probabilities": {"train": "p"}}',
            "key 'sweep.lambda': Extra inputs are not permitted",
        ),
        (route_queries, '{"sweep": {"lambdas": 0}, "probabilities": {"train": "p"}}', "key 'sweep.lambdas': "),
        (evaluate_routing, settings_of_evaluation(criteria={"best": None}), "key 'criteria.best.[key]': "),
        (evaluate_routing, settings_of_evaluation(criteria={"budget": None}), "key 'criteria': "),
        (evaluate_routing, settings_of_evaluation(choosers=[]), "key 'choosers': "),
        (evaluate_routing, settings_of_evaluation(choosers=[{"chosen_on": "x"}]), "key 'choosers.0.calibrated_on': "),
        (evaluate_routing, settings_of_evaluation(cost_sensitivity=1), "key 'cost_sensitivity': "),
        (price_outcomes, "{}", "key 'policies': Field required"),
    ],
)
def test_wrong_settings_are_named_by_their_key(script, settings, message, capsys):
    with pytest.raises(SystemExit):
        script(["--settings", settings])
    assert f"argument --settings: {message}" in capsys.readouterr().err


def test_a_file_without_its_policy_is_refused(capsys):
    with pytest.raises(SystemExit):
        route_queries(["--predictions", "x.parquet"])
    assert "'x.parquet' is not of the form ID=FILE" in capsys.readouterr().err


def test_every_fold_needs_a_file_of_each_kind():
    files = ["--costs", "x=a", "y=b", "--fewer-samples", "x=a", "--probabilities", "x=a", "--decisions", "x=a"]
    outputs = ["--curves", "x", "--shares", "x", "--summary", "x"]
    with pytest.raises(UserError, match="must name the same pools"):
        evaluate_routing([*files, *outputs, "--settings", settings_of_evaluation()])
