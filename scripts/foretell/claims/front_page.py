"""The report's front page: what was asked, what was run, and the headline numbers."""

import re
from collections.abc import Mapping
from typing import Literal

import pandas as pd

from foretell.claims.findings import NOT_TESTABLE
from foretell.claims.table import untestable_of_all
from foretell.claims.verdicts import which_match
from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.rounded import with_interval
from foretell.figures.costs import pooled_basis
from foretell.probes.families import FAMILIES
from foretell.routing.choice import chosen_to_match, routing_family
from foretell.routing.matching import in_words, points
from foretell.routing.routers import ROUTERS

OF_ACTIVATIONS, OF_TEXTS = "do its activations say", "does the question say"
QUESTION = "Before a language model writes its first token, {asked} whether it will succeed{routed}?"
ROUTED = ", and does that save money when queries are routed over a pool of models"
READING_OF_MATCHED = (
    "Matched: yes, if the interval of points stays above minus the margin; else no, or too few problems to tell; same "
    "policy: every test problem goes to the best single policy, and nothing is compared."
)
ANALOGUE = "This study is an analogue of the paper's, not its reproduction."


class ShownPolicy(Settings):
    """What the page says of a policy beside what was measured.

    Attributes:
        policy: id.
        temperature: of the samples; None where it is not known.
        assumption: about its costs, where they are assumed.
        characters_per_token: by which tokens were estimated, where they were not counted.
    """

    policy: str
    temperature: float | None = None
    assumption: str | None = None
    characters_per_token: float | None = None


class LeftOut(Settings):
    """A problem set that was left out, and why."""

    problem_set: str
    reason: str


class Origin(Settings):
    """A model that was not trained here, and where it comes from."""

    model: str
    origin: str


class Unrouted(Settings):
    """A problem set that no pool routes over, and the policies that are evaluated on it."""

    problem_set: str
    policies: list[ShownPolicy]


FEWER_SAMPLES = "Routers may choose any number of a policy's samples."


class Pool(Settings):
    """A pool, the problem set that it routes over, and its policies, maybe at fewer of their samples."""

    pool: str
    problem_set: str
    policies: list[ShownPolicy]
    fewer_samples: bool = False


class FrontPageSettings(Settings):
    """What the page says was run, in its order.

    Attributes:
        reads_activations: whether anything but texts and tables is read for a prediction; of imported ones that is
            assumed.
    """

    title: str
    evidence: Literal["original", "analogue"]
    reads_activations: bool
    left_out: list[LeftOut]
    models: list[Origin]
    unrouted: list[Unrouted]
    pools: list[Pool]

    @property
    def question(self) -> str:
        """What the study asks."""
        asked = OF_ACTIVATIONS if self.reads_activations else OF_TEXTS
        return QUESTION.format(asked=asked, routed=ROUTED if self.pools else "")


def write(
    settings: FrontPageSettings,
    outcomes: Mapping[tuple[str, str], pd.DataFrame],
    routing: Mapping[str, pd.DataFrame],
    claims: pd.DataFrame | None,
) -> str:
    """Compose the page as reStructuredText.

    Args:
        settings: what was run.
        outcomes: per problem set and policy.
        routing: per pool, the summary of the routing stage.
        claims: the table of claims; None where the study checks none.

    Raises:
        UserError: the outcomes of a policy, or the routing of a pool, that the settings name are not given.
    """
    parts = [_heading(_not_of_jinja(_escape(settings.title)), "="), settings.question]
    if settings.evidence == "analogue" and claims is not None:
        parts.append(ANALOGUE)
    parts += [f"Left out: {_escape(each.problem_set)}, because {each.reason}." for each in settings.left_out]
    parts += [f"The model {_escape(each.model)} is {_escape(each.origin)}." for each in settings.models]
    for unrouted in settings.unrouted:
        parts += _was_run(unrouted.problem_set, unrouted, outcomes)
    for pool in settings.pools:
        if pool.pool not in routing:
            raise UserError(f"pool {pool.pool!r} stands under 'pools' of --settings but not in --routing")
        parts += _was_run(pool.pool, pool, outcomes)
        if pool.fewer_samples:
            parts.append(FEWER_SAMPLES)
        parts += [
            f"Costs of {each.policy} are assumed: {each.assumption}." for each in pool.policies if each.assumption
        ]
        parts.append(_heading(f"Headline: {pool.pool}", "-"))
        parts.append(_escape(" ".join(which_match(routing[pool.pool]))))
        parts.append(_list_table(headline(routing[pool.pool])))
        parts.append(_escape(reading_of_headline(routing[pool.pool])))
    if claims is not None:
        parts += _claims(claims)
    return _not_of_jinja("\n\n".join(parts)) + "\n"


def _claims(claims: pd.DataFrame) -> list[str]:
    parts = [_heading("Claims of the paper", "-"), _list_table(tested(claims))]
    if untested := untestable_of_all(claims):
        parts.append(f"{untested} cannot be tested here; the table of claims says why.")
    return parts


def _was_run(name: str, shown: Unrouted | Pool, outcomes: Mapping[tuple[str, str], pd.DataFrame]) -> list[str]:
    keys = [(shown.problem_set, each.policy) for each in shown.policies]
    if missing := [key for key in keys if key not in outcomes]:
        raise UserError(f"{'/'.join(missing[0])!r} stands in --settings but not in --outcomes")
    frames = [outcomes[key] for key in keys]
    heading = _heading(f"What was run: {name}", "-")
    return [heading, in_numbers(frames[0]), _list_table(_policies(shown.policies, frames))]


