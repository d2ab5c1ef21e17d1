"""From graded rollouts to one outcome per problem."""

import pandas as pd

from foretell.common.errors import UserError
from foretell.completions.samples import GREEDY
from foretell.grading.places import GUESS

# Of the problems; their answers may be programs' tests, of gigabytes.
COLUMNS = ["problem_id", "split", "group", "reference_difficulty", "excluded_reason"]


def summarise(rollouts: pd.DataFrame, problems: pd.DataFrame) -> pd.DataFrame:
    """Summarise a policy's rollouts per problem.

    The majority answer is the most frequent one, counted over classes of answers that are the same; of equally frequent
    answers, the one that was given first; a rollout without an answer does not vote. Tokens and truncation leave the
    greedy rollout out.

    Args:
        rollouts: one row per rollout: problem_id, sample (GREEDY marks the greedy one), answer_class, correct,
            prompt_tokens, completion_tokens, finish_reason, extracted_answer; answer_place where they were graded here.
        problems: problem_id, split, group, reference_difficulty, excluded_reason; excluded problems have no outcome.

    Returns:
        One row per problem, in the problems' order: problem_id, split, group, reference_difficulty, k, success_rate in
        [0, 1], majority_answer (null without any answer), majority_correct, greedy_correct (null without a greedy
        rollout), pass_at_k (any of the k is right), truncated_share, no_answer_share and guessed_share (of the k; an
        answer is guessed where nothing marks it) in [0, 1], prompt_tokens (of one prompt), completion_tokens (over all
        k); null where a rollout lacks its tokens or its reason to finish, or where no answers are known. Where the
        rollouts have them: cached_tokens (of one prompt, read from a cache), thinking_tokens (those of the
        completion_tokens that are thinking), charged (USD, over all k), missing (samples that are missing and count as
        wrong) and unknown_problems (of the imported file, which were passed over).

    Raises:
        UserError: a problem has no sampled rollout, or problems differ in their number of samples.
    """
    used = problems.loc[problems.excluded_reason.isna(), COLUMNS[:-1]]
    sampled = rollouts[rollouts["sample"] != GREEDY].sort_values("sample", kind="stable")
    missing = used.problem_id[~used.problem_id.isin(sampled.problem_id)]
    if len(missing):
        raise UserError(f"{len(missing)} problems have no sampled rollout, the first is {missing.iloc[0]!r}")
    sampled = sampled.assign(truncated=_truncated(sampled.finish_reason), **_answering(sampled))
    by_problem = sampled.groupby("problem_id", sort=False)
    outcomes = by_problem.agg(
        k=("sample", "size"),
        success_rate=("correct", "mean"),
        pass_at_k=("correct", "any"),
        truncated_share=("truncated", "mean"),
        no_answer_share=("unanswered", "mean"),
        guessed_share=("guessed", "mean"),
        prompt_tokens=("prompt_tokens", "first"),
        completion_tokens=("completion_tokens", "sum"),
    )
    if outcomes.k.nunique() > 1:
        odd = outcomes.index[outcomes.k != outcomes.k.mode()[0]][0]
        raise UserError(f"problem {odd!r} has {outcomes.k[odd]} samples, most others have {outcomes.k.mode()[0]}")
    columns = ["k", "success_rate", "majority_answer", "majority_correct", "greedy_correct", "pass_at_k"]
    columns += ["truncated_share", "no_answer_share", "guessed_share", "prompt_tokens", "completion_tokens"]
    further = {"cached_tokens": "first", "thinking_tokens": _total, "missing": "sum", "unknown_problems": "first"}
    for name, of_problem in further.items():
        if name in sampled:
            outcomes[name] = by_problem[name].agg(of_problem).astype("Int64")
            columns.append(name)
    if "charged" in sampled:
        outcomes["charged"] = by_problem.charged.agg(lambda amounts: amounts.astype(float).sum(skipna=False))
        columns.append("charged")
    unknown = sampled.problem_id[sampled.completion_tokens.isna()]
    outcomes["completion_tokens"] = outcomes.completion_tokens.mask(outcomes.index.isin(unknown))
    votes = majority(sampled).set_index("problem_id")
    greedy = rollouts[rollouts["sample"] == GREEDY].set_index("problem_id").correct.astype("boolean")
    outcomes = outcomes.join(votes).assign(greedy_correct=greedy)
    outcomes["majority_correct"] = outcomes.majority_correct.fillna(False).astype("boolean")
    return used.merge(outcomes[columns], left_on="problem_id", right_index=True, validate="one_to_one")


def _total(counts: pd.Series) -> int | None:
    """The sum; null where one is not known."""
    return None if counts.isna().any() else int(counts.sum())


def _truncated(finish_reason: pd.Series) -> pd.Series:
    """1.0 where a completion was cut off, 0.0 where not, NaN where that is unknown."""
    return finish_reason.fillna("").eq("length").astype(float).mask(finish_reason.isna())


def _answering(rollouts: pd.DataFrame) -> dict[str, pd.Series]:
    """1.0 where a rollout has no answer, and where its answer is guessed; NaN where that is not known."""
    unknown = pd.Series(float("nan"), index=rollouts.index)
    graded_here = "answer_place" in rollouts
    return {
        "unanswered": rollouts.extracted_answer.isna().astype(float)
        if graded_here or rollouts.extracted_answer.notna().any()
        else unknown,
        "guessed": rollouts.answer_place.fillna("").eq(GUESS).astype(float) if graded_here else unknown,
    }


def majority(sampled: pd.DataFrame) -> pd.DataFrame:
    """Majority vote per problem over rollouts in sample order.

    Returns:
        problem_id, majority_answer, majority_correct; problems in which no rollout has an answer are absent.
    """
    votes = sampled.dropna(subset="answer_class")
    counted = votes.groupby(["problem_id", "answer_class"], sort=False).correct.agg(["size", "first"]).reset_index()
    winners = counted.sort_values("size", ascending=False, kind="stable").drop_duplicates("problem_id")
    return winners.rename(columns={"answer_class": "majority_answer", "first": "majority_correct"})[
        ["problem_id", "majority_answer", "majority_correct"]
    ]
