"""The probe of one policy of an exported router, on new prompts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from foretell.common.errors import UserError
from foretell.deployment.description import Answering
from foretell.deployment.familiarity import Familiarity
from foretell.probes.calibration import Platt

if TYPE_CHECKING:
    from foretell.deployment.reading import Place
    from foretell.probes.ngrams import KeptNgrams

Fields = Mapping[str, object]
QUESTION = "question"


@dataclass(frozen=True)
class LoadedProbe:
    """A probe and its weights.

    Attributes:
        described: its policy.
        tensors: its own, by name.
        ngrams: what reads the question's text, where that is what it reads.
    """

    described: Answering
    tensors: dict[str, np.ndarray]
    ngrams: "KeptNgrams | None"

    @classmethod
    def of(cls, described: Answering, tensors: Mapping[str, np.ndarray]) -> "LoadedProbe":
        """Of one policy, from the tensors of all."""
        start = f"{described.answers}/"
        own = {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
        probe = described.probe
        if probe.unit is None or probe.ngram_min is None or probe.ngram_max is None:
            return cls(described, own, None)
        from foretell.probes.ngrams import KeptNgrams  # scikit-learn, which a router by activations does without

        return cls(described, own, KeptNgrams(probe.unit, (probe.ngram_min, probe.ngram_max), own))

    def score(
        self, states: Mapping[str, Mapping["Place", np.ndarray]], prompts: Sequence[Fields]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Ask it about prompts, whatever the number of samples.

        Args:
            states: by encoder and place, [prompts, hidden].
            prompts: their fields.

        Returns:
            [prompts] scores, 0 where nothing could be trained, and [prompts] distances in units of the usual one.

        Raises:
            UserError: the text is read, and a prompt has no question.
        """
        probe, tensors = self.described.probe, self.tensors
        if self.ngrams is not None:
            texts = _questions(prompts)
            score, distances = self.ngrams.scores(texts), self.ngrams.unseen(texts)
        elif probe.layer is not None and probe.position is not None and self.described.reader is not None:
            values = states[self.described.reader][probe.layer, probe.position]
            standardised = (values - tensors["mean"]) / tensors["scale"]
            score = standardised @ tensors["weight"] + tensors["bias"]
            distances = Familiarity(tensors["axes"], tensors["variances"], tensors["rest"]).distance(standardised)
        else:
            return np.zeros(len(prompts)), np.zeros(len(prompts))
        return score, distances / probe.usual_distance


def probability(described: Answering, score: np.ndarray) -> np.ndarray:
    """[prompts] probabilities of success, at the policy's number of samples, from its scores."""
    probe = described.probe
    if probe.constant is not None:
        return np.full(len(score), probe.constant)
    return Platt(probe.slope, probe.intercept).probability(score)


def _questions(prompts: Sequence[Fields]) -> list[str]:
    for number, prompt in enumerate(prompts, start=1):
        if not isinstance(prompt.get(QUESTION), str):
            raise UserError(f"prompt {number} has no text as its field {QUESTION!r}, which the router reads")
    return [str(prompt[QUESTION]) for prompt in prompts]
