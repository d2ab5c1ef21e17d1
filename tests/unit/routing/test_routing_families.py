"""Families of probes beside each other: the best one that reads the text alone is what others are compared with."""

import pandas as pd
import pytest

from foretell.routing.pool import tabulate_probabilities
from foretell.routing.summary import summarise_routing
from foretell.routing.tables import PoolTables
from routing_tables import SWEEP, hand_worked, no_fewer_samples, row, settings_of


def test_families_route_side_by_side_and_are_compared_with_the_best_text_only_one():
    costs, predictions = hand_worked()
    blind = {policy: table.assign(probability=0.5) for policy, table in predictions.items()}
    by_family = {"linear": predictions, "tfidf": predictions, "prompt_length": blind}
    keyed = {(policy, name): table for name, tables in by_family.items() for policy, table in tables.items()}
    part = PoolTables(costs, no_fewer_samples(), tabulate_probabilities(keyed, {"train": "probability"})).routed(SWEEP)
    summary = summarise_routing([part], settings_of(families=list(by_family)))
    rows = {name: row(summary, "cascade", family=name) for name in by_family}
    assert {each.text_family for each in rows.values()} == {"tfidf"}
    assert (rows["tfidf"].gain_over_text_low, rows["tfidf"].gain_over_text_high) == (0, 0)  # itself
    over = rows["linear"]
    assert (over.accuracy_over_text, over.saving_over_text, over.gain_over_text) == (0, 0, 0)
    assert over.saving_over_text_with_probing == 1 - 2.625 / 2.5  # the text costs nothing to read
    assert rows["tfidf"].cost_with_probing == rows["tfidf"].cost < over.cost_with_probing
    length = rows["prompt_length"]
    assert length.gain_over_text == pytest.approx(length.gain_over_hull - rows["tfidf"].gain_over_hull) and (
        length.gain_over_text < 0
    )
    assert pd.isna(row(summary, "hull", at_cost_of="cascade", family="linear").text_family)
