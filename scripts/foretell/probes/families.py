"""The families of probes: what each reads, and its candidates.

What builds the candidates is imported where it is needed: naming the families takes no time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from foretell.common.errors import UserError
from foretell.common.registry import registry

if TYPE_CHECKING:
    from foretell.probes.inputs import Activations, Inputs
    from foretell.probes.protocol import Block

    Builder = Callable[[Inputs, tuple[float, ...]], list[Block]]

T = TypeVar("T")

LINEAR, IMPORTED = "linear", "imported"
TFIDF, WORD_TFIDF = "tfidf", "word_tfidf"

# What a family needs beside outcomes.
ACTIVATIONS = "activations"
UNTRAINED = "activations of untrained weights"
TOKENS = "token ids"
QUESTIONS = "questions"  # their texts alone; the lengths of prompts are taken where there are any
DIFFICULTY = "reference difficulty"
GROUPS = "groups"
PREDICTIONS = "predictions"  # made elsewhere
METADATA = "metadata"  # columns that the problem set names


@dataclass(frozen=True)
class Family:
    """One kind of predictor.

    Attributes:
        name: in configurations and tables.
        label: for readers of figures.
        description: one clause, for the configuration's documentation.
        reads: what it needs, one of the constants above.
        build: from inputs and strengths (L2 penalties) to its blocks of candidates; None where nothing is trained, or
            all policies are fitted at once (`JointFamily`).
        control: whether it is trained on permuted labels, several times over, to say what chance looks like.
        kept: whether what was fitted is kept, so that it can score new prompts.
    """

    name: str
    label: str
    description: str
    reads: str
    build: Builder | None
    control: bool = False
    kept: bool = False

    @property
    def text_only(self) -> bool:
        """Whether it is made of the prompt's text alone, without a model that reads it."""
        return self.reads in (QUESTIONS, TOKENS)

    @property
    def needs_prefill(self) -> bool:
        """Whether a model reads the prompt before anything is predicted; of imported predictions that is assumed."""
        return self.reads in (ACTIVATIONS, UNTRAINED, PREDICTIONS)


@dataclass(frozen=True, kw_only=True)
class JointFamily(Family):
    """A family that is fitted to the answers of all policies at once.

    Attributes:
        build_jointly: as `build`; label columns are policies.
    """

    build_jointly: Builder


