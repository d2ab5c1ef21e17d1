"""The report's front page: what was asked, what was run, and the headline numbers."""

import pandas as pd

from foretell.figures.text import with_interval

QUESTION = (
    "Before a language model writes its first token, do its activations say whether it will succeed, and does that "
    "save money when queries are routed over a pool of models?"
)
ANALOGUE = "This study is an analogue of the paper's, not its reproduction."


def write(settings: dict, outcomes: dict[str, dict[str, pd.DataFrame]], routing: dict, claims: pd.DataFrame) -> str:
    """Compose the page as reStructuredText.

    Args:
        settings: title, evidence, left_out ({problem_set: reason}), models ({model: where it comes from}, those that
            were not trained here), unrouted ({problem_set: {policy: entry}}, sets that no pool routes over), pools
            ({pool: {problem_set, policies: {policy: entry}}}).
        outcomes: per problem set and policy, the outcomes.
        routing: per pool, the summary of the routing stage.
        claims: the table of claims.
    """
    parts = [_heading(settings["title"], "="), QUESTION]
    if settings["evidence"] == "analogue":
        parts.append(ANALOGUE)
    parts += [f"Left out: {_escape(name)}, because {reason}." for name, reason in settings["left_out"].items()]
    parts += [f"The model {_escape(name)} is {_escape(origin)}." for name, origin in settings["models"].items()]
    for problem_set, policies in settings["unrouted"].items():
        parts.append(_heading(f"What was run: {problem_set}", "-"))
        parts.append(_sizes(outcomes[problem_set]))
        parts.append(_list_table(_policies(policies, outcomes[problem_set])))
    for pool, entry in settings["pools"].items():
        parts.append(_heading(f"What was run: {pool}", "-"))
        parts.append(_sizes(outcomes[entry["problem_set"]]))
        parts.append(_list_table(_policies(entry["policies"], outcomes[entry["problem_set"]])))
        parts += [
            f"Costs of {policy} are assumed: {described['assumption']}."
            for policy, described in entry["policies"].items()
            if described["assumption"]
        ]
        parts.append(_heading(f"Headline: {pool}", "-"))
        parts.append(_list_table(_headline(routing[pool])))
        parts.append(_reading_of_headline(routing[pool]))
    parts.append(_heading("Claims of the paper", "-"))
    parts.append(_list_table(_tested(claims)))
    untested = claims[claims.verdict == "not testable here"]
    parts.append(f"{len(untested)} further claims or subjects are not testable here; the table of claims says why.")
    return "\n\n".join(parts) + "\n"


def _sizes(outcomes: dict[str, pd.DataFrame]) -> str:
    counts = next(iter(outcomes.values())).split.value_counts()
    sizes = [f"{counts[split]} {split}" for split in ("train", "validation", "test") if split in counts]
    if len(sizes) == 1:
        return f"{counts.iloc[0]} problems, each predicted from fits to others."
    return f"{', '.join(sizes[:-1])} and {sizes[-1]} problems."


def _policies(entries: dict[str, dict], outcomes: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows = []
    for policy, entry in entries.items():
        frame = outcomes[policy]
        test = frame[frame.split == "test"]
        k = f"{test.k.iloc[0]}" + (f", T = {entry['temperature']:g}" if entry["temperature"] is not None else "")
        counted = test.completion_tokens.notna().all()
        tokens = f"{(test.completion_tokens / test.k).mean():.1f}" if counted else "not recorded"
        tokens += ", estimated" if counted and entry["characters_per_token"] else ""
        rows.append(
            {
                "policy": policy,
                "samples": f"k = {k}",
                "tokens per completion": tokens,
                "accuracy of the majority vote on test": f"{test.majority_correct.astype(float).mean():.3f}",
            }
        )
    return pd.DataFrame(rows)


def _headline(summary: pd.DataFrame) -> pd.DataFrame:
    """Few columns: the report leaves the page about as much room as a printed column."""
    routers = summary[summary.strategy.isin(["utility", "cascade"])]
    first = routers.chosen_on.iloc[0]
    return pd.DataFrame(
        {
            "router, operating point": [
                f"{row.strategy}, {row.criterion}" + ("" if row.chosen_on == first else f", chosen on {row.chosen_on}")
                for row in routers.itertuples()
            ],
            "points from the best single policy": [
                _with_interval(row, "accuracy_difference", 100, 1) for row in routers.itertuples()
            ],
            "saving, %": [_with_interval(row, "saving", 100, 1) for row in routers.itertuples()],
            "saving with probing charged, %": [
                _with_interval(row, "saving_with_probing", 100, 1) for row in routers.itertuples()
            ],
            "points above the hull": [_with_interval(row, "gain_over_hull", 100, 1) for row in routers.itertuples()],
        }
    )


def _reading_of_headline(summary: pd.DataFrame) -> str:
    row = summary[summary.strategy == "utility"].iloc[0]
    return (
        f"On {row.n} test problems, with 95 % bootstrap intervals of {row.resamples} resamples; interval of savings: "
        f"{row.saving_interval}. The best single policy, chosen on {row.chosen_on} as the operating points are, is "
        f"{row.best_single}. Costs: {row.cost_basis}. The hull is the best mixture of two single policies, at any "
        "number of samples, for the same money."
    )


def _with_interval(row, name: str, scale: float, digits: int) -> str:
    values = (getattr(row, f"{name}{end}") for end in ("", "_low", "_high"))
    return with_interval(*values, digits, scale) or "unknown"


def _tested(claims: pd.DataFrame) -> pd.DataFrame:
    tested = claims[claims.verdict != "not testable here"]
    return tested[["claim", "reported", "subject", "ours", "verdict"]]


def _heading(text: str, underline: str) -> str:
    return f"{text}\n{underline * len(text)}"


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
