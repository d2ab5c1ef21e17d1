"""From outcomes to dollars: what every policy costs on every problem."""

from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from foretell.common.arguments import Settings
from foretell.common.errors import UserError
from foretell.common.frames import require_same_problems

MEASURED = "measured tokens"
ASSUMED = "assumed"
CHARGED = "as charged"
ESTIMATED = "assumed prices, tokens estimated from characters"
TOKENS_PER_PRICE = 1e6  # a price is in USD per million tokens

USD = Annotated[float, Field(ge=0)]


class PolicyPrice(Settings):
    """What a policy costs: by the price of its tokens, or by an assumption.

    Attributes:
        encoder: what reads the prompts to predict the policy's success; None where no activations are read.
        input_price, output_price: USD per TOKENS_PER_PRICE tokens.
        cached_price: the same of prompt tokens that were read from a cache; None if that of any other.
        request_price: USD per problem, whose samples are one request.
        assumed_cost: USD per problem, in place of prices.
        charged: whether it is what was charged, in place of prices.
        estimated: whether the numbers of tokens are.
        reader_price: USD per TOKENS_PER_PRICE tokens that the encoder reads, where the answer does not go on from what
            it has read.
    """

    encoder: str | None
    input_price: USD | None = None
    output_price: USD | None = None
    cached_price: USD | None = None
    request_price: USD = 0.0
    assumed_cost: USD | None = None
    charged: bool = False
    estimated: bool = False
    reader_price: USD | None = None

    @model_validator(mode="after")
    def _has_prices_or_a_cost(self) -> "PolicyPrice":
        prices = [price for price in (self.input_price, self.output_price) if price is not None]
        others = (self.assumed_cost is not None) + self.charged
        if others > 1 or len(prices) != (0 if others else 2):
            raise ValueError("set either input_price and output_price, or assumed_cost, or charged")
        return self


class PriceSettings(Settings):
    """What the policies of a pool cost.

    Attributes:
        policies: by policy, in any order.
        fewer_samples: whether routers may choose a policy at fewer of its samples.
    """

    policies: dict[str, PolicyPrice]
    fewer_samples: bool = False


