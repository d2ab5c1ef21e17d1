"""T9: rates of policies, by hand."""

import numpy as np
import pandas as pd
import pytest

from foretell.common.statistics import bootstrap_weights, percentile_interval
from foretell.figures.policies import collect, layout

UNKNOWN = ("greedy_correct", "guessed_share", "truncated_share")


def outcomes(groups="abcd"):
    """Four test problems, and one of train that does not count."""
    frame = pd.DataFrame(
        {
            "problem_id": list("pqrst"),
            "group": [*groups, "e"],
            "split": ["test"] * 4 + ["train"],
            "k": 4,
            "success_rate": [1.0, 0.5, 0.25, 0.0, 1.0],
            "majority_correct": pd.array([True, True, False, False, True], dtype="boolean"),
            "pass_at_k": pd.array([True, True, True, False, True], dtype="boolean"),
            "no_answer_share": [0.0, 0.0, 0.5, 0.5, 1.0],
            "prompt_tokens": pd.array([10, 20, 30, 40, 99], dtype="Int64"),
            "completion_tokens": pd.array([4, 8, 12, 16, 99], dtype="Int64"),
        }
    )
    return frame.assign(**dict.fromkeys(UNKNOWN, pd.NA))


PROBLEMS = pd.DataFrame({"problem_id": list("pqrstu"), "excluded_reason": [None] * 5 + ["a lacks answers to it"]})


def test_rates_are_means_over_test_with_intervals_over_the_resampling_unit():
    table = collect({"a": outcomes("aabb")}, PROBLEMS.head(5), 200, 3).set_index("quantity")
    expected = {"success_rate": 0.4375, "majority_correct": 0.5, "pass_at_k": 0.75, "no_answer_share": 0.25}
    assert table.value[list(expected)].to_dict() == expected
    assert (table.value.prompt_tokens, table.value.completion_tokens) == (25, 2.5)
    weights = bootstrap_weights(list("aabb"), 200, 3)
    resampled = weights @ np.array([1, 1, 0, 0]) / weights.sum(axis=1)
    found = table.loc["majority_correct"]
    assert (found.low, found.high) == pytest.approx(percentile_interval(resampled))
    assert (
        table.n["success_rate"] == 4 and table.value[list(UNKNOWN)].isna().all() and (table.n[list(UNKNOWN)] == 0).all()
    )


def test_the_printed_table_has_a_line_per_policy_and_no_column_that_nothing_fills():
    greedy = outcomes().assign(k=1, greedy_correct=pd.array([True, False, False, False, True], dtype="boolean"))
    shown, note = layout(collect({"b": outcomes(), "a": greedy}, PROBLEMS.head(5), 50, 1))
    assert shown.Policy.tolist() == ["b", "a"] and shown.k.tolist() == ["4", "1"]
    assert shown.Greedy[0] == "" and shown.Greedy[1].startswith("25.0 [")
    assert "Guessed" not in shown and "Cut off" not in shown
    assert shown["Prompt tokens"].tolist() == ["25.0", "25.0"] and "n = 4" in note


def test_of_one_answer_per_problem_what_is_right_is_said_once():
    shown, note = layout(collect({"a": outcomes().assign(k=1)}, PROBLEMS.head(5), 50, 1))
    assert shown.columns.tolist() == ["Policy", "Right", "No answer", "Prompt tokens", "Completion tokens"]
    assert shown.Right[0].startswith("50.0 [") and "k samples" not in note
    assert "One answer per problem: right, without an answer. Tokens" in note


def test_thinking_is_shown_where_a_policy_thinks():
    thinks = outcomes().assign(thinking_tokens=pd.array([0, 4, 8, 12, 99], dtype="Int64"))
    shown, _ = layout(collect({"a": outcomes(), "b": thinks}, PROBLEMS, 50, 1))
    assert shown["Thinking tokens"].tolist() == ["", "1.5"] and shown["Completion tokens"].tolist() == ["2.5", "2.5"]
    shown, _ = layout(collect({"b": thinks.assign(thinking_tokens=0)}, PROBLEMS, 50, 1))
    assert "Thinking tokens" not in shown


def test_what_an_import_lacks_is_counted():
    incomplete = outcomes().assign(missing=[0, 1, 0, 0, 2], unknown_problems=7)
    shown, _ = layout(collect({"a": outcomes(), "b": incomplete}, PROBLEMS, 50, 1))
    assert shown["Missing samples, counted as wrong"].tolist() == ["", "3 of 20"]
    assert shown["Problems left out for it"].tolist() == ["1 of 6", ""]
    assert shown["Passed over: not in the problem set"].tolist() == ["", "7"]
