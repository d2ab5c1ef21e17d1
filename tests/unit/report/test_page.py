"""The report: what stands in it, and that a browser shows all of it, asks nobody for anything, and works by keys."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from browser import MISSING, Browser
from foretell.claims.front_page import Unrouted
from foretell.figures import routing_summary
from foretell.report import tables
from foretell.report.chart import chart_of
from foretell.report.ending import ending
from foretell.report.page import render
from report_contents import POLICIES, contents, metrics


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return contents(tmp_path_factory.mktemp("figures"))


@pytest.fixture(scope="module")
def report(made, pytestconfig, tmp_path_factory):
    """The page of a small study."""
    folder = pytestconfig.rootpath / "workflow" / "report"
    texts = [(folder / name).read_text(encoding="utf-8") for name in ("page.html", "page.css")]
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(render(made, *texts), encoding="utf-8")
    return file


class Outline(HTMLParser):
    """Ids, internal links and open elements of a page."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"][1:]] if given.get("href", "").startswith("#") else []
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_its_links_lead_somewhere(report):
    outline = Outline(report.read_text(encoding="utf-8"))
    assert not outline.open and len(outline.ids) == len(set(outline.ids))
    assert outline.links and set(outline.links) <= set(outline.ids)


def test_everything_stands_in_the_order_in_which_it_is_read(report):
    text = report.read_text(encoding="utf-8")
    sections = re.findall(r'<section id="([a-z-]+)"', text)
    assert sections == [
        "run",
        "pictures",
        "headline",
        "claims",
        "figures",
        "policies",
        "left-out",
        "size",
        "provenance",
    ]
    assert "Own questions, &lt;b&gt;own&lt;/b&gt; &amp; {{ models }}" in text, "a title is shown as it is written"
    assert "It &lt;i&gt;works&lt;/i&gt;" in text
    assert 'Shown of <span class="docutils literal">mine</span>' in text, "a caption asks the configuration"
    assert "Problem set programs: no bubblewrap." in text and "F1 (Norms)" in text
    assert "1 of 2 claims of the paper, which cannot be tested here; Claims lists them" in text
    untested = text[text.index("Claims that cannot be tested here") : text.index('<section id="figures"')]
    assert "<td>all</td><td>the study has no AIME problems</td>" in untested
    assert f"own: no AUROC of majority correct for {POLICIES[1]} (2 failures of 90)." in text
    assert text.count('href="data:text/csv') == 4 and text.count("data:image/svg+xml") == 4


def test_a_pool_says_that_routers_may_choose_fewer_samples(report):
    text = report.read_text(encoding="utf-8")
    assert "over which queries are routed" in text and "Routers may choose any number of a policy's samples." in text


def test_the_headline_says_which_router_matches(made, pytestconfig):
    routed = made.routing["pool"].copy()
    routed.loc[routed.strategy == "cascade", "matched"] = "yes"
    template = (pytestconfig.rootpath / "workflow" / "report" / "page.html").read_text(encoding="utf-8")
    page = render(replace(made, routing={"pool": routed}), template, "")
    assert (
        f"<b>The cascade matches {POLICIES[-1]}, the best single policy on validation, within 1 point on 40 test"
        in page
    )
    assert page.index("<b>The cascade matches") < page.index('id="run"'), "on the first screen too"
    assert "No router is shown to match" in render(made, template, "") and ">matched within 1 point<" in page


def test_of_texts_alone_nothing_is_said_of_activations(pytestconfig, tmp_path):
    """What routes stands first, as it does where activations are read."""
    of_texts = metrics().replace({"family": {"linear": "prompt_length"}})
    chart = chart_of(of_texts)
    assert chart.families == [("TF-IDF", "circle"), ("prompt length", "square")] and not chart.of_activations
    assert [point.mark for _, points in chart.rows for point in points] == ["circle", "square"]
    assert chart_of(metrics()).families[0] == ("linear probe", "circle") and chart_of(metrics()).of_activations
    folder = pytestconfig.rootpath / "workflow" / "report"
    shown = contents(tmp_path, metrics={"own": of_texts})
    asked = replace(shown, page=shown.page.model_copy(update={"reads_activations": False}))
    page = render(asked, (folder / "page.html").read_text(encoding="utf-8"), "")
    assert "does the question say whether it will succeed" in page
    assert "(TF-IDF), which reads the text alone" in page and "activations" not in page.split("<h2")[2]


def test_without_a_pool_nothing_is_asked_of_routing_and_the_first_finding_is_a_score(made, pytestconfig):
    template = (pytestconfig.rootpath / "workflow" / "report" / "page.html").read_text(encoding="utf-8")
    (pool,) = made.page.pools
    unrouted = [Unrouted(problem_set=pool.problem_set, policies=pool.policies)]
    page, probes = made.page.model_copy(update={"pools": [], "unrouted": unrouted}), metrics()
    length = probes[probes.family == "tfidf"].assign(family="prompt_length", value=0.6)
    told = {"own": pd.concat([length, probes])}
    lead = render(replace(made, page=page, routing={}, metrics=told), template, "").split("<h2")[0]
    assert "whether it will succeed?" in lead and "routed over" not in lead
    assert "own</a>, AUROC of majority correct on 90 test problems: " in lead
    assert "0.80 [0.70, 0.90] by linear probe, 0.80 [0.70, 0.90] by TF-IDF, the best of the others" in lead


