"""T9: what every policy gets right, and what its answers are like."""

import numpy as np
import pandas as pd

from foretell.common.metrics import weighted_mean
from foretell.common.rounded import number, with_interval
from foretell.common.statistics import percentile_interval
from foretell.evaluation.resampling import Resampling
from foretell.figures.inputs import TEST
from foretell.problems.imported import lacks

RATES = {
    "greedy_correct": "Greedy",
    "success_rate": "One sample",
    "majority_correct": "Majority",
    "pass_at_k": "Any of k",
    "no_answer_share": "No answer",
    "guessed_share": "Guessed",
    "truncated_share": "Cut off",
}
OF_ONE = {  # the same, said of a policy that answers once
    "majority_correct": "right",
    "greedy_correct": "greedily right",
    "no_answer_share": "without an answer",
    "guessed_share": "guessed (read from text that marks none)",
    "truncated_share": "cut off",
}
ALIKE = ("success_rate", "pass_at_k")  # where each policy has one sample, both are what majority_correct is
LEFT_OUT = "left_out_problems"
COUNTS = {
    "missing_samples": "Missing samples, counted as wrong",
    LEFT_OUT: "Problems left out for it",
    "unknown_problems": "Passed over: not in the problem set",
}
TOKENS = {  # of one prompt, and of one completion
    "prompt_tokens": "Prompt tokens",
    "completion_tokens": "Completion tokens",
    "thinking_tokens": "Thinking tokens",
}
PERCENT = 100


def collect(outcomes: dict[str, pd.DataFrame], problems: pd.DataFrame, resamples: int, seed: int) -> pd.DataFrame:
    """Rates and tokens of every policy on test; of cross-fitted problems, on all of them.

    Args:
        outcomes: per policy, of the outcomes stage.
        problems: problem_id, excluded_reason.
        resamples, seed: of the bootstrap over groups, the same for all policies.

    Returns:
        policy, k, quantity (a key of RATES or of TOKENS; of thinking where some policy has some),
        value (mean over the problems that have it), low, high (95 %), n (those problems). What is not known is null.
        Of an incomplete import also the keys of COUNTS, over all splits: value is a number, of n; unknown problems are
        of themselves.
    """
    resampling = Resampling(resamples, seed)
    parts = [
        part
        for policy, frame in outcomes.items()
        for part in (_collect(policy, frame, resampling), lacking(policy, frame, problems))
    ]
    frame = pd.concat([part for part in parts if len(part)], ignore_index=True).astype({"k": "Int64"})
    thinking = frame.quantity == "thinking_tokens"
    return frame if frame.value[thinking].gt(0).any() else frame[~thinking].reset_index(drop=True)


def lacking(policy: str, outcomes: pd.DataFrame, problems: pd.DataFrame) -> pd.DataFrame:
    """What an incomplete import lacked: policy, k, quantity (a key of COUNTS), value and n; no row of what is 0."""
    missing = int(outcomes.missing.sum()) if "missing" in outcomes else 0
    left_out = int(problems.excluded_reason.eq(lacks(policy)).sum())
    unknown = int(outcomes.unknown_problems.max()) if "unknown_problems" in outcomes else 0
    counted = {
        "missing_samples": (missing, int(outcomes.k.fillna(1).sum())),
        LEFT_OUT: (left_out, len(problems)),
        "unknown_problems": (unknown, unknown),
    }
    rows = [
        {"policy": policy, "k": outcomes.k.iloc[0], "quantity": name, "value": float(count), "n": n}
        for name, (count, n) in counted.items()
        if count
    ]
    return pd.DataFrame(rows, columns=["policy", "k", "quantity", "value", "n"])


def _collect(policy: str, outcomes: pd.DataFrame, resampling: Resampling) -> pd.DataFrame:
    test = outcomes[outcomes.split == TEST]
    values = {name: test[name] for name in RATES} | {
        "prompt_tokens": test.prompt_tokens,
        "completion_tokens": test.completion_tokens / test.k,
        "thinking_tokens": test.get("thinking_tokens", pd.Series(np.nan, test.index)) / test.k,
    }
    rows = []
    for quantity, column in values.items():
        known = column.notna().to_numpy()
        row = {"policy": policy, "k": test.k.iloc[0], "quantity": quantity, "n": int(known.sum())}
        means = np.full(2, np.nan)
        if known.any():
            means = weighted_mean(column[known].to_numpy(float), resampling.weights(test[known]))
        low, high = percentile_interval(means[1:])
        rows.append({**row, "value": means[0], "low": low, "high": high})
    columns = ["policy", "k", "quantity", "value", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns).astype({"k": "Int64"})


def count_in_words(row: object) -> str:
    """`3 of 40`, and a number alone where all are counted."""
    return f"{row.value:.0f}" + (f" of {row.n}" if row.n > row.value else "")  # type: ignore[attr-defined]


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: a line per policy; what no policy has is left out."""
    known = set(frame.quantity[frame.value.notna()])
    single = bool((frame.k == 1).all())
    names = {name: label for name, label in RATES.items() if not (single and name in ALIKE)}
    names |= {"majority_correct": "Right"} if single else {}
    rows = []
    for (policy, k), part in frame.groupby(["policy", "k"], sort=False, dropna=False):
        by_quantity = {row.quantity: row for row in part.itertuples()}
        rates = {
            label: with_interval(row.value, row.low, row.high, 1, scale=PERCENT)
            for name, label in names.items()
            if name in known
            for row in [by_quantity[name]]
        }
        tokens = {label: number(by_quantity[name].value, 1) for name, label in TOKENS.items() if name in known}
        counts = {
            label: count_in_words(by_quantity[name]) if name in by_quantity else ""
            for name, label in COUNTS.items()
            if name in known
        }
        samples = {} if single else {"k": "" if pd.isna(k) else str(k)}
        rows.append({"Policy": policy, **samples, **rates, **tokens, **counts})
    sizes = ", ".join(map(str, sorted(frame.n[(frame.n > 0) & ~frame.quantity.isin(list(COUNTS))].unique())))
    what = (
        "Greedy, majority and any of k (pass@k): right answers per problem; one sample, no answer, guessed (read from "
        "text that marks no answer) and cut off: shares of the k samples."
    )
    if single:
        what = f"One answer per problem: {', '.join(said for name, said in OF_ONE.items() if name in known)}."
    note = (
        f"Percent of test problems, n = {sizes}; 95 % bootstrap intervals. {what} Tokens: means of one prompt and of "
        "one completion, whose thinking is part of it. Empty: not known."
    )
    return pd.DataFrame(rows), note