def linear(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """The residual stream: every layer, position and strength."""
    return _residual_stream(_given(inputs.activations, ACTIVATIONS), strengths)


def untrained(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """The residual stream of a model of the same architecture whose weights were never trained."""
    return _residual_stream(_given(inputs.untrained, UNTRAINED), strengths)


def _residual_stream(activations: Activations, strengths: tuple[float, ...]) -> list[Block]:
    from foretell.probes.dense import DenseBlock

    return [
        DenseBlock({"layer": layer, "position": position}, partial(activations.read, layer, position), strengths)
        for layer, position in activations.slices
    ]


def mlp(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """A small network on the residual stream: some layers at the last position, and penalties of its own."""
    return _networks(inputs, members=1)


def mlp_ensemble(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """Several such networks, which begin at other random weights, and the mean of their scores."""
    from foretell.probes.mlp import MEMBERS

    return _networks(inputs, MEMBERS)


def _networks(inputs: Inputs, members: int) -> list[Block]:
    from foretell.probes.mlp import MlpBlock, spread_layers

    activations = _given(inputs.activations, ACTIVATIONS)
    return [
        MlpBlock({"layer": layer, "position": position}, partial(activations.read, layer, position), members)
        for layer, position in spread_layers(activations.slices)
    ]


def knn(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """Neighbours in the residual stream: the layers that `mlp` reads, and several numbers of neighbours."""
    from foretell.probes.mlp import spread_layers
    from foretell.probes.neighbours import KnnBlock

    activations = _given(inputs.activations, ACTIVATIONS)
    return [
        KnnBlock({"layer": layer, "position": position}, partial(activations.read, layer, position))
        for layer, position in spread_layers(activations.slices)
    ]


def knn_text(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """Neighbours by TF-IDF of the question's words, and of its words and pairs of words."""
    from foretell.probes.neighbours import KnnTextBlock
    from foretell.probes.words import NGRAM_RANGES, WordsBlock

    return [
        KnnTextBlock({"ngram_min": ngrams[0], "ngram_max": ngrams[1]}, WordsBlock(inputs.questions, ngrams, ()).counts)
        for ngrams in NGRAM_RANGES
    ]


def prompt_length(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """The prompt's length in tokens."""
    from foretell.probes.dense import DenseBlock

    lengths = inputs.prompt_lengths[:, None].astype(float)
    return [DenseBlock({}, lambda: lengths, strengths)]


def tfidf(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """TF-IDF of the question's character n-grams: several ranges of n and every strength."""
    from foretell.probes.text import NGRAM_RANGES, TextBlock

    return [TextBlock(inputs.questions, ngrams, strengths) for ngrams in NGRAM_RANGES]


def token_gbm(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """Boosted trees on one-hot token ids: several sizes and numbers of trees, which take the place of strengths."""
    from foretell.probes.tokens import LEAVES, TokensBlock, one_hot

    features = one_hot(_given(inputs.token_ids, TOKENS), inputs.train)
    return [TokensBlock(features, leaves) for leaves in LEAVES]


def reference_difficulty(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """The difficulty that the problem set comes with.

    Raises:
        UserError: a problem has none.
    """
    from foretell.probes.dense import DenseBlock

    difficulties = inputs.outcomes.reference_difficulty.to_numpy(float, na_value=np.nan)[:, None]
    if missing := int(np.isnan(difficulties).sum()):
        raise UserError(
            f"{missing} of {len(difficulties)} problems have no reference_difficulty: leave 'reference_difficulty' out "
            "of key 'probes.families'"
        )
    return [DenseBlock({}, lambda: difficulties, strengths)]


def group_rate(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """The mean label of the problem's group on train."""
    from foretell.probes.groups import GroupRateBlock

    return [GroupRateBlock(inputs.outcomes.group.to_numpy())]


def metadata(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """Columns that the problem set names, each value a feature."""
    import pandas as pd

    from foretell.probes.dense import DenseBlock

    columns = _given(inputs.metadata, "the columns that a problem set names under 'metadata'")
    features = pd.get_dummies(columns.astype("string"), dtype=float).to_numpy()
    return [DenseBlock({}, lambda: features, strengths)]


def word_tfidf(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """TF-IDF of the question's words, and of its words and pairs of words."""
    from foretell.probes.words import NGRAM_RANGES, WordsBlock

    return [WordsBlock(inputs.questions, ngrams, strengths) for ngrams in NGRAM_RANGES]


def matrix_factorisation(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """Factors of the question's TF-IDF times factors of the policy: several ranks and every strength."""
    from foretell.probes.joint import NGRAMS, JointBlock
    from foretell.probes.latent_factors import factorise

    return [JointBlock(inputs.questions, NGRAMS, strengths, factorise)]


def mirt(inputs: Inputs, strengths: tuple[float, ...]) -> list[Block]:
    """Item response theory with difficulty and discriminations from TF-IDF: several ranks and every strength."""
    from foretell.probes.joint import NGRAMS, JointBlock
    from foretell.probes.latent_factors import fit_item_response

    return [JointBlock(inputs.questions, NGRAMS, strengths, fit_item_response)]


def _given(values: T | None, what: str) -> T:
    if values is None:
        raise UserError(f"a family of key 'families' reads {what}, which the job was not given")
    return values


FAMILIES = registry(
    Family("linear", "linear probe", "L2 linear probe of the residual stream", ACTIVATIONS, linear, kept=True),
    Family(
        "permuted_labels",
        "permuted labels",
        "the linear probe's whole protocol on permuted labels: the control",
        ACTIVATIONS,
        linear,
        control=True,
    ),
    Family("mlp", "MLP", "a small neural network on the residual stream of some layers", ACTIVATIONS, mlp),
    Family(
        "mlp_ensemble",
        "MLP ensemble",
        "the mean of several such networks, which begin at other random weights",
        ACTIVATIONS,
        mlp_ensemble,
    ),
    Family("knn", "kNN", "the nearest problems of train in the residual stream of some layers", ACTIVATIONS, knn),
    Family("prompt_length", "prompt length", "the prompt's length alone", QUESTIONS, prompt_length),
    Family("tfidf", "TF-IDF", "TF-IDF of the question's character n-grams", QUESTIONS, tfidf, kept=True),
    Family("word_tfidf", "word TF-IDF", "TF-IDF of the question's words", QUESTIONS, word_tfidf, kept=True),
    Family("knn_text", "kNN on text", "the nearest problems of train by TF-IDF of their words", QUESTIONS, knn_text),
    JointFamily(
        "matrix_factorisation",
        "matrix factorisation",
        "few factors of the question's text that all policies share, with weights of each policy",
        QUESTIONS,
        None,
        build_jointly=matrix_factorisation,
    ),
    JointFamily(
        "mirt",
        "multidimensional IRT",
        "item response theory: abilities of the policies, difficulty and discriminations from the question's text",
        QUESTIONS,
        None,
        build_jointly=mirt,
    ),
    Family("token_gbm", "token GBM", "boosted trees on the prompt's one-hot token ids", TOKENS, token_gbm),
    Family(
        "reference_difficulty",
        "reference difficulty",
        "the difficulty that the problem set comes with",
        DIFFICULTY,
        reference_difficulty,
    ),
    Family("group_rate", "group rate", "the mean success of the problem's group on train", GROUPS, group_rate),
    Family("metadata", "metadata", "columns of the problem set, such as a level or a subject", METADATA, metadata),
    Family("untrained", "untrained weights", "the linear probe of untrained weights", UNTRAINED, untrained),
    Family("imported", "imported", "predictions that were made elsewhere", PREDICTIONS, None),
)


ROUTING_FAMILIES = (LINEAR, IMPORTED, TFIDF, WORD_TFIDF, "prompt_length")  # the first that there is routes


def jointly_fitted(names: Iterable[str]) -> list[JointFamily]:
    """Those of some families that are fitted to all policies at once, in the registry's order."""
    wanted = set(names)
    return [family for name, family in FAMILIES.items() if name in wanted and isinstance(family, JointFamily)]


def by_builder(names: Iterable[str]) -> list[tuple[Builder, list[Family]]]:
    """Families that are trained, in the registry's order, those with the same candidates together.

    Raises:
        UserError: a family is not trained here.
    """
    families: dict[Builder, list[Family]] = {}
    wanted = set(names)
    for family in (family for name, family in FAMILIES.items() if name in wanted):
        if family.build is None:
            raise UserError(f"family {family.name!r} is not trained here; its predictions are imported")
        families.setdefault(family.build, []).append(family)
    return list(families.items())
