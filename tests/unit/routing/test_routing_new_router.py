"""A router is one function and one entry of the registry: all tables and figures know it by that."""

import json

import numpy as np
import pandas as pd
import pytest

from evaluate_routing import main as evaluate_routing
from foretell.common.errors import UserError
from foretell.figures import cost_accuracy, routing_summary, routing_sweep, shares
from foretell.routing.routers import ROUTERS, Router, RouterInputs
from route_queries import main as route_queries
from routing_tables import SETTINGS, random_pool


def route_to_the_cheapest(inputs: RouterInputs, points: np.ndarray) -> np.ndarray:
    return np.zeros((len(points), len(inputs.success)), dtype=np.int16)


def route_by_neighbours(inputs: RouterInputs, weights: np.ndarray) -> np.ndarray:
    """Utility by what was right on those problems of train whose predictions are most similar, as many as is set."""
    distances = np.abs(inputs.success[:, None] - inputs.success[inputs.train][None]).sum(axis=2)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, : inputs.settings.lambdas]
    success = inputs.train_correct[nearest].mean(axis=1)
    return np.stack([(success - weight * inputs.tier_costs).argmax(axis=1) for weight in weights])


def free(pool):
    return np.zeros_like(pool.cost)


CHEAPEST = Router(
    "cheapest",
    "always the cheapest policy",
    title="always the cheapest",
    symbol="nothing",
    meaning="ignored",
    operating_points=lambda inputs: np.array([0.0]),
    route=route_to_the_cheapest,
    probing=free,
)
NEIGHBOURS = Router(
    "neighbours",
    "by problems with similar predictions",
    title="nearest neighbours",
    symbol="w",
    meaning="weight of {cost}",
    operating_points=lambda inputs: np.linspace(0, 0.5, inputs.settings.lambdas),
    route=route_by_neighbours,
    probing=lambda pool: np.full_like(pool.cost, 0.25),
    has_oracle=True,
)


@pytest.fixture
def new_routers(monkeypatch):
    for router in (CHEAPEST, NEIGHBOURS):
        monkeypatch.setitem(ROUTERS, router.name, router)


SWEEP = SETTINGS["sweep"] | {"routers": ["utility", "cascade", "cheapest", "neighbours"]}


def options(folder, *names):
    return {name: ["--" + name.replace("_", "-"), f"{folder}/{name}.parquet"] for name in names}


def route(folder, costs, predictions):
    """The script that decides, on files; returns its decisions."""
    costs.assign(cost_basis="assumed").to_parquet(folder / "costs.parquet")
    for policy, frame in predictions.items():
        frame.to_parquet(folder / f"{policy}.parquet")
    files = options(folder, "costs", "probabilities", "decisions")
    settings = {"sweep": SWEEP, "probabilities": {"train": "probability"}}
    named = ["--predictions", *(f"{policy}/linear={folder}/{policy}.parquet" for policy in predictions)]
    route_queries([*(word for pair in files.values() for word in pair), *named, "--settings", json.dumps(settings)])
    return pd.read_parquet(folder / "decisions.parquet")


def route_and_evaluate(folder, costs, predictions):
    """The scripts, on files: costs, probabilities, decisions, curves, shares and summary by name."""
    route(folder, costs, predictions)
    empty = {"problem_id": [], "split": [], "policy": [], "samples": [], "expected_correct": [], "expected_cost": []}
    pd.DataFrame(empty).to_parquet(folder / "fewer_samples.parquet")
    read, written = ("costs", "fewer_samples", "probabilities", "decisions"), ("curves", "shares", "summary")
    files = options(folder, *read, *written)
    settings = SETTINGS | {"sweep": SWEEP, "criteria": {"match": None, "accuracy": 0.4}, "cost_sensitivity": 0.5}
    for name in read:
        files[name][1] = f"pool={files[name][1]}"
    evaluate_routing([*(word for pair in files.values() for word in pair), "--settings", json.dumps(settings)])
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in files}


def test_new_routers_go_through_every_table_and_figure(new_routers, tmp_path):
    costs, predictions = random_pool(seed=8, problems=60)
    tables = route_and_evaluate(tmp_path, costs, predictions)

    found = tables["decisions"].groupby("router", observed=True).operating_point.agg(lambda points: sorted(set(points)))
    assert found["neighbours"] == found["oracle_neighbours"] == [0, 0.125, 0.25, 0.375, 0.5]
    curves, summary = tables["curves"], tables["summary"]
    on_test = curves[curves.split == "test"].set_index("strategy")
    cheap = on_test.loc["cheapest"]
    tier = costs[costs.split == "train"].groupby("policy").cost.mean().idxmin()
    single = on_test[on_test.policy == tier].loc["single"]
    assert (cheap.accuracy, cheap.cost, cheap.probing_cost) == (single.accuracy, single.cost, 0)
    assert on_test.loc["neighbours"].probing_cost.eq(0.25).all()
    assert on_test.loc["oracle_neighbours"].probing_cost.eq(0).all()
    rows = summary[summary.strategy == "neighbours"]
    assert rows.criterion.tolist() == ["match", "accuracy"]
    assert summary.at_cost_of[summary.strategy == "hull"].isin(list(ROUTERS)).all()
    assert rows.saving_interval.eq("sensitivity ±50 %").all() and (rows.saving_low < rows.saving_high).all()

    t4 = routing_summary.collect(summary=summary)
    order = ["single", "random", "hull", "neighbours", "cheapest", "cascade", "utility"]
    order += ["oracle_utility", "oracle_neighbours", "oracle"]
    assert t4.strategy.unique().tolist() == order
    names = routing_summary.layout(t4)[0].Strategy
    assert names.str.startswith("nearest neighbours, match").sum() == 1
    assert names.str.startswith("oracle neighbours").sum() == 1

    t5 = routing_sweep.layout(routing_sweep.collect(curves=curves))[0]["Router, operating point"]
    assert "nearest neighbours, w = 0.125" in t5.tolist() and "oracle neighbours, w = 0.5" in t5.tolist()

    figure = cost_accuracy.draw(cost_accuracy.collect(curves=curves, summary=summary, router="neighbours"))
    legend = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert "nearest neighbours, every w" in legend and "oracle neighbours, every w" in legend
    figure = shares.draw(shares.collect(shares=tables["shares"], summaries={"pool": summary}, router="neighbours"))
    assert figure.axes[0].get_xlabel() == "w (weight of assumed cost)"


def test_routers_learn_from_train_alone(new_routers, tmp_path):
    costs, predictions = random_pool(seed=3, problems=60)
    decided = {}
    for split in ("nothing", "test", "train"):
        (tmp_path / split).mkdir()
        changed = costs.assign(correct=costs.correct.where(costs.split != split, 1 - costs.correct))
        decisions = route(tmp_path / split, changed, predictions)
        decided[split] = decisions[decisions.router == "neighbours"].policy.tolist()
    assert decided["test"] == decided["nothing"] != decided["train"]


def test_a_router_that_the_tables_lack_is_named(new_routers, tmp_path, monkeypatch):
    costs, predictions = random_pool(seed=3, problems=30)
    tables = route_and_evaluate(tmp_path, costs, predictions)
    with pytest.raises(UserError, match=r"router 'knn' has no point .* utility, cascade, cheapest, neighbours"):
        cost_accuracy.collect(curves=tables["curves"], summary=tables["summary"], router="knn")
    monkeypatch.delitem(ROUTERS, "cheapest")
    with pytest.raises(UserError, match="unknown strategy 'cheapest'; known: single"):
        routing_summary.collect(summary=tables["summary"])
