"""The table of claims: read what a study measured, check every claim, and print it."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from foretell.claims.findings import NOT_TESTABLE, Finding, not_testable, verdict
from foretell.claims.measures import MEASURES, Subject
from foretell.common.arguments import Settings
from foretell.common.errors import UserError

COLUMNS = ["claim_id", "claim", "reported", "subject", "ours", "low", "high", "n", "verdict", "note"]


class PolicyEffort(Settings):
    """A policy that is evaluated on a problem set, the model that it runs, and at which effort."""

    policy: str
    model: str
    effort: str | None


class SubjectSettings(Settings):
    """A problem set on which claims are checked.

    Attributes:
        answers: what the answers are: math, integer, choice, text or code.
        policies: in the order in which they are named.
        pools: that route over it, the one that counts first.
        cross_fitted: whether each problem is predicted from fits to others.
    """

    answers: str
    policies: list[PolicyEffort]
    pools: list[str]
    cross_fitted: bool = False


class ClaimsSettings(Settings):
    """What the claims are checked on.

    Attributes:
        title: of the study.
        evidence: whether the study runs the paper's own data and policies.
        subjects: by problem set.
        claims: ids of the claims to check; None for all.
    """

    title: str
    evidence: Literal["original", "analogue"]
    subjects: dict[str, SubjectSettings]
    claims: list[str] | None = None


def read_subjects(
    settings: ClaimsSettings, resamples: Mapping[str, pd.DataFrame], routing: Mapping[str, pd.DataFrame]
) -> dict[str, Subject]:
    """What was measured, by problem set, in the order of the resamples.

    Args:
        settings: which problem sets, policies and pools.
        resamples: per problem set, the resamples of `foretell.evaluation`.
        routing: per pool, the summary of the routing stage.

    Raises:
        UserError: the settings and the files do not name the same problem sets, a pool has no file, or a policy has no
            rows.
    """
    if set(settings.subjects) != set(resamples):
        odd = min(set(settings.subjects) ^ set(resamples))
        raise UserError(f"problem set {odd!r} must stand both under 'subjects' of --settings and in --resamples")
    pools = [pool for entry in settings.subjects.values() for pool in entry.pools]
    if missing := [pool for pool in pools if pool not in routing]:
        raise UserError(f"pool {missing[0]!r} stands under 'subjects' of --settings but not in --routing")
    for name, frame in resamples.items():
        known = set(frame.policy)
        if absent := [entry.policy for entry in settings.subjects[name].policies if entry.policy not in known]:
            raise UserError(
                f"--resamples of {name!r} have no policy {absent[0]!r}, which --settings name: evaluate anew"
            )
    return {name: _subject(settings.subjects[name], frame, routing) for name, frame in resamples.items()}


def _subject(settings: SubjectSettings, resamples: pd.DataFrame, routing: Mapping[str, pd.DataFrame]) -> Subject:
    n = int(resamples.n.max())
    whole = resamples[(resamples.n == n) & resamples.encoder.isna()]  # the same problems, so that all are paired
    keys = zip(whole.policy, whole.target, whole.family, whole.metric, strict=True)
    return Subject(
        answers=settings.answers,
        values={key: np.asarray(values) for key, values in zip(keys, whole["values"], strict=True)},
        cross_fitted=settings.cross_fitted,
        efforts={entry.policy: (entry.model, entry.effort) for entry in settings.policies},
        routing={pool: routing[pool] for pool in settings.pools},
        n=n,
    )


def check(claims: dict, subjects: dict[str, Subject], evidence: str) -> pd.DataFrame:
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
    table = untestable_once(table)
    shown = pd.DataFrame(
        {
            "claim": table.claim,
            "reported": table.reported,
            "problems": table.subject,
            "here": table.ours,
            "95 % interval": [_interval(row) for _, row in table.iterrows()],
            "n": table.n.astype("string").fillna(""),
            "verdict": table.verdict,
            "note": table.note,
        }
    )
    return f"# Claims: {title}\n\n{_reading(evidence)}\n\n{shown.to_markdown(index=False, disable_numparse=True)}\n"


def untestable(table: pd.DataFrame) -> pd.DataFrame:
    """The claims that cannot be tested: claim, subject (`all`, or the problem sets that cannot test it) and note."""
    once = untestable_once(table)
    rows = once[once.verdict == NOT_TESTABLE]
    return rows.groupby(["claim_id", "claim", "note"], sort=False, as_index=False).agg({"subject": ", ".join})


def untestable_of_all(table: pd.DataFrame) -> str:
    """`14 of 17 claims`: how many no problem set can test; empty where each is tested on some."""
    count = (table.verdict == NOT_TESTABLE).groupby(table.claim_id).all()
    return f"{count.sum()} of {len(count)} claims" if count.any() else ""


def untestable_once(table: pd.DataFrame) -> pd.DataFrame:
    """One row, not one per problem set, for a claim that none of them can test for the same reason."""
    untestable = table.verdict == NOT_TESTABLE
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
        f'{words} A difference is called when its interval excludes zero. "Matches" means non-inferior by the '
        "margin of the routing tables, on a sample that can show it, at a saving whose interval lies above zero. "
        "Everything is measured on test; nothing was chosen there."
    )


def _interval(row: pd.Series) -> str:
    return "" if pd.isna(row.low) else f"[{row.low:+.3f}, {row.high:+.3f}]"
