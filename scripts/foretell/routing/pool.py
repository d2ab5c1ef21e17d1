"""A pool of policies over the same problems, as aligned arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.common.frames import require_same_problems

ROUNDING = 1e-9
TRAIN, VALIDATION, TEST = "train", "validation", "test"


class Source(NamedTuple):
    """Where probabilities come from: a family of probes, and the split on which Platt scaling was fitted."""

    family: str
    calibrated_on: str


@dataclass(frozen=True)
class Pool:
    """Policies from cheap to dear by mean cost on train, so that the first of equals is the cheapest.

    A policy at fewer of its samples is a policy like any other here, where routers may choose it.

    Attributes:
        problem_id, split, group: [problems].
        policies, cost_basis: str [policies].
        of_policies: str [policies], whose samples they are: another name where they are fewer than all.
        encoders: [policies], None where unknown.
        reuses_prefill: [policies], whether an answer goes on from the encoder's prefill, and so has paid for it.
        samples: [policies], how many every policy draws, None where unknown.
        correct: [problems, policies], 0.0 or 1.0; expected, in between, of fewer samples than all.
        cost, probe_cost: [problems, policies], USD; probe_cost is NaN where unknown.
    """

    problem_id: np.ndarray
    split: np.ndarray
    group: np.ndarray
    policies: list[str]
    of_policies: list[str]
    encoders: list[str | None]
    reuses_prefill: list[bool]
    samples: list[int | None]
    cost_basis: list[str]
    correct: np.ndarray
    cost: np.ndarray
    probe_cost: np.ndarray

    @property
    def whole(self) -> np.ndarray:
        """[policies], whether one is a policy at all of its samples."""
        return np.array(self.policies) == np.array(self.of_policies)

    @property
    def whole_policies(self) -> list[str]:
        """The policies at all of their samples, from cheap to dear."""
        return [policy for policy, whole in zip(self.policies, self.whole, strict=True) if whole]

    @property
    def reading_order(self) -> list[int]:
        """Columns of the whole policies from cheap to dear, each after the same with fewer samples."""
        whole = self.whole_policies

        def place(column: int) -> tuple[int, int]:
            return whole.index(self.of_policies[column]), self.samples[column] or 0

        return sorted(range(len(self.policies)), key=place)

    @property
    def tier_costs(self) -> np.ndarray:
        """[policies], mean cost on train as `tiers_of` has it."""
        return tiers_of(self.cost[self.split == TRAIN].mean(axis=0))


def tiers_of(means: np.ndarray) -> np.ndarray:
    """Mean costs [policies], ascending, min-max normalised; all 0 where every policy costs the same.

    What differs by rounding alone is equal.
    """
    span = means.max() - means.min()
    tiers = (means - means.min()) / span if span else np.zeros_like(means)
    tiers[0] = 0.0
    for column in range(1, len(tiers)):
        if abs(tiers[column] - tiers[column - 1]) < ROUNDING:
            tiers[column] = tiers[column - 1]
    return tiers


def assemble_pool(costs: pd.DataFrame) -> Pool:
    """Align the table of `foretell.routing.costs.price_outcomes`, or of `foretell.routing.arms.add_arms`.

    Raises:
        UserError: a pool of one, policies over different problems, problems whose split differs between policies,
            an empty train split.
    """
    by_policy = dict(list(costs.groupby("policy", sort=False, observed=True)))
    if len(by_policy) < 2:
        raise UserError(f"a pool of one, {', '.join(by_policy)}: there is nothing to route; name at least two policies")
    require_same_problems({f"costs of policy {policy!r}": rows.problem_id for policy, rows in by_policy.items()})
    by_policy = {policy: rows.set_index("problem_id") for policy, rows in by_policy.items()}
    problems = next(iter(by_policy.values()))[["split", "group"]]
    by_policy = {policy: rows.loc[problems.index] for policy, rows in by_policy.items()}
    for policy, rows in by_policy.items():
        moved = problems.index[rows.split.to_numpy() != problems.split.to_numpy()]
        if len(moved):
            raise UserError(
                f"policy {policy!r} has problem {moved[0]!r} in another split than {next(iter(by_policy))!r}"
            )

    train = (problems.split == TRAIN).to_numpy()
    if not train.any():
        raise UserError("the split 'train' is empty: tier costs come from it")
    policies = sorted(by_policy, key=lambda policy: by_policy[policy].cost.to_numpy()[train].mean())
    frames = [by_policy[policy] for policy in policies]
    heads = [frame.iloc[0] for frame in frames]
    return Pool(
        problem_id=problems.index.to_numpy(),
        split=problems.split.to_numpy(),
        group=problems.group.to_numpy(),
        policies=policies,
        of_policies=[head.of_policy for head in heads],
        encoders=[head.encoder if pd.notna(head.encoder) else None for head in heads],
        reuses_prefill=[bool(head.reuses_prefill) for head in heads],
        samples=[int(head.samples) if pd.notna(head.samples) else None for head in heads],
        cost_basis=[head.cost_basis for head in heads],
        correct=np.column_stack([frame.correct for frame in frames]),
        cost=np.column_stack([frame.cost for frame in frames]),
        probe_cost=np.column_stack([frame.probe_cost for frame in frames]),
    )


def require_splits(pool: Pool, splits: Sequence[str]) -> None:
    """Raise a UserError that names the first of `splits` in which the pool has no problem."""
    for split in splits:
        if not (pool.split == split).any():
            raise UserError(f"the split {split!r} is empty: routing needs problems in {', '.join(splits)}")


def require_different_costs(pool: Pool) -> None:
    """Raise a UserError if every policy costs the same on train, so that cost cannot decide anything."""
    means = pool.cost[pool.split == TRAIN].mean(axis=0)
    if means.min() == means.max():
        names = ", ".join(pool.policies)
        raise UserError(
            f"{names} all cost {means[0]:g} USD per problem on train: check the prices, or just use the best"
        )


def tabulate_probabilities(
    predictions: Mapping[tuple[str, str], pd.DataFrame], columns: Mapping[str, str]
) -> pd.DataFrame:
    """Probabilities of success of all policies in one table: problem_id, family, policy, calibrated_on, probability.

    Of cross-fitted predictions the first partition is taken, and the table also has fold and split.

    Args:
        predictions: per policy and family, one row per problem (and, cross-fitted, per partition and fold): problem_id
            and every column that is named. The first family is the one that counts where there is one.
        columns: by the split on which Platt scaling was fitted, the column with the probabilities; in any order.

    Raises:
        UserError: predictions lack a column.
    """
    tables, head = [], ["problem_id"]
    for (policy, family), table in predictions.items():
        if "fold" in table:
            head, table = ["fold", "split", "problem_id"], table[table.partition == 0]
        for split in sorted(columns, key=lambda split: (split != VALIDATION, split)):  # a fixed order, validation first
            column = columns[split]
            if column not in table:
                raise UserError(f"{family!r} predictions for policy {policy!r} lack column {column!r}; predict again")
            probability = table[head].assign(probability=table[column].astype(float))
            tables.append(probability.assign(family=family, policy=policy, calibrated_on=split))
    return pd.concat(tables, ignore_index=True)[[*head, "family", "policy", "calibrated_on", "probability"]]


def align_probabilities(table: pd.DataFrame, pool: Pool) -> dict[Source, np.ndarray]:
    """Probability of success of every policy on every problem of the pool.

    Args:
        table: as `tabulate_probabilities` gives it.
        pool: the pool; its order of problems and policies is taken.

    Returns:
        By family and the split on which they were calibrated: [problems, policies].

    Raises:
        UserError: a policy without predictions, over other problems, with a null probability (its probe could not be
            trained, or predicts a number) or one outside [0, 1].
    """
    by_source = table.groupby(list(Source._fields), sort=False)
    return {
        Source(*source): _align_probabilities(dict(list(rows.groupby("policy"))), pool, source[0])
        for source, rows in by_source
    }


def _align_probabilities(predictions: dict[str, pd.DataFrame], pool: Pool, family: str) -> np.ndarray:
    problems = pd.Series(pool.problem_id)
    for policy in pool.whole_policies:  # fewer samples follow from them
        if policy not in predictions:
            raise UserError(
                f"policy {policy!r} has no {family!r} predictions; give --predictions {policy}/{family}=FILE"
            )
        name = f"{family!r} predictions for policy {policy!r}"
        require_same_problems({"the pool's costs": problems, name: predictions[policy].problem_id})
    columns = []
    for policy, of_policy in zip(pool.policies, pool.of_policies, strict=True):
        table, name = predictions[policy], f"{family!r} predictions for policy {of_policy!r}"
        probability = table.set_index("problem_id").probability.loc[pool.problem_id].to_numpy(dtype=float)
        if missing := int(np.isnan(probability).sum()):
            raise UserError(
                f"{name} lack a probability on {missing} of {len(probability)} problems: its probe could not be "
                f"trained, or its target is not binary; choose another target or leave the policy out of the pool"
            )
        outside = probability[(probability < 0) | (probability > 1)]
        if len(outside):
            raise UserError(f"{name} hold {len(outside)} probabilities outside [0, 1], such as {outside[0]}")
        columns.append(probability)
    return np.column_stack(columns)
