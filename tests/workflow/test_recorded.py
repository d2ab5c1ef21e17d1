"""The study on recorded outcomes, against what was recorded beside them."""

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from workflow_project import RECORDS

RUNS = {"qwen2.5-math-1.5b": "r17", "qwen2.5-math-7b": "r28", "gpt-oss-20b": "r33"}


@pytest.mark.parametrize("policy", RUNS)
def test_both_halves_together_have_the_recorded_test_score(recorded, policy):
    results = recorded.folder / "results" / "recorded"
    halves = []
    for half in ("math-half-0", "math-half-1"):
        predictions = results / "probes" / half / policy / "majority_correct" / "linear" / "predictions.parquet"
        outcomes = pd.read_parquet(results / "outcomes" / half / f"{policy}.parquet")
        both = outcomes.merge(pd.read_parquet(predictions), on=["problem_id", "split"], validate="one_to_one")
        halves.append(both[both.split == "test"])
    together = pd.concat(halves)
    assert together.problem_id.is_unique
    runs = pd.read_parquet(RECORDS / "runs.parquet").set_index("run_id")
    auroc = roc_auc_score(together.majority_correct.astype(int), together.score)
    assert auroc == pytest.approx(runs.test_score[RUNS[policy]], abs=2e-4)


def test_assumed_costs_say_so_wherever_they_are_used(recorded):
    results = recorded.folder / "results" / "recorded"
    for half in ("math-half-0", "math-half-1"):
        assert "assumed, not measured" in (results / "tables" / half / "T4.md").read_text()
        assert pd.read_csv(results / "figures" / half / "F6.csv").cost_basis.eq("assumed").all()
    assert "assumed" in (results / "claims.md").read_text()