def test_a_pool_with_an_investment_leads_to_its_explorer(made, pytestconfig):
    template = (pytestconfig.rootpath / "workflow" / "report" / "page.html").read_text(encoding="utf-8")
    link = 'href="routing/pool/explorer.html"'
    invested = replace(made, config={**made.config, "return_on_investment": {"pool": {}}})
    assert link in render(invested, template, "") and link not in render(made, template, "")


def test_a_study_of_human_difficulty_is_not_asked_what_it_is_worth(made, pytestconfig):
    shown = {("F1", "own"): made.shown["F4", "own"]}
    page = render(
        replace(made, shown=shown, captions={"F1": "So."}),
        (pytestconfig.rootpath / "workflow" / "report" / "page.html").read_text(encoding="utf-8"),
        "",
    )
    assert "Is what people find hard what the models fail on?" in page and "Is it worth anything?" not in page


def test_the_headline_says_of_costs_what_the_tables_say(made, pytestconfig):
    basis = "assumed prices, tokens estimated from characters"
    routing = {name: summary.assign(cost_basis=basis) for name, summary in made.routing.items()}
    template = (pytestconfig.rootpath / "workflow" / "report" / "page.html").read_text(encoding="utf-8")
    _, note = routing_summary.layout(routing_summary.collect(routing["pool"]))
    assert f"cost basis: {basis}" in note and f"Costs: {basis}" in render(replace(made, routing=routing), template, "")


def test_the_run_ends_in_a_few_lines(made, report):
    first, *further = ending(made, report, ["own"], {"math": "it is made of pools"})
    assert first.startswith("Made: 2 figures and 2 tables") and str(report) in first
    assert first.endswith(f", routers to take away in {report.parent}/routers")
    assert further[0] == "Left out: router of pool math: it is made of pools"
    assert further[1] == "Left out: problem set programs: no bubblewrap"
    assert further[2] == "Left out: 2 of 4 problems of own: its question is that of a test problem."
    assert further[3] == "Left out: 1 of 4 problems of own: a lacks answers to it."
    assert [line.split(":")[0] for line in further] == [*["Left out"] * 5, *["Small"] * 3]
    assert further[-2].startswith("Small: Pool 'pool' has 40 test problems: that a router matches")
    assert further[-1].startswith("Small: Pool 'pool' has 40 validation problems, on which the best single policy")


def test_what_incomplete_files_lack_stands_on_the_page_and_at_the_end(made, report, pytestconfig):
    answers = {key: frame.assign(missing=0, unknown_problems=0) for key, frame in made.outcomes.items()}
    answers["own", POLICIES[0]] = answers["own", POLICIES[0]].assign(missing=1, unknown_problems=7)
    told = replace(made, outcomes=answers)
    page = render(told, (pytestconfig.rootpath / "workflow" / "report" / "page.html").read_text(encoding="utf-8"), "")
    lines = [
        f"missing samples, counted as wrong, of {POLICIES[0]} on own: 120 of 480.",
        f"passed over: not in the problem set, of {POLICIES[0]} on own: 7.",
    ]
    said = list(ending(told, report, [], {}))
    assert [line for line in said if POLICIES[0] in line] == [f"Left out: {each}" for each in lines]
    assert all(f"<li>{each}</li>" in page for each in [*lines, "1 of 4 problems of own: a lacks answers to it."])


def test_warnings_about_size_are_about_size(made, report):
    """Verdicts stay open for each router; groups are few; what is not known at all is left out and not small."""
    routing = {name: summary.assign(n=4000) for name, summary in made.routing.items()}
    grouped = {
        name: frame.assign(group=[f"g{place % 7}" for place in range(120)]) for name, frame in made.outcomes.items()
    }
    unknown = metrics().assign(reason="no problem has a label", value=float("nan"), target="greedy_correct")
    told = replace(made, routing=routing, outcomes=grouped, metrics={"own": unknown})
    lines = [line for line in ending(told, report, [], {}) if not line.startswith("Made")]
    small = [line for line in lines if line.startswith("Small")]
    assert small[0].startswith("Small: Problem set 'own' has 7 groups on test: intervals resample groups")
    assert ["utility router" in small[1], "cascade" in small[2]] == [True, True] and "stays open" in small[1]
    (left,) = (line for line in lines if "AUROC" in line)
    assert left.startswith("Left out: own: no AUROC of greedy correct for") and "(not known of any problem)" in left


