"""What providers charged, as benchmarks of routers record it."""

import json

import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.common.tables import Format, read
from foretell.completions.imported import TextSettings, import_completions, import_rollouts
from foretell.outcomes.imported import import_outcomes
from foretell.outcomes.summary import summarise
from foretell.problems.imported import import_problems
from foretell.routing.costs import CHARGED, PolicyPrice, price_outcomes

MODEL = "gpt-3.5-turbo-1106"
COLUMNS = {"problem_id": "sample_id", "completion": f"{MODEL}|model_response"}
COLUMNS |= {"correct": MODEL, "charged": f"{MODEL}|total_cost"}
CHARGES = PolicyPrice(encoder=None, charged=True)


@pytest.fixture
def problems():
    frame = pd.DataFrame({"problem_id": list("pqr"), "question": ["1+1", "2+2", "3+3"], "answer": "2"})
    return import_problems(frame.assign(split=["train", "validation", "test"]), "integer", cross_fitted=False)


def test_a_table_of_routerbench_gives_grades_and_costs_as_they_are(problems, tmp_path):
    table = {"sample_id": list("pqr"), MODEL: [1.0, 0.5, 0.0], f"{MODEL}|model_response": ["2", "4", "7"]}
    pd.DataFrame({**table, f"{MODEL}|total_cost": [1e-5, 2e-5, 3e-5]}).to_parquet(tmp_path / "table.parquet")
    settings = TextSettings(table=Format(columns=COLUMNS), characters_per_token=None, threshold=0.75, charged=True)
    rollouts = import_rollouts(read(tmp_path / "table.parquet", settings.table, graded=True), problems, settings)
    outcomes = summarise(rollouts, problems)
    assert outcomes.majority_correct.tolist() == [True, False, False]
    costs = price_outcomes({"a": outcomes}, {"a": CHARGES})
    assert costs.cost.tolist() == [1e-5, 2e-5, 3e-5] and set(costs.cost_basis) == {CHARGED}
    assert costs.probe_cost.isna().all()


def test_results_of_llmrouterbench_are_their_records(problems, tmp_path):
    records = [
        {"index": name, "prediction": "2", "score": score, "prompt_tokens": 9, "completion_tokens": 3, "cost": 1e-4}
        for name, score in zip("pqr", (1.0, 0.0, 1.0), strict=True)
    ]
    file = tmp_path / "records.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in records))
    columns = {"problem_id": "index", "completion": "prediction", "correct": "score", "charged": "cost"}
    settings = TextSettings(table=Format(columns=columns), characters_per_token=None, charged=True)
    outcomes = summarise(import_rollouts(read(file, settings.table, graded=True), problems, settings), problems)
    assert outcomes.majority_correct.tolist() == [True, False, True] and outcomes.charged.tolist() == [1e-4] * 3


def test_a_problem_costs_what_all_of_its_samples_were_charged(problems):
    rows = [(name, sample, 0.5) for name in "pqr" for sample in (-1, 0, 1)]
    frame = pd.DataFrame(rows, columns=["problem_id", "sample", "charged"]).assign(completion="2", correct=True)
    settings = TextSettings(table=Format(), characters_per_token=None, charged=True)
    assert summarise(import_rollouts(frame, problems, settings), problems).charged.tolist() == [1.0] * 3
    frame.loc[1, "charged"] = None
    unknown = settings.model_copy(update={"charged": False})
    assert summarise(import_rollouts(frame, problems, unknown), problems).charged.isna().tolist() == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("charged", "message"),
    [
        ([0.1, None, 0.1], "1 of 3 rows have nothing in column 'charged', which key 'charged' of the policy needs"),
        ([0.1, -1, 0.1], "charged: -1 is no amount of USD"),
        ([0.1, float("inf"), 0.1], "charged: inf is no amount of USD"),
        (["dear", 1, 1], "column 'charged' must hold numbers"),
        (None, "there is no column 'charged', which key 'charged' of the policy needs"),
    ],
)
def test_charges_that_are_none_are_named(problems, charged, message):
    frame = pd.DataFrame({"problem_id": list("pqr"), "completion": "2", "majority_correct": True})
    frame = frame if charged is None else frame.assign(charged=charged)
    settings = TextSettings(table=Format(), characters_per_token=None, charged=True)
    with pytest.raises(UserError, match=message):
        import_completions(frame, problems, settings)
    with pytest.raises(UserError, match=message):
        import_outcomes(frame, problems, charged=True)


def test_missing_samples_that_count_as_wrong_were_charged_nothing(problems):
    frame = pd.DataFrame({"problem_id": list("pq"), "completion": "2", "majority_correct": True, "charged": 0.5})
    settings = TextSettings(table=Format(), characters_per_token=None, charged=True, missing="wrong")
    assert import_completions(frame, problems, settings).charged.tolist() == [0.5, 0.5, 0.0]
    assert import_outcomes(frame, problems, "wrong", charged=True).charged.tolist() == [0.5, 0.5, 0.0]


def test_outcomes_that_do_not_say_it_are_named(problems):
    frame = pd.DataFrame({"problem_id": list("pqr"), "majority_correct": True})
    outcomes = import_outcomes(frame, problems)
    with pytest.raises(UserError, match="outcomes of 'a' do not say what was charged"):
        price_outcomes({"a": outcomes}, {"a": CHARGES})
