"""Small pools as the tables that the routing stage reads."""

import numpy as np
import pandas as pd

from foretell.routing.pool import tabulate_probabilities
from foretell.routing.routers import Sweep
from foretell.routing.settings import RoutingEvaluationSettings
from foretell.routing.tables import PoolTables

SWEEP = Sweep(lambdas=5, thresholds=5)
RESAMPLING = {"resamples": 200, "seed": 1}
CHOOSER = {"calibrated_on": "train", "chosen_on": "validation"}
SETTINGS = {
    **RESAMPLING,
    "sweep": SWEEP.model_dump(),
    "families": ["linear"],
    "choosers": [CHOOSER],
    "criteria": {"match": None},
    "margin": 0.01,
}


def settings_of(**changed) -> RoutingEvaluationSettings:
    """Settings of the evaluation, some of them changed."""
    return RoutingEvaluationSettings.model_validate(SETTINGS | changed)


def costs_table(
    correct: dict,
    cost: dict,
    split: list[str],
    probe_cost: dict | None = None,
    encoders: dict | None = None,
    k: int = 1,
):
    """Costs of policies over problems p0, p1, ...: labels and dollars per policy, one per problem."""
    tables = []
    for policy, labels in correct.items():
        names = [f"p{i}" for i in range(len(split))]
        table = pd.DataFrame({"problem_id": names, "split": split, "group": names, "policy": policy})
        table["of_policy"] = policy
        table["encoder"] = (encoders or {}).get(policy, f"encoder of {policy}")
        tables.append(
            table.assign(
                samples=k,
                correct=np.asarray(labels, dtype=float),
                input_cost=0.0,
                output_cost=cost[policy],
                cost=np.broadcast_to(np.asarray(cost[policy], dtype=float), len(split)),
                probe_cost=float((probe_cost or {}).get(policy, np.nan)),
                reuses_prefill=True,
                cost_basis="measured tokens",
            )
        )
    return pd.concat(tables, ignore_index=True)


def random_pool(seed: int, problems: int = 40, policies: int = 4):
    """Random labels, costs and probabilities; ties are frequent, every split has problems."""
    rng = np.random.default_rng(seed)
    names = [f"policy{i}" for i in range(policies)]
    split = ["train", "validation", "test"] * problems
    costs = costs_table(
        {name: rng.random(problems) < rng.random() for name in names},
        {name: rng.integers(1, 9, problems) / 8 for name in names},
        split[:problems],
        probe_cost={name: rng.integers(1, 5) / 16 for name in names},
        encoders={name: f"encoder{rng.integers(3)}" for name in names},
    )
    probe_costs = costs.groupby("encoder").probe_cost.transform("first")
    return costs.assign(probe_cost=probe_costs), predictions_table(costs, rng)


def predictions_table(costs: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Coarse random probabilities for every policy of a costs table."""
    ids = costs.problem_id.unique()
    return {
        policy: pd.DataFrame({"problem_id": ids, "probability": rng.integers(0, 11, len(ids)) / 10})
        for policy in costs.policy.unique()
    }


def probabilities_table(predictions: dict[str, pd.DataFrame], family: str = "linear") -> pd.DataFrame:
    """Predictions of all policies, calibrated on train, as one table."""
    by_family = {(policy, family): table for policy, table in predictions.items()}
    return tabulate_probabilities(by_family, {"train": "probability"})


def pool_tables(
    costs: pd.DataFrame,
    predictions: dict[str, pd.DataFrame],
    fewer: pd.DataFrame | None = None,
    family: str = "linear",
) -> PoolTables:
    """What a pool's decisions follow from, with probabilities that were calibrated on train."""
    return PoolTables(costs, no_fewer_samples() if fewer is None else fewer, probabilities_table(predictions, family))


def no_fewer_samples() -> pd.DataFrame:
    """The table of fewer samples for policies without rollouts."""
    return pd.DataFrame(
        {"problem_id": [], "split": [], "policy": [], "samples": [], "expected_correct": [], "expected_cost": []}
    )


SPLITS = ["train"] * 4 + ["validation"] * 4 + ["test"] * 4


def hand_worked():
    """Small costs 1 and is right on half; large costs 4 and is always right, but for one test problem.

    The probe of small knows exactly when it is right.
    """
    small = [1, 0, 1, 0] * 3
    costs = costs_table(
        {"small": small, "large": [1] * 11 + [0]},
        {"small": 1.0, "large": 4.0},
        SPLITS,
        probe_cost={"small": 0.25, "large": 0.5},
    )
    ids = costs.problem_id.unique()
    predictions = {
        "small": pd.DataFrame({"problem_id": ids, "probability": np.where(small, 0.9, 0.1)}),
        "large": pd.DataFrame({"problem_id": ids, "probability": 0.95}),
    }
    return costs, predictions


def row(summary, strategy, **labels):
    wanted = summary[summary.strategy == strategy]
    for name, value in labels.items():
        wanted = wanted[wanted[name] == value]
    assert len(wanted) == 1
    return wanted.iloc[0]