def test_numbers_stand_with_their_intervals_and_what_never_changes_is_said_once(tmp_path):
    file = tmp_path / "F.csv"
    file.write_text(
        "policy,n,accuracy,accuracy_low,accuracy_high,note,cost,low,high\na,9,0.5,0.25,0.75,,-1e-05,,\nb,9,1,1,1,x,2,1,3\nc,9,1,1,1,x,inf,5,inf\n"
    )
    table = tables.of_csv(file)
    assert (table.columns, table.constant) == (["policy", "accuracy", "note", "cost"], {"n": "9"})
    assert table.numeric == [False, True, False, True]
    assert table.rows[2][3] == tables.Cell("∞", "[5, ∞]")
    assert table.rows[0][1] == tables.Cell("0.5", "[0.25, 0.75]")
    assert table.rows[0][3] == tables.Cell("−1e−05") and table.rows[1][3] == tables.Cell("2", "[1, 3]")


def test_a_table_of_many_rows_says_how_many_it_does_not_show(tmp_path):
    file = tmp_path / "F.csv"
    file.write_text("x\n" + "".join(f"{place}\n" for place in range(tables.MOST + 7)))
    table = tables.of_csv(file)
    assert (len(table.rows), table.more) == (tables.MOST, 7)


def test_a_table_for_readers_is_read_back():
    table = tables.of_markdown("| a\\|b | score |\n|:--|:--|\n| x | 0.5 [0.4, 0.6] |\n| y | n/t |\n\nA note.\n")
    assert (table.columns, table.numeric, table.note) == (["a|b", "score"], [False, True], "A note.")
    assert table.rows[0] == [tables.Cell("x"), tables.Cell("0.5", "[0.4, 0.6]")]
    assert tables.of_texts(["r"], [["0.49 [0.40, 0.55], p = 0.005"], [""]]).numeric == [True]
    assert (
        tables.of_texts(["r"], [["0.49 [0.40, 0.55], p = 0.005"]]).rows[0][0].interval
        == "[0.40, 0.55], p\xa0=\xa00.005"
    )
    assert tables.of_texts(["a"], [["x = 1"], ["1 / 2"]]).rows == [
        [tables.Cell("x\xa0=\xa01")],
        [tables.Cell("1\xa0/\xa02")],
    ]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if MISSING:
        pytest.skip(MISSING)
    started = Browser(tmp_path_factory.mktemp("chromium"))
    yield started
    started.close()


# What lies beyond the page's own width or above its beginning, unless it is in something that scrolls.
OUT_OF_REACH = """[...document.querySelectorAll('body *')].filter(each => {
  const box = each.getBoundingClientRect()
  if (!box.width || each.closest('.scroll, .skip')) return false
  return box.left < -1 || box.right > innerWidth + 1 || box.top + scrollY < -1
}).map(each => each.outerHTML.slice(0, 80))"""
# Scrolled to its end, each thing that scrolls must show the last of what it holds, and a key must be able to get there.
CUT_OFF = """[...document.querySelectorAll('.scroll')].filter(each => {
  each.scrollTo(1e6, 1e6)
  const box = each.getBoundingClientRect(), last = each.firstElementChild.getBoundingClientRect()
  each.scrollTo(0, 0)
  return last.right > box.right + 2 || last.bottom > box.bottom + 2 || each.tabIndex !== 0
}).length"""


@pytest.mark.parametrize("width", [390, 1400, 2560])
def test_everything_can_be_reached_and_nothing_is_asked_for(browser, report, width):
    browser.open(report, width, phone=width < 500)
    assert browser.run("document.documentElement.scrollWidth <= innerWidth") and browser.run("innerWidth") == width
    browser.run("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert browser.run(OUT_OF_REACH) == []
    assert browser.run(CUT_OFF) == 0
    assert browser.run("[...document.images].every(each => each.complete && each.naturalWidth > 0)")
    assert browser.complaints() == [] and browser.requests() == [report.as_uri()]


def test_a_request_to_the_outside_is_refused(browser, report, tmp_path):
    other = tmp_path / "report.html"
    text = report.read_text(encoding="utf-8")
    other.write_text(text.replace("</main>", '<img src="http://127.0.0.1:9/x.png"><script>1</script></main>'))
    browser.open(other, 1400)
    assert sum("Content Security Policy" in said for said in browser.complaints()) == 2


def test_it_works_by_keys_alone(browser, report):
    browser.open(report, 1400)
    browser.press("Tab", 9)
    assert browser.run("document.activeElement.className") == "skip"
    browser.run("document.querySelector('nav a[href=\"#figures\"]').focus()")
    browser.press("Enter", 13, "\r")
    assert browser.run("location.hash") == "#figures"
    browser.run("document.querySelector('summary').focus()")
    browser.press("Enter", 13, "\r")
    assert browser.run("document.querySelector('details').open")
    browser.press("Tab", 9)
    assert browser.run("document.activeElement.matches('details .scroll')"), "the numbers scroll by keys"


def test_the_dark_changes_paper_and_ink_and_print_shows_whole_tables(browser, report):
    ground = "getComputedStyle(document.body).backgroundColor"
    browser.open(report, 1400, scheme="dark")
    dark = browser.run(ground)
    browser.open(report, 1400, media="print", scheme="light")
    assert browser.run(ground) == "rgb(255, 255, 255)" != dark
    assert browser.run("getComputedStyle(document.querySelector('.scroll')).maxHeight") == "none"
    assert browser.run("getComputedStyle(document.querySelector('nav')).display") == "none"