def in_numbers(outcomes: pd.DataFrame) -> str:
    """How many problems there are, in words."""
    counts = outcomes.split.value_counts()
    sizes = [f"{counts[split]} {split}" for split in ("train", "validation", "test", "pilot") if split in counts]
    if len(sizes) == 1:
        return f"{counts.iloc[0]} problems, each predicted from fits to others."
    return f"{', '.join(sizes[:-1])} and {sizes[-1]} problems."


def _policies(policies: list[ShownPolicy], outcomes: list[pd.DataFrame]) -> pd.DataFrame:
    rows = []
    for shown, frame in zip(policies, outcomes, strict=True):
        test = frame[frame.split == "test"]
        k = f"{test.k.iloc[0]}" + (f", T = {shown.temperature:g}" if shown.temperature is not None else "")
        counted = test.completion_tokens.notna().all()
        tokens = f"{(test.completion_tokens / test.k).mean():.1f}" if counted else "not recorded"
        tokens += ", estimated" if counted and shown.characters_per_token else ""
        rows.append(
            {
                "policy": shown.policy,
                "samples": f"k = {k}",
                "tokens per completion": tokens,
                "accuracy of the majority vote on test": f"{test.majority_correct.astype(float).mean():.3f}",
            }
        )
    return pd.DataFrame(rows)


def headline(summary: pd.DataFrame) -> pd.DataFrame:
    """What routers save and lose at their operating points; few columns, since Snakemake's report is narrow."""
    routers = summary[summary.strategy.isin(list(ROUTERS)) & (summary.family == routing_family(summary))]
    first = routers.iloc[0]
    return pd.DataFrame(
        {
            "router, operating point": [
                f"{row.strategy}, {row.criterion}"
                + ("" if row.chosen_on == first.chosen_on else f", chosen on {row.chosen_on}")
                for _, row in routers.iterrows()
            ],
            "points from the best single policy": [
                _with_interval(row, "accuracy_difference", 100, 1) for _, row in routers.iterrows()
            ],
            f"matched within {points(first.margin)}": [in_words(each) for each in routers.matched],
            "saving, %": [_with_interval(row, "saving", 100, 1) for _, row in routers.iterrows()],
            "saving with probing charged, %": [
                _with_interval(row, "saving_with_probing", 100, 1) for _, row in routers.iterrows()
            ],
            "points above the hull": [_with_interval(row, "gain_over_hull", 100, 1) for _, row in routers.iterrows()],
        }
    )


def reading_of_headline(summary: pd.DataFrame) -> str:
    """How to read the headline: on what, against what, with which intervals."""
    row = chosen_to_match(summary, "utility").iloc[0]
    return (
        f"On {row.n} test problems, with 95 % intervals, of points from the best single policy by score, else by "
        f"{row.resamples} bootstrap resamples; interval of savings: "
        f"{row.saving_interval}. The best single policy, chosen on {row.chosen_on} as the operating points are, is "
        f"{row.best_single}. Costs: {pooled_basis(summary.cost_basis)}. The hull is the best mixture of two "
        f"single policies, at any number of samples, for the same money. {READING_OF_MATCHED}{_over_text(row)}"
    )


def _over_text(row: pd.Series) -> str:
    if pd.isna(row.text_family) or row.text_family == row.family:
        return ""
    return (
        f" The utility router with {_label(row.text_family)} needs no model to read the prompt; against it, the "
        f"{FAMILIES[row.family].label} adds {_with_interval(row, 'accuracy_over_text', 100, 1)} points of accuracy, "
        f"saves {_with_interval(row, 'saving_over_text', 100, 1)} % of its cost, and gains "
        f"{_with_interval(row, 'gain_over_text', 100, 1)} points more over the hull."
    )


def _label(families: str) -> str:
    """What readers call a family, or each fold's."""
    return " / ".join(FAMILIES[name].label for name in families.split(" / "))


def _with_interval(row: pd.Series, name: str, scale: float, digits: int) -> str:
    return with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"], digits, scale) or "unknown"


def tested(claims: pd.DataFrame) -> pd.DataFrame:
    """The claims that can be tested here, without what only the table of claims says."""
    testable = claims[claims.verdict != NOT_TESTABLE]
    return testable[["claim", "reported", "subject", "ours", "verdict"]]


def _heading(text: str, underline: str) -> str:
    return f"{text}\n{underline * len(text)}"


def _not_of_jinja(text: str) -> str:
    """Keep braces of the study's own texts from Snakemake's report, which takes the page for a Jinja template."""
    return re.sub(r"\{(?=[{%#])", r"{\\", text)


def _list_table(frame: pd.DataFrame) -> str:
    """A table as a reStructuredText list-table, which needs no column widths."""
    lines = [".. list-table::", "   :header-rows: 1", ""]
    for row in [frame.columns, *frame.itertuples(index=False)]:
        cells = [_escape(str(cell)) for cell in row]
        lines += [f"   * - {cells[0]}", *(f"     - {cell}" for cell in cells[1:])]
    return "\n".join(lines)


def _escape(text: str) -> str:
    for character in "\\*`|_":
        text = text.replace(character, f"\\{character}")
    return text
