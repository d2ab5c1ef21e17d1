"""T13: benefits and limits of routing, from frames with known answers."""

import numpy as np
import pandas as pd
import pytest

from figure_frames import summary
from foretell.figures.benefits import collect, layout

PROBE, LENGTH = "linear probe, match", "by the prompt's length"


def routed(**probe):
    """A summary with the same router by length, whose probe's row has other values: name=(value, low, high)."""
    table = summary(["cheap", "best"], ["validation", "train"])
    for end in ("", "_low", "_high"):
        for name in ("gain_over_hull", "gain_over_text"):
            table[f"{name}_with_probing{end}"] = table[f"{name}{end}"] - 0.1
    by_length = table[table.strategy == "utility"].assign(family="prompt_length")
    table = pd.concat([table, by_length], ignore_index=True).assign(matched="underpowered")
    row = (table.strategy == "utility") & (table.family == "linear") & (table.chosen_on == "validation")
    for name, value in probe.items():
        names = [name + end for end in ("", "_low", "_high")] if isinstance(value, tuple) else [name]
        table.loc[row, names] = value
    return table


def measured(**metrics):
    """The field's metrics of the probe's router, and of the one by length, of which nothing is known."""
    rows = []
    for metric in ("oracle_gap", "win_rate", "accuracy_where_policies_disagree"):
        ends = dict(zip(("value", "low", "high"), metrics.get(metric, (0.5, 0.4, 0.6)), strict=True))
        rows.append({"strategy": "utility", "family": "linear", "metric": metric, **ends})
        rows.append({"strategy": "utility", "family": "prompt_length", "metric": metric, "value": np.nan})
    return pd.DataFrame(rows).assign(weak="cheap", strong="best")


def cells(*tables):
    return layout(collect(*tables))[0].set_index("")


def test_a_benefit_or_a_limit_is_what_the_interval_says():
    table = cells(
        routed(saving=(0.3, 0.2, 0.4), saving_with_probing=(-0.1, -0.2, -0.05), gain_over_hull=(0.01, -0.01, 0.03)),
        measured(oracle_gap=(0.2, 0.1, 0.3), win_rate=(0.3, 0.2, 0.4)),
    )
    assert table[PROBE]["Saving, %"] == "30.0 [20.0, 40.0]: benefit"
    assert table[PROBE]["Saving, probing paid, %"] == "−10.0 [−20.0, −5.0]: limit"
    assert table[PROBE]["Gain over mixtures of policies, points"] == "+1.0 [−1.0, +3.0]: open"
    assert table[PROBE]["Oracle's gap, %"].endswith(": benefit")
    assert table[PROBE]["Wins, %"] == "30.0 [20.0, 40.0]: limit", "of wins, half is even"
    assert table[PROBE]["Right where policies disagree, %"] == "50.0 [40.0, 60.0]", "nothing is compared"
    assert table[PROBE]["The same, probing paid, points"] == "−10.0 [−15.0, −5.0]: limit"
    assert table[LENGTH]["Oracle's gap, %"] == "unknown" and "train" not in str(table.columns)


@pytest.mark.parametrize(
    ("matched", "told"),
    [("yes", "matched"), ("no", "limit"), ("underpowered", "too few problems"), (None, "same policy")],
)
def test_of_accuracy_the_margin_decides(matched, told):
    table = cells(routed(matched=matched), measured())
    assert table[PROBE]["Accuracy difference, points"].endswith(f": {told}")
    expected = "same policy" if matched is None else "open"
    assert table[PROBE]["Saving, %"] == f"0.0 [−5.0, 5.0]: {expected}"


def test_the_router_stands_beside_what_is_done_without_one():
    table = cells(routed(), measured())
    others = ["the best policy for all", "the cheapest for all", "at random"]
    assert table.columns.tolist() == [*others, LENGTH, PROBE, "oracle"]
    assert table["the best policy for all"]["Accuracy, %"] == "56.0 [46.0, 66.0]"
    assert not any(":" in cell for name in [*others, LENGTH, "oracle"] for cell in table[name])


def test_single_policies_stand_at_all_of_their_samples():
    table = routed()
    single = table[table.strategy == "single"]
    fewer = single.assign(samples=1, cost=single.cost / 100, accuracy=0.1)
    frame = collect(pd.concat([fewer, table.assign(samples=table.samples.fillna(8))], ignore_index=True), measured())
    alone = frame[frame.strategy.isin(["the best policy for all", "the cheapest for all"])]
    assert set(alone.samples) == {8} and set(alone.policy) == {"best", "cheap"} and alone.value.ne(0.1).all()


def test_every_criterion_has_a_column_of_its_own():
    table = routed()
    budget = table[(table.strategy == "utility") & (table.family == "linear")].assign(criterion="budget", saving=0.5)
    found = cells(pd.concat([table, budget], ignore_index=True), measured())
    assert found["linear probe, budget"]["Saving, %"].startswith("50.0") and found[PROBE]["Saving, %"].startswith("0.0")
    assert found["linear probe, budget"]["Wins, %"] == "", "the field's metrics are of the point that matches"


def test_text_is_not_compared_with_itself():
    over = {"gain_over_text": (0.1, 0.05, 0.2)}
    assert "Gain over text-only, points" not in cells(routed(**over), measured()).index
    assert "Gain over text-only, points" not in cells(routed(text_family="linear", **over), measured()).index
    table = cells(routed(text_family="prompt_length", **over), measured())
    assert table.index.tolist()[-3:] == ["Oracle's gap, %", "Wins, %", "Right where policies disagree, %"]
    assert table[PROBE]["Gain over text-only, points"] == "+10.0 [+5.0, +20.0]: benefit"
    assert table[LENGTH]["Gain over text-only, points"] == ""


def test_where_length_routes_it_stands_once():
    table = routed()
    table = table[table.family.isna() | (table.family == "prompt_length")]
    frame = collect(table, measured())
    assert frame.verdict[frame.strategy == "prompt length, match"].notna().any()
    assert frame.strategy.unique().tolist()[3:] == ["prompt length, match", "oracle"]


def test_assumed_costs_say_so():
    note = layout(collect(routed().assign(cost_basis="assumed", saving_interval="sensitivity ±50 %"), measured()))[1]
    assert note.startswith("Costs are assumed, not measured.") and "sensitivity ±50 %" in note
