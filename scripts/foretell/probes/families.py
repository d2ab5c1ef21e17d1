"""The families of probes, as lists of candidates."""

from collections.abc import Callable
from functools import partial

from foretell.probes.dense import DenseBlock
from foretell.probes.inputs import Inputs
from foretell.probes.protocol import Block
from foretell.probes.text import NGRAM_RANGES, TextBlock
from foretell.probes.tokens import LEARNING_RATES, LEAVES, TokensBlock, one_hot

LINEAR, PERMUTED = "linear", "permuted_labels"


def linear(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """The residual stream: every layer, position and strength."""
    activations = inputs.activations
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
    return [TokensBlock(features, leaves, rate) for leaves in LEAVES for rate in LEARNING_RATES]


# Families beside what builds their candidates. The control's are the linear probe's, on permuted labels.
BUILDERS: list[tuple[Callable[[Inputs, tuple[float, ...]], list[Block]], tuple[str, ...]]] = [
    (linear, (LINEAR, PERMUTED)),
    (prompt_length, ("prompt_length",)),
    (tfidf, ("tfidf",)),
    (token_gbm, ("token_gbm",)),
]
FAMILIES = tuple(family for _, families in BUILDERS for family in families)