def price_outcomes(
    outcomes: dict[str, pd.DataFrame],
    prices: dict[str, PolicyPrice],
    prompts: dict[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Price every policy on every problem.

    Args:
        outcomes: per policy, one row per problem: problem_id, split, group, k, majority_correct, prompt_tokens,
            completion_tokens (summed over the k samples; tokens may be null where the cost is assumed or charged),
            optionally cached_tokens (of the prompt_tokens; null counts as none) and charged (USD, of all k).
        prices: per policy.
        prompts: problem_id, token_ids of what the encoder reads, per policy with a reader_price.

    Returns:
        One row per policy, in the order of the outcomes, and problem: problem_id, split, group, policy, of_policy (the
        same; see `foretell.routing.arms.add_arms`), encoder, samples (k), correct (0.0 or 1.0), input_cost (prompt
        tokens once, and the request), output_cost (completion tokens of all k samples; both null where the cost is
        assumed or charged), cost (their sum, or that cost), probe_cost (one prefill of the policy's encoder; null if
        unknown), all in USD, reuses_prefill (whether an answer goes on from that prefill, and so has paid for it) and
        cost_basis.

    Raises:
        UserError: a policy without outcomes, prices, tokens or labels; policies over different problems, or that price
            the same encoder differently.
    """
    _check_prices(prices, outcomes)
    require_same_problems({f"outcomes of {policy!r}": frame.problem_id for policy, frame in outcomes.items()})
    given = prompts or {}
    tables = [_price(policy, frame, prices[policy], given.get(policy)) for policy, frame in outcomes.items()]
    return pd.concat(tables, ignore_index=True)


def _price(policy: str, outcomes: pd.DataFrame, price: PolicyPrice, prompts: pd.DataFrame | None) -> pd.DataFrame:
    costs = outcomes[["problem_id", "split", "group"]].assign(
        policy=policy,
        of_policy=policy,
        encoder=pd.Series(price.encoder, index=outcomes.index, dtype="str"),
        samples=outcomes.k.astype("Int64"),
        correct=_floats(outcomes.majority_correct.astype("boolean")),
        reuses_prefill=price.reader_price is None,
    )
    read = _read(policy, outcomes, price.reader_price, prompts)
    _require_complete(costs.correct, f"outcomes of {policy!r} lack majority_correct")
    if price.assumed_cost is not None:
        return costs.assign(
            input_cost=np.nan, output_cost=np.nan, cost=price.assumed_cost, probe_cost=read, cost_basis=ASSUMED
        )
    if price.charged:
        charged = _floats(outcomes.charged if "charged" in outcomes else pd.Series(pd.NA, outcomes.index, "Float64"))
        _require_complete(charged, f"outcomes of {policy!r} do not say what was charged")
        return costs.assign(input_cost=np.nan, output_cost=np.nan, cost=charged, probe_cost=read, cost_basis=CHARGED)
    tokens = outcomes[["prompt_tokens", "completion_tokens"]].apply(_floats)
    _require_complete(
        tokens.sum(axis=1, skipna=False),
        f"outcomes of {policy!r} lack token counts; set characters_per_token to estimate them, or assumed_cost",
    )
    cached = _cached(policy, outcomes, price)
    prefill = _usd(tokens.prompt_tokens, price.input_price)
    input_cost = _usd(tokens.prompt_tokens - cached, price.input_price) + _usd(cached, price.cached_price or 0.0)
    input_cost += price.request_price
    output_cost = _usd(tokens.completion_tokens, price.output_price)
    return costs.assign(
        input_cost=input_cost,
        output_cost=output_cost,
        cost=input_cost + output_cost,
        probe_cost=prefill if price.encoder is not None and price.reader_price is None else read,
        cost_basis=ESTIMATED if price.estimated else MEASURED,
    )


def _read(
    policy: str, outcomes: pd.DataFrame, reader_price: float | None, prompts: pd.DataFrame | None
) -> pd.Series | float:
    """Dollars for a prefill of the model that reads for a policy; NaN where there is none, or the policy's own."""
    if reader_price is None:
        return np.nan
    if prompts is None:
        raise UserError(f"policy {policy!r} has a reader_price but no prompts; give --prompts {policy}=FILE")
    tokens = prompts.set_index("problem_id").token_ids.map(len).reindex(outcomes.problem_id)
    _require_complete(tokens, f"prompts of {policy!r} lack problems of its outcomes")
    return _usd(pd.Series(tokens.to_numpy(), index=outcomes.index), reader_price)


def _cached(policy: str, outcomes: pd.DataFrame, price: PolicyPrice) -> pd.Series:
    """Prompt tokens that were read from a cache at another price."""
    if "cached_tokens" not in outcomes or price.cached_price is None:
        return pd.Series(0.0, index=outcomes.index)
    cached = _floats(outcomes.cached_tokens).fillna(0.0)
    if (beyond := cached > _floats(outcomes.prompt_tokens)).any():
        problem = outcomes.problem_id[beyond].iloc[0]
        raise UserError(f"outcomes of {policy!r}: problem {problem!r} has more cached_tokens than prompt_tokens")
    return cached


def _usd(tokens: pd.Series, price: float | None) -> pd.Series:
    """Dollars for numbers of tokens; null where there is no price."""
    return tokens * (np.nan if price is None else price) / TOKENS_PER_PRICE


def _check_prices(prices: dict[str, PolicyPrice], outcomes: dict[str, pd.DataFrame]) -> None:
    for policy in outcomes:
        if policy not in prices:
            raise UserError(f"policy {policy!r} has outcomes but no entry under 'policies' in --settings")
    prefills: dict[str, tuple[str, float | None]] = {}
    for policy, price in prices.items():
        if policy not in outcomes:
            raise UserError(f"policy {policy!r} has settings but no outcomes; give --outcomes {policy}=FILE")
        read = price.input_price if price.reader_price is None else price.reader_price
        if price.encoder is None or read is None:
            continue
        other, input_price = prefills.setdefault(price.encoder, (policy, read))
        if input_price != read:
            raise UserError(
                f"policies {other!r} and {policy!r} share the encoder {price.encoder!r} but have the input "
                f"prices {input_price} and {read}; a prefill has one price"
            )


def _floats(values: pd.Series) -> pd.Series:
    return pd.Series(values.astype("Float64").to_numpy(dtype=float, na_value=np.nan), index=values.index)


def _require_complete(values: pd.Series, complaint: str) -> None:
    if missing := int(values.isna().sum()):
        raise UserError(f"{complaint} ({missing} of {len(values)} problems)")
