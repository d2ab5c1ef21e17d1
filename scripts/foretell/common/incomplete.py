"""What logs and tables lack: problems without a row, or with fewer samples than the others."""

from typing import Literal

import pandas as pd

from foretell.common.errors import UserError

Missing = Literal["error", "leave_out", "wrong"]

REMEDY = (
    "set the policy's 'missing' to leave_out (the problem is left out of the problem set) or wrong (each missing "
    "sample counts as a wrong one)"
)


def require_common(frame: pd.DataFrame, ids: pd.Series) -> None:
    """Check that a file that may be incomplete is about these problems at all.

    Raises:
        UserError: most of its problems are not among them, nor most of them in it: its ids are others.
    """
    known = ids.isin(frame.problem_id)
    foreign = frame.problem_id[~frame.problem_id.isin(ids)].drop_duplicates()
    if known.sum() < len(ids) / 2 and known.sum() < len(foreign):
        raise UserError(
            f"the file has rows of {int(known.sum())} of the {len(ids)} problems, and of {len(foreign)} others: ids do "
            f"not match, such as {foreign.iloc[0]!r} in the file and {ids.iloc[0]!r} in the problem set; name "
            "their column under 'columns', or choose rows under 'where'; ids of logs may need 'ids_by_task'"
        )


def with_results(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of samples that have a result; those of a log that ended in an error have none."""
    if "sample_error" not in frame:
        return frame
    return frame[frame.sample_error.isna()].drop(columns="sample_error")


def count_unknown(frame: pd.DataFrame, ids: pd.Series) -> int:
    """How many problems a file has that are none of these; they are passed over where it may be incomplete."""
    return int(frame.problem_id[~frame.problem_id.isin(ids)].nunique())


def usual_samples(frame: pd.DataFrame, ids: pd.Series) -> int:
    """How many samples most of the problems have; greedy ones (-1) do not count."""
    counts = samples_of(frame, ids)
    return int(counts[counts > 0].mode().max()) if counts.any() else 0


def samples_of(frame: pd.DataFrame, ids: pd.Series) -> pd.Series:
    """Number of samples of each problem, by its id; greedy ones (-1) do not count."""
    sampled = frame[pd.to_numeric(frame["sample"], errors="coerce") != -1] if "sample" in frame else frame
    return sampled.problem_id.value_counts().reindex(ids, fill_value=0)


def incomplete(frame: pd.DataFrame, ids: pd.Series) -> list[str]:
    """Ids of problems that have fewer samples than most.

    Args:
        frame: problem_id, optionally sample and sample_error; further problems do not count.
        ids: of the problems.
    """
    results = with_results(frame)
    counts = samples_of(results, ids)
    return counts.index[counts < usual_samples(results, ids)].tolist() if counts.any() else ids.tolist()
