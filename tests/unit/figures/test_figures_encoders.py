import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from evaluated import evaluated
from foretell.common.errors import UserError
from foretell.figures.encoders import collect, layout

N = 400


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    ids = [f"p{i:03d}" for i in range(N)]
    right = {policy: rng.random(N) < 0.5 for policy in ("a", "b")}
    outcomes = {
        policy: pd.DataFrame({"problem_id": ids, "split": "test", "group": ids, "majority_correct": values})
        for policy, values in right.items()
    }
    noise = {("x", "a"): 0.5, ("x", "b"): 3.0, ("y", "a"): 1.5, ("y", "b"): 0.5}
    encoders = {
        encoder: pd.concat(
            pd.DataFrame({"policy": policy, "problem_id": ids, "split": "test"}).assign(
                score=right[policy] + rng.normal(scale=noise[encoder, policy], size=N)
            )
            for policy in right
        )
        for encoder in ("x", "y")
    }
    found = {(policy, "majority_correct", "linear"): read_by(encoders["x"], policy) for policy in right}
    table = evaluated(outcomes, found, 200, encoders=encoders, own={"a": "x", "b": "y"})
    return collect(metrics=table.metrics, differences=table.differences), outcomes, encoders


def read_by(encoder, policy):
    return encoder[encoder.policy == policy].assign(probability=0.5)


def test_the_self_advantage_is_the_own_encoder_minus_the_other(frame):
    table, outcomes, encoders = frame
    for policy, own, other in (("a", "x", "y"), ("b", "y", "x")):
        values = [
            roc_auc_score(outcomes[policy].majority_correct, scores[scores.policy == policy].score)
            for scores in (encoders[own], encoders[other])
        ]
        rows = table[table.policy == policy].set_index("encoder")
        assert rows.own.to_dict() == {own: True, other: False}
        assert rows.auroc[own] == pytest.approx(values[0]) and rows.auroc[other] == pytest.approx(values[1])
        assert rows.difference[other] == pytest.approx(values[0] - values[1]) and np.isnan(rows.difference[own])
        assert 0 < rows.difference_low[other] < rows.difference[other] < rows.difference_high[other]


def test_readers_see_which_encoder_is_a_policys_own(frame):
    table, note = layout(frame[0])
    assert table["x"][0].endswith("(own)") and table["y"][1].endswith("(own)") and "(own)" not in table["y"][0]
    assert table["Own minus other"].str.startswith("+").all() and f"n = {N}" in note


def test_an_encoder_that_no_table_was_given_of_is_named(frame):
    _, outcomes, encoders = frame
    found = {("a", "majority_correct", "linear"): read_by(encoders["x"], "a")}
    with pytest.raises(UserError, match="'a' needs outcomes, and its encoder 'z' a table"):
        evaluated({"a": outcomes["a"]}, found, encoders=encoders, own={"a": "z"})
