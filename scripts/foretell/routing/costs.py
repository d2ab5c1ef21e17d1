"""From outcomes to dollars: what every policy costs on every problem."""

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.routing.inputs import require_same_problems

MEASURED = "measured tokens"
ASSUMED = "assumed"
ESTIMATED = "assumed prices, tokens estimated from characters"
TOKENS_PER_PRICE = 1e6  # prices are in USD per million tokens


def price_outcomes(outcomes: dict[str, pd.DataFrame], policies: dict[str, dict]) -> pd.DataFrame:
    """Price every policy on every problem.

    Args:
        outcomes: per policy, one row per problem: problem_id, split, group, k, majority_correct, prompt_tokens,
            completion_tokens (summed over the k samples; tokens may be null where the cost is assumed).
        policies: per policy {"encoder", "input_price", "output_price"}, in USD per million tokens, or
            {"encoder", "assumed_cost"} in USD per problem; encoder is null where no activations are read. Optionally
            estimated (tokens are) and free_to_predict (the predictor runs no model).

    Returns:
        One row per policy and problem: problem_id, split, group, policy, encoder, samples (k), correct (0.0 or 1.0),
        input_cost (prompt tokens once), output_cost (completion tokens of all k samples), cost (their sum, or the
        assumed cost), probe_cost (one prefill of the policy's encoder; null if unknown, 0
        if the predictor runs no model), all in USD, and cost_basis.

    Raises:
        UserError: a policy without outcomes, settings, prices, tokens or labels; policies over different problems, or
            that price the same encoder differently.
    """
    _check_settings(policies, outcomes)
    require_same_problems({f"outcomes of {policy!r}": frame.problem_id for policy, frame in outcomes.items()})
    return pd.concat([_price(policy, outcomes[policy], policies[policy]) for policy in policies], ignore_index=True)


def _price(policy: str, outcomes: pd.DataFrame, settings: dict) -> pd.DataFrame:
    costs = outcomes[["problem_id", "split", "group"]].assign(
        policy=policy,
        encoder=pd.Series(settings.get("encoder"), index=outcomes.index, dtype="str"),
        samples=outcomes.k.astype("Int64"),
        correct=_floats(outcomes.majority_correct.astype("boolean")),
    )
    _require_complete(costs.correct, f"outcomes of {policy!r} lack majority_correct")
    probing = 0.0 if settings.get("free_to_predict") else np.nan
    if "assumed_cost" in settings:
        return costs.assign(
            input_cost=np.nan,
            output_cost=np.nan,
            cost=float(settings["assumed_cost"]),
            probe_cost=probing,
            cost_basis=ASSUMED,
        )
    tokens = outcomes[["prompt_tokens", "completion_tokens"]].apply(_floats)
    _require_complete(tokens.sum(axis=1, skipna=False), f"outcomes of {policy!r} lack token counts; set assumed_cost")
    input_cost = tokens.prompt_tokens * settings["input_price"] / TOKENS_PER_PRICE
    output_cost = tokens.completion_tokens * settings["output_price"] / TOKENS_PER_PRICE
    return costs.assign(
        input_cost=input_cost,
        output_cost=output_cost,
        cost=input_cost + output_cost,
        probe_cost=probing if settings["encoder"] is None else input_cost,
        cost_basis=ESTIMATED if settings.get("estimated") else MEASURED,
    )


def _check_settings(policies: dict[str, dict], outcomes: dict[str, pd.DataFrame]) -> None:
    prefills: dict[str, tuple[str, float]] = {}
    for policy in outcomes:
        if policy not in policies:
            raise UserError(f"policy {policy!r} has outcomes but no entry under 'policies' in --settings")
    for policy, settings in policies.items():
        if policy not in outcomes:
            raise UserError(f"policy {policy!r} has settings but no outcomes; give --outcomes {policy}=FILE")
        if "assumed_cost" in settings:
            continue
        if not {"encoder", "input_price", "output_price"} <= settings.keys():
            raise UserError(f"policy {policy!r} lacks its encoder or prices; set input_price and output_price")
        other, price = prefills.setdefault(settings["encoder"], (policy, settings["input_price"]))
        if price != settings["input_price"] and settings["encoder"] is not None:
            raise UserError(
                f"policies {other!r} and {policy!r} share the encoder {settings['encoder']!r} but have the input "
                f"prices {price} and {settings['input_price']}; a prefill has one price"
            )


def _floats(values: pd.Series) -> pd.Series:
    return pd.Series(values.astype("Float64").to_numpy(dtype=float, na_value=np.nan), index=values.index)


def _require_complete(values: pd.Series, complaint: str) -> None:
    if missing := int(values.isna().sum()):
        raise UserError(f"{complaint} ({missing} of {len(values)} problems)")
