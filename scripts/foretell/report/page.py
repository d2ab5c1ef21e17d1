"""The page itself: what it shows, in the order in which it is read."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from foretell.claims.findings import NOT_TESTABLE
from foretell.claims.front_page import (
    ANALOGUE,
    FrontPageSettings,
    Pool,
    Unrouted,
    in_numbers,
)
from foretell.claims.table import untestable, untestable_of_all
from foretell.common.rounded import with_interval
from foretell.report import pools, sizes, tables
from foretell.report.captions import to_html
from foretell.report.chart import Chart, chart_of
from foretell.report.left_out import left_out
from foretell.report.made_from import MadeFrom

POLICIES = "T9"  # stands in a section of its own
ENLARGED = 1.5  # the figures' type is that of a printed column
# The pictures that matter, by what they answer; of each the first that the study has.
PICTURES = {
    "Does it come true?": ("F4", "F5", "F11"),
    "Is it worth anything?": ("F6", "F7", "F11"),
    "Is what people find hard what the models fail on?": ("F1",),
}
_BESIDE_THE_CHART = 2
_WIDTH = re.compile(r'<svg [^>]*?width="([\d.]+)pt"')
_HEIGHT = re.compile(r'<svg [^>]*?height="([\d.]+)pt"')


@dataclass(frozen=True)
class Shown:
    """A figure or table of one problem set or pool.

    Attributes:
        label: T2, F6, ...
        name: of the problem set or pool.
        title: what it is called.
        image: of a figure, as data URI; empty of a table.
        width, height: of the image, in CSS pixels.
        table: its numbers.
        csv: all of them, as data URI.
    """

    label: str
    name: str
    title: str
    image: str
    width: int
    height: int
    table: tables.Table
    csv: str

    @property
    def id(self) -> str:
        """Anchor."""
        return f"{self.label}-{self.name}"


@dataclass(frozen=True)
class Contents:
    """What the page is made from.

    Attributes:
        page: what was run.
        config: the study's configuration.
        titles: of every figure and table that there is, by label.
        captions: by label; also of the table of claims.
        shown: files of each figure and table, by label and problem set or pool.
        claims: the table of claims; None where the study checks none.
        problems: problem_id, split, question, group and excluded_reason, by problem set.
        outcomes: by problem set and policy.
        metrics: of the evaluation, by problem set.
        routing: its summary, by pool.
        made_from: what the records say.
    """

    page: FrontPageSettings
    config: dict[str, Any]
    titles: dict[str, str]
    captions: dict[str, str]
    shown: dict[tuple[str, str], list[Path]]
    claims: pd.DataFrame | None
    problems: Mapping[str, pd.DataFrame]
    outcomes: Mapping[tuple[str, str], pd.DataFrame]
    metrics: Mapping[str, pd.DataFrame]
    routing: Mapping[str, pd.DataFrame]
    made_from: MadeFrom

    @property
    def warnings(self) -> list[str]:
        """What limits the numbers."""
        of_one_policy = {name: frame for (name, _), frame in self.outcomes.items()}
        return sizes.warnings(self.metrics, self.routing, of_one_policy, self.problems, self.page.pools)

    @property
    def claims_left_out(self) -> str:
        """How many claims cannot be tested; empty where all can, or none are checked."""
        return "" if self.claims is None else untestable_of_all(self.claims)


def render(contents: Contents, template: str, style: str) -> str:
    """The page as HTML that asks nothing of anybody: pictures, tables and style stand in it.

    Args:
        contents: what it shows.
        template: of Jinja.
        style: CSS.

    Raises:
        UserError: a caption cannot be read.
    """
    page, figures = contents.page, [_shown(contents, key, files) for key, files in contents.shown.items()]
    labels = _labels(contents, figures)
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(template).render(
        style=Markup(style),
        study=contents.config["study"],
        config=contents.config,
        page=page,
        question=page.question,
        notice=ANALOGUE if page.evidence == "analogue" else "This study runs the paper's own data and policies.",
        run=_run(contents),
        chart=_chart(contents),
        first=_first(contents)[-1],
        pictures=_pictures(contents, figures),
        pools=pools.headlines(contents.routing),
        claims=[] if contents.claims is None else _claims(contents.claims),
        untestable=[] if contents.claims is None else untestable(contents.claims).to_dict("records"),
        labels=[each for each in labels if each["label"] != POLICIES],
        policies=next((each for each in labels if each["label"] == POLICIES), None),
        left_out=_left_out(contents),
        not_asked={label: title for label, title in contents.titles.items() if label not in {f.label for f in figures}},
        warnings=contents.warnings,
        made_from=contents.made_from,
    )


def _left_out(contents: Contents) -> list[str]:
    told = [f"Problem set {each.problem_set}: {each.reason}." for each in contents.page.left_out]
    told += [*left_out(contents.problems, contents.outcomes), *sizes.unmeasured(contents.metrics)]
    if claims := contents.claims_left_out:
        told.append(f"{claims} of the paper, which cannot be tested here; Claims lists them with the reasons.")
    return told


def _shown(contents: Contents, key: tuple[str, str], files: list[Path]) -> Shown:
    label, name = key
    by_suffix = {path.suffix: path for path in files}
    csv = _data_uri("text/csv", by_suffix[".csv"].read_bytes())
    title = contents.titles[label]
    if ".svg" not in by_suffix:
        table = tables.of_markdown(by_suffix[".md"].read_text(encoding="utf-8"))
        return Shown(label, name, title, "", 0, 0, table, csv)
    drawn = by_suffix[".svg"].read_text(encoding="utf-8")
    width, height = (_pixels(pattern, drawn) for pattern in (_WIDTH, _HEIGHT))
    image = _data_uri("image/svg+xml", drawn.encode())
    return Shown(label, name, title, image, width, height, tables.of_csv(by_suffix[".csv"]), csv)


def _pixels(pattern: re.Pattern[str], drawn: str) -> int:
    found = pattern.search(drawn)
    return round(ENLARGED * 96 / 72 * float(found[1])) if found else 0


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _run(contents: Contents) -> list[dict[str, Any]]:
    """Per pool, and per problem set without one: its size in words, and the table of its policies."""
    subjects: list[tuple[str, str, Unrouted | Pool]] = [
        (each.problem_set, each.problem_set, each) for each in contents.page.unrouted
    ]
    subjects += [(each.pool, each.problem_set, each) for each in contents.page.pools]
    return [
        {
            "name": name,
            "problem_set": problem_set,
            "is_pool": name in contents.routing,
            "fewer_samples": getattr(entry, "fewer_samples", False),
            "sizes": in_numbers(contents.outcomes[problem_set, entry.policies[0].policy]),
            "policies": [each.policy for each in entry.policies],
            "assumed": [(each.policy, each.assumption) for each in entry.policies if each.assumption],
        }
        for name, problem_set, entry in subjects
    ]


def _first(contents: Contents) -> tuple[str, ...]:
    """The pool and problem set that the pictures at the top are of."""
    if contents.page.pools:
        return contents.page.pools[0].pool, contents.page.pools[0].problem_set
    return (contents.page.unrouted[0].problem_set,)


def _chart(contents: Contents) -> Chart | None:
    return chart_of(contents.metrics[_first(contents)[-1]])


def _pictures(contents: Contents, figures: list[Shown]) -> list[tuple[str, Shown]]:
    """The question that a picture answers, and the picture; none twice."""
    found: dict[str, Shown] = {}
    for question, labels in PICTURES.items():
        about = [each for each in figures if each.image and each.name in _first(contents)]
        candidates = [each for label in labels for each in about if each.label == label and each not in found.values()]
        found |= {question: candidates[0]} if candidates else {}
    return list(found.items())[:_BESIDE_THE_CHART]


def _claims(claims: pd.DataFrame) -> list[dict[str, Any]]:
    """Claims that can be tested here, each with a row per problem set."""
    testable = claims[claims.verdict != NOT_TESTABLE]
    return [
        {
            "claim": part.claim.iloc[0],
            "reported": part.reported.iloc[0],
            "rows": [
                {
                    "subject": row.subject,
                    "ours": row.ours,
                    "interval": ""
                    if pd.isna(row.low)
                    else with_interval(0, row.low, row.high, 3, signed=True).partition(" ")[2],
                    "n": "" if pd.isna(row.n) else str(int(row.n)),
                    "verdict": row.verdict.removeprefix("analogue: "),
                    "note": "" if pd.isna(row.note) else row.note,
                }
                for row in part.itertuples()
            ],
        }
        for _, part in testable.groupby("claim_id", sort=False)
    ]


def _labels(contents: Contents, figures: list[Shown]) -> list[dict[str, Any]]:
    """Figures, then tables, each with its caption and what there is of it by problem set or pool."""
    ordered = sorted({each.label for each in figures}, key=lambda label: (label[0], int(label[1:])))
    return [
        {
            "label": label,
            "title": contents.titles[label],
            "caption": to_html(contents.captions[label], contents.config, f"{label}.rst"),
            "shown": [each for each in figures if each.label == label],
        }
        for label in ordered
    ]
