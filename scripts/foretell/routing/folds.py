"""Cross-fitted pools: every fold is a pool of its own, which chooses on the other folds."""

import pandas as pd


def split_by_fold(
    costs: pd.DataFrame, probabilities: pd.DataFrame
) -> dict[int | None, tuple[pd.DataFrame, pd.DataFrame]]:
    """Costs and probabilities of every fold, in which its problems are `test` and all others `train`.

    Args:
        costs: the table of `foretell.routing.costs.price_outcomes`.
        probabilities: the table of `foretell.routing.pool.tabulate_probabilities`.

    Returns:
        By fold; by None, as they are, where the pool is not cross-fitted.
    """
    if "fold" not in probabilities:
        return {None: (costs, probabilities)}
    folds: dict[int | None, tuple[pd.DataFrame, pd.DataFrame]] = {}
    for fold, rows in probabilities.groupby("fold"):
        split = rows.drop_duplicates("problem_id").set_index("problem_id").split
        fold_costs = costs.assign(split=costs.problem_id.map(split))
        folds[fold] = fold_costs, rows.drop(columns=["fold", "split"])
    return folds


def decisions_of_fold(decisions: pd.DataFrame, fold: int | None) -> pd.DataFrame:
    """The decisions on one fold."""
    return decisions if fold is None else decisions[decisions.fold == fold].drop(columns="fold")
