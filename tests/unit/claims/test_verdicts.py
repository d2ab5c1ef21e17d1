"""The sentences that say which routers match the best single policy."""

import numpy as np
import pytest

from figure_frames import summary
from foretell.claims.front_page import headline
from foretell.claims.verdicts import which_match

SAVED = {"saving": 0.3, "saving_low": 0.2, "saving_high": 0.4}


def routed(**changes):
    """A pool's summary with other values for routers, by name; saving, if given, is that of probing too."""
    frame = summary(["cheap", "dear"])
    for router, values in changes.items():
        for name, value in values.items():
            frame.loc[frame.strategy == router, name] = value
    return frame


def test_a_cascade_that_matches_stands_first_with_what_it_saves():
    told = " ".join(
        which_match(routed(cascade={"matched": "yes", **SAVED, "saving_with_probing": np.nan}, utility=SAVED))
    )
    assert told.startswith(
        "The cascade matches dear, the best single policy on validation, within 1 point on 40 test problems. "
    )
    assert "The cascade is 0.0 [−5.0, +5.0] points from dear and saves 30.0 [20.0, 40.0] %; " in told
    assert "with its probing charged, what it saves is unknown." in told
    assert "Whether the utility router does stays open" in told and told.index("cascade is") < told.index("utility")


def test_both_are_named_and_a_match_that_saves_nothing_is_no_success():
    nothing = {"matched": "yes", "saving": -0.1, "saving_low": -0.2, "saving_high": 0.0}
    told = " ".join(which_match(routed(cascade=nothing, utility={**nothing, "saving_low": 0.0, "saving": 0.0})))
    assert told.startswith("The utility router and the cascade match") and "but no saving is shown. " in told
    assert "saves nothing" in told and "costs 10.0 [0.0, 20.0] % more" in told


@pytest.mark.parametrize("margin", [0.01, 0.05])
def test_where_none_matches_that_is_said_with_the_reason_for_each(margin):
    fallen = {"matched": None, "choice": "no setting matches: best single policy"}
    told = " ".join(which_match(routed(utility=fallen, cascade={"matched": "no"}).assign(margin=margin)))
    within = "1 point" if margin == 0.01 else "5 points"
    assert told.startswith(
        f"No router is shown to match dear, the best single policy on validation, within {within} on 40"
    )
    assert "The utility router sends every test problem to dear, since no setting matches on validation;" in told
    assert "The cascade does not: it is 0.0 [−5.0, +5.0] points from dear" in told
    same = " ".join(which_match(routed(utility={"matched": None})))
    assert "The utility router sends every test problem to dear." in same


GAIN = "gain_over_hull_with_probing"


def test_a_loss_that_is_shown_is_said_though_the_verdict_stays_open():
    lost = {"accuracy_difference": -0.1, "accuracy_difference_low": -0.2, "accuracy_difference_high": -0.01}
    worse = {GAIN: -0.03, f"{GAIN}_low": -0.06, f"{GAIN}_high": -0.01}
    told = which_match(routed(utility={**lost, **worse}).assign(margin=0.05))[1]
    assert "The utility router is less accurate, and whether it is so by less than 5 points stays open: " in told
    assert "it is 3.0 [1.0, 6.0] points less accurate than choosing by chance between single policies" in told
    better = {GAIN: 0.03, f"{GAIN}_low": 0.01, f"{GAIN}_high": 0.06}
    told = which_match(routed(utility={**SAVED, **better, "matched": "yes"}))[1]
    assert "it is 3.0 [1.0, 6.0] points more accurate than choosing by chance" in told
    assert "by chance" not in which_match(routed())[1]
    before = {name.replace("_with_probing", ""): value for name, value in better.items()}
    unknown = which_match(routed(utility={**before, "matched": "yes", "saving_with_probing": np.nan}))[1]
    assert "more accurate than choosing by chance" in unknown, "where what probing costs is unknown, without it"


def test_the_best_policies_of_folds_are_several():
    told = which_match(routed().assign(best_single="cheap / dear"))[0]
    assert told.startswith("No router is shown to match cheap / dear, the best single policies on validation, within")


def test_the_table_has_the_verdict_of_every_router_and_its_margin():
    table = headline(routed(utility={"matched": None}, cascade={"matched": "yes"}).assign(margin=0.05))
    told = dict(zip(table["router, operating point"], table["matched within 5 points"], strict=True))
    assert told == {"utility, match": "same policy", "cascade, match": "yes"}
