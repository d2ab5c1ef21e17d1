"""The explorer: a browser shows the library's own numbers for whatever a person changes."""

import json
import re

import pytest

from browser import MISSING, Browser
from foretell.common.rounded import with_interval
from foretell.figures.text import money
from foretell.report.explorer import render
from foretell.routing.curves import count_shares
from foretell.routing.explorer import explore
from foretell.routing.investment import estimate_return
from foretell.routing.routers import ROUTERS, Sweep
from foretell.routing.settings import ReturnSettings
from routing_tables import SETTINGS, SWEEP, hand_worked, pool_tables, random_pool

INVESTMENT = {
    "queries_per_month": 1000.0,
    "review_hours": 0.5,
    "price_of_hour": 20.0,
    "labelling_cost": 3.0,
    "integration_cost": 700.0,
    "assumption": "a <guess>",
}


def settings_of(**changed):
    return ReturnSettings.model_validate({**SETTINGS, "resamples": 60, "investment": INVESTMENT | changed})


@pytest.fixture(scope="module")
def folds():
    return [pool_tables(*random_pool(3, problems=120)).routed(SWEEP)]


@pytest.fixture(scope="module")
def page(folds, pytestconfig, tmp_path_factory):
    folder = pytestconfig.rootpath / "workflow" / "report"
    texts = [(folder / name).read_text(encoding="utf-8") for name in ("explorer.html", "explorer.js", "page.css")]
    file = tmp_path_factory.mktemp("explorer") / "explorer.html"
    settings = settings_of()
    file.write_text(render(explore(folds, settings), "own", settings, *texts), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if MISSING:
        pytest.skip(MISSING)
    started = Browser(tmp_path_factory.mktemp("chromium"))
    yield started
    started.close()


@pytest.mark.parametrize("beside", [[], ["tolerance"]])
def test_the_page_has_the_routers_that_the_study_names(beside):
    swept = Sweep(routers=[*beside, "utility", "cascade"], lambdas=5, thresholds=4, tolerances=3)
    settings = settings_of().model_copy(update={"sweep": swept})
    found = explore([pool_tables(*random_pool(3, problems=120)).routed(swept)], settings)
    points = found.points.strategy.tolist()
    assert points == ["utility"] * 5 + ["cascade"] * 4 + beside * 3
    assert found.shares.groupby("point").share.sum().tolist() == pytest.approx([1] * len(points))
    page = render(found, "own", settings, "{{ data | tojson }}", "", "")
    assert [router["id"] for router in json.loads(page)["routers"]] == ["utility", "cascade", *beside]


def test_operating_points_worked_by_hand():
    """At a threshold of 0.75 the cascade keeps what small knows it gets right, and asks large for the rest."""
    found = explore([pool_tables(*hand_worked()).routed(SWEEP)], settings_of())
    points = found.points
    place = points.index[(points.strategy == "cascade") & (points.operating_point == 0.75)][0]
    at = len(found.strategies) + place
    assert (found.accuracy[0, at], found.cost[0, at]) == (0.75, 2.625)
    assert points.choosing_accuracy[place] == 1.0 and points.choosing_cost[place] == 2.625
    shares = found.shares[found.shares.point == place].set_index("policy").share
    assert shares.to_dict() == {"small": 0.5, "large": 0.5}
    assert (found.n, found.chosen_on, found.once.problems, found.accuracy.shape[0]) == (4, "validation", 8, 61)


def test_strategies_are_those_of_the_return(folds):
    found, returns = explore(folds, settings_of()), estimate_return(folds, settings_of())
    of_strategies = slice(len(returns))
    assert found.strategies.strategy.tolist() == returns.strategy.tolist()
    assert found.accuracy[0, of_strategies] == pytest.approx(returns.accuracy)
    assert 12000 * found.cost[0, of_strategies] == pytest.approx(returns.model_cost)
    few = explore(folds, settings_of().model_copy(update={"resamples": 500}))
    assert few.resamples == 200 and few.accuracy[:61] == pytest.approx(found.accuracy)


def test_shares_of_folds_are_those_of_the_library():
    """Their policies may stand in different orders of cost."""
    folds = [pool_tables(*random_pool(seed)).routed(SWEEP) for seed in (1, 2)]
    assert folds[0].pool.policies != folds[1].pool.policies
    found, shares = explore(folds, settings_of(incumbent="policy0")), count_shares(folds)
    assert found.chosen_on == "test", "no split is held out of all folds"
    shares = shares[shares.family.eq("linear") & shares.calibrated_on.eq("train")]
    found = found.shares.merge(found.points, left_on="point", right_index=True)
    both = found.merge(
        shares, left_on=["strategy", "operating_point", "policy"], right_on=["router", "operating_point", "policy"]
    )
    assert len(both) == len(found) == len(shares) and both.share_x.to_numpy() == pytest.approx(both.share_y)


def set_to(browser, name, value, event="input"):
    browser.run(f"$('{name}').value = '{value}'; $('{name}').dispatchEvent(new Event('{event}'))")


def cells(browser):
    """The year's table, strategies in the library's order; the first row is of the router as it is set."""
    rows = browser.run("[...$('year').rows].map(row => [...row.cells].map(each => each.textContent))")
    return [[re.sub(r"(?<=\d),(?=\d)", "", cell) for cell in row] for row in rows[1:]]


def test_a_changed_field_shows_the_librarys_number(browser, folds, page):
    browser.open(page, 1400)
    changed = {"queries_per_month": 12345.0, "review_hours": 0.25, "price_of_hour": 31.0}
    changed |= {"labelling_cost": 0.5, "integration_cost": 99.0}
    for name, value in changed.items():
        set_to(browser, name, value)
    set_to(browser, "incumbent", browser.run("strategies.findIndex(each => each.policy === 'policy0')"), "change")
    # What was chosen for the least total cost was so with the study's cost of a wrong answer, not with the changed one.
    returns = estimate_return(folds, settings_of(**changed, incumbent="policy0"))
    names = browser.run("strategies.map(each => each.criterion)")
    shown = [each for each, criterion in zip(cells(browser), names, strict=True) if criterion != "total"]
    for found, each in zip(shown, returns[returns.criterion != "total"].itertuples(), strict=True):
        assert found[4] == money(each.total, each.total_low, each.total_high)
        assert found[1] == with_interval(each.accuracy, each.accuracy_low, each.accuracy_high, 1, scale=100)
        if not each.is_incumbent:
            assert found[5] == money(each.saving, each.saving_low, each.saving_high)
            ends = [each.payback_months, each.payback_months_low, each.payback_months_high]
            value, low, high = ("never" if end == float("inf") else f"{end:.1f}" for end in ends)
            assert found[7] == (f"{value} [{low}, {high}]" if each.strategy in ROUTERS else "")
        assert found[8] == str(each.n)
    assert browser.complaints() == []


def test_waiting_is_counted_as_the_library_counts_it(browser, folds, pytestconfig, tmp_path):
    folder = pytestconfig.rootpath / "workflow" / "report"
    texts = [(folder / name).read_text(encoding="utf-8") for name in ("explorer.html", "explorer.js", "page.css")]
    given = {"latency": {f"policy{index}": 2.0137**index for index in range(4)}, "routing_latency": 0.5123}
    settings, file = settings_of(**given), tmp_path / "explorer.html"
    found = explore(folds, settings)
    file.write_text(render(found, "own", settings, *texts), encoding="utf-8")
    browser.open(file, 1400)
    set_to(browser, "price_of_waiting", 40)
    returns = estimate_return(folds, settings_of(**given, price_of_waiting=40))
    for shown, each in zip(cells(browser), returns.itertuples(), strict=True):
        assert shown[2] == with_interval(each.latency, each.latency_low, each.latency_high, 2)
        assert shown[5] == money(each.waiting_cost, each.waiting_cost_low, each.waiting_cost_high)
        assert shown[6] == money(each.total, each.total_low, each.total_high)
    place = browser.run("point")
    latency = found.seconds[0, len(found.strategies) + place]
    assert browser.run("$('tile-latency').textContent").startswith(f"Latency, s{latency:.2f}")
    assert browser.complaints() == []


def test_what_cannot_be_is_refused_and_the_numbers_stay(browser, page):
    browser.open(page, 1400)
    before = cells(browser)
    for name, value in (("queries_per_month", 0), ("price_of_hour", -1), ("review_hours", "")):
        set_to(browser, name, value)
        assert browser.run(f"$('{name}').getAttribute('aria-invalid')") == "true"
        assert "not negative" in browser.run("$('error').textContent") and cells(browser) == before


def test_keys_move_the_router_and_a_budget_is_kept_on_validation(browser, folds, page):
    browser.open(page, 1400)
    found = explore(folds, settings_of())
    chosen = found.strategies[(found.strategies.strategy == "utility") & (found.strategies.family == "linear")]
    points = found.points[found.points.strategy == "utility"]
    assert browser.run("points[point].at") == chosen.operating_point.dropna().iloc[0]  # what validation chose
    stars = browser.run("[...document.querySelectorAll('.star')].length")
    assert stars == browser.run("strategies.filter(each => each.point !== null).length") > 0
    browser.run("$('place').focus()")
    browser.press("Home", 36)
    assert browser.run("$('place').getAttribute('aria-valuetext')") == "λ = 0.000"
    browser.press("ArrowRight", 39)
    assert browser.run("points[point].at") == points.operating_point.iloc[1]
    shown = browser.run("$('tile-accuracy').textContent")
    assert shown.startswith(f"Accuracy, %{100 * found.accuracy[0, len(found.strategies) + points.index[1]]:.1f}")
    assert f"n\xa0=\xa0{found.n}" in shown
    by_worth = points.sort_values(["choosing_accuracy", "choosing_cost"], ascending=[False, True], kind="stable")
    for budget in points.choosing_cost:
        set_to(browser, "budget", 1000 * budget)
        best = by_worth[by_worth.choosing_cost <= budget].operating_point.iloc[0]
        assert browser.run("points[point].at") == best
    set_to(browser, "budget", 0)
    assert "costs that little" in browser.run("$('error').textContent")


@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_overflows_and_nothing_is_asked_for(browser, page, width):
    browser.open(page, width, phone=width < 500)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth") and browser.run("innerWidth") == width
    assert browser.complaints() == [] and browser.requests() == [page.as_uri()]
    named = "[...document.querySelectorAll('input, select, button')].every(each => each.labels.length === 1)"
    assert browser.run(named)
    text = browser.run("document.body.innerText")
    assert "Test data chose nothing" in text and "a <guess>" in text and "optimistic" in text
