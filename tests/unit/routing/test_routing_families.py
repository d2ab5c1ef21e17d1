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


@pytest.fixture
def of_two_families():
    """A pool of which linear knows on validation which problems the cheap policy gets right, and tfidf on test."""
    costs, predictions = hand_worked()
    split = predictions["small"].problem_id.map(costs.drop_duplicates("problem_id").set_index("problem_id").split)

    def known_on(part):
        small = predictions["small"].probability.where(split == part, 0.5)
        return {**predictions, "small": predictions["small"].assign(probability=small)}

    by_family = {"tfidf": known_on("test"), "linear": known_on("validation")}
    keyed = {(policy, name): table for name, tables in by_family.items() for policy, table in tables.items()}
    return PoolTables(costs, no_fewer_samples(), tabulate_probabilities(keyed, {"train": "probability"})).routed(SWEEP)


def test_the_router_and_family_that_validation_prefers_are_marked_once_per_criterion(of_two_families):
    criteria = {"match": None, "budget": 2.75, "accuracy": 0.9}
    summary = summarise_routing([of_two_families], settings_of(families=["tfidf", "linear"], criteria=criteria))
    marked = summary[summary.preferred]
    assert (
        len(marked) == 3 and set(marked.criterion) == set(criteria) and set(marked.strategy) <= {"utility", "cascade"}
    )
    assert set(marked.family) == {"linear"}, "tfidf is the better one on test, which chooses nothing"


def test_nothing_is_preferred_where_nothing_fulfils_the_criterion(of_two_families):
    criteria = {"match": None, "budget": 0.5}
    summary = summarise_routing([of_two_families], settings_of(families=["tfidf", "linear"], criteria=criteria))
    assert summary[summary.preferred].criterion.tolist() == ["match"]
