"""The families of probes, as lists of candidates."""

from collections.abc import Callable
from functools import partial

import numpy as np

from foretell.common.errors import UserError
from foretell.probes.dense import DenseBlock
from foretell.probes.groups import GroupRateBlock
from foretell.probes.inputs import Activations, Inputs
from foretell.probes.protocol import Block
from foretell.probes.text import NGRAM_RANGES, TextBlock
from foretell.probes.tokens import LEAVES, TokensBlock, one_hot

LINEAR, PERMUTED = "linear", "permuted_labels"


def linear(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """The residual stream: every layer, position and strength."""
    return _residual_stream(inputs.activations, strengths)


def untrained(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """The residual stream of a model of the same architecture whose weights were never trained."""
    return _residual_stream(inputs.untrained, strengths)


def _residual_stream(activations: Activations, strengths: tuple[float, ...]) -> list[Block]:
    return [
        DenseBlock({"layer": layer, "position": position}, partial(activations.read, layer, position), strengths)
        for layer, position in activations.slices
    ]


def prompt_length(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """The prompt's length in tokens."""
    lengths = inputs.prompt_lengths[:, None].astype(float)
    return [DenseBlock({}, lambda: lengths, strengths)]


def tfidf(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """TF-IDF of the question's character n-grams: several ranges of n and every strength."""
    return [TextBlock(inputs.questions, ngrams, strengths) for ngrams in NGRAM_RANGES]


def token_gbm(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """Boosted trees on one-hot token ids: several sizes and numbers of trees, which take the place of strengths."""
    features = one_hot(inputs.token_ids, inputs.train)
    return [TokensBlock(features, leaves) for leaves in LEAVES]


def reference_difficulty(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """The difficulty that the problem set comes with.

    Raises:
        UserError: a problem has none.
    """
    difficulties = inputs.outcomes.reference_difficulty.to_numpy(float, na_value=np.nan)[:, None]
    if missing := int(np.isnan(difficulties).sum()):
        raise UserError(
            f"{missing} of {len(difficulties)} problems have no reference_difficulty: leave 'reference_difficulty' out "
            "of key 'probes.families'"
        )
    return [DenseBlock({}, lambda: difficulties, strengths)]


def group_rate(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """The mean label of the problem's group on train."""
    return [GroupRateBlock(inputs.outcomes.group.to_numpy())]


# Families beside what builds their candidates. The control's are the linear probe's, on permuted labels.
BUILDERS: list[tuple[Callable[[Inputs, tuple[float, ...]], list[Block]], tuple[str, ...]]] = [
    (linear, (LINEAR, PERMUTED)),
    (prompt_length, ("prompt_length",)),
    (tfidf, ("tfidf",)),
    (token_gbm, ("token_gbm",)),
    (reference_difficulty, ("reference_difficulty",)),
    (group_rate, ("group_rate",)),
    (untrained, ("untrained",)),
]
FAMILIES = tuple(family for _, families in BUILDERS for family in families)
