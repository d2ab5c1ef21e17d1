"""The table of claims: read what a study measured, judge every claim, and print it."""

from pathlib import Path

import numpy as np
import pandas as pd

from foretell.claims.findings import Finding, not_testable, verdict
from foretell.claims.measures import MEASURES, Subject

COLUMNS = ["claim_id", "claim", "reported", "subject", "ours", "low", "high", "n", "verdict", "note"]


def read_subject(results: Path, problem_set: str, settings: dict) -> Subject:
    """Read what was measured on the test problems of one problem set.

    Args:
        results: folder of the study's results.
        problem_set: id of the problem set.
        settings: answers (their kind), policies ({policy: {model, effort}}), pools (ids), targets, families, resamples,
            seed.
    """
    outcomes, scores, cross_fitted = {}, {}, {}
    for policy in settings["policies"]:
        frame = pd.read_parquet(results / "outcomes" / problem_set / f"{policy}.parquet")
        outcomes[policy] = frame[frame.split == "test"].sort_values("problem_id", ignore_index=True)
        for target in settings["targets"]:
            for family in settings["families"]:
                file = results / "probes" / problem_set / policy / target / family / "predictions.parquet"
                if not file.exists():
                    continue
                predictions = pd.read_parquet(file)
                if "fold" in predictions:  # scores of several fits have no one order
                    cross_fitted[policy, target, family] = predictions
                elif (values := _scores(predictions, outcomes[policy])) is not None:
                    scores[policy, target, family] = values
    return Subject(
        answers=settings["answers"],
        outcomes=outcomes,
        scores=scores,
        cross_fitted=cross_fitted,
        efforts={policy: (entry["model"], entry["effort"]) for policy, entry in settings["policies"].items()},
        routing={pool: pd.read_parquet(results / "routing" / pool / "summary.parquet") for pool in settings["pools"]},
        resamples=settings["resamples"],
        seed=settings["seed"],
    )


def _scores(predictions: pd.DataFrame, outcomes: pd.DataFrame) -> np.ndarray | None:
    """Test scores in the outcomes' order; None where no probe could be trained."""
    if "permutation" in predictions:
        return None  # the control is no alternative to the probe
    scores = outcomes[["problem_id"]].merge(predictions, on="problem_id", validate="one_to_one").score
    return None if scores.isna().any() else scores.to_numpy(dtype=float)


def judge(claims: dict, subjects: dict[str, Subject], evidence: str) -> pd.DataFrame:
    """Judge every claim on every problem set.

    Args:
        claims: by id: claim, reported, and either measure (function and its arguments), with
            `answers` only on problems with that kind of answer, or absent (what is lacking).
        subjects: by problem set.
        evidence: `original` or `analogue`.

    Returns:
        One row per claim and problem set, with COLUMNS.
    """
    rows = []
    for claim_id, entry in claims.items():
        for name, subject in subjects.items():
            finding = _measure(entry, subject)
            rows.append(
                {
                    "claim_id": claim_id,
                    "claim": entry["claim"],
                    "reported": entry["reported"],
                    "subject": name,
                    "ours": finding.ours,
                    "low": finding.low,
                    "high": finding.high,
                    "n": finding.n,
                    "verdict": verdict(finding, evidence),
                    "note": finding.reason,
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS).astype({"n": "Int64"})


def _measure(entry: dict, subject: Subject) -> Finding:
    if "absent" in entry:
        return not_testable(entry["absent"])
    if entry.get("answers", subject.answers) != subject.answers:
        return not_testable(f"the answers are not {entry['answers']}")
    arguments = dict(entry["measure"])
    return MEASURES[arguments.pop("function")](subject, **arguments)


def to_markdown(table: pd.DataFrame, title: str, evidence: str) -> str:
    """The table of claims as a page that says how to read it."""
    table = _untestable_once(table)
    shown = pd.DataFrame(
        {
            "claim": table.claim,
            "reported": table.reported,
            "problems": table.subject,
            "here": table.ours,
            "95 % interval": [_interval(row) for row in table.itertuples()],
            "n": table.n.astype("string").fillna(""),
            "verdict": table.verdict,
            "note": table.note,
        }
    )
    return f"# Claims: {title}\n\n{_reading(evidence)}\n\n{shown.to_markdown(index=False, disable_numparse=True)}\n"


def _untestable_once(table: pd.DataFrame) -> pd.DataFrame:
    """One row, not one per problem set, for a claim that none of them can test for the same reason."""
    untestable = table.verdict == "not testable here"
    alike = untestable & table.groupby(["claim_id", "note"]).claim_id.transform("size").eq(table.subject.nunique())
    once = ~(alike & table.duplicated(["claim_id", "note"]))
    return table.assign(subject=table.subject.mask(alike, "all"))[once]


def _reading(evidence: str) -> str:
    words = (
        "This study is an analogue of the paper's, not its reproduction: a verdict only says whether the same thing "
        "points in the same direction here."
        if evidence == "analogue"
        else "This study runs the paper's own data and policies."
    )
    return (
        f'{words} A difference is called when its interval excludes zero. "Matches" means non-inferior by one point '
        "of accuracy, on a sample that can show it, at a saving whose interval lies above zero. Everything is measured "
        "on test; nothing was chosen there."
    )


def _interval(row) -> str:
    return "" if pd.isna(row.low) else f"[{row.low:+.3f}, {row.high:+.3f}]"
