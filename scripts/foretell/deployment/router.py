"""An exported router on new prompts: which policy, with which probabilities, at which cost."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from foretell.common.errors import UserError
from foretell.deployment.choosing import choose_point, choose_policies
from foretell.deployment.description import Chosen, RouterDescription
from foretell.deployment.folder import read_folder
from foretell.deployment.loaded_probe import QUESTION, Fields, LoadedProbe, probability

if TYPE_CHECKING:
    from foretell.deployment.reading import Place, PromptReader


@dataclass(frozen=True)
class Decision:
    """What a router decides on one prompt.

    Attributes:
        policy: that the prompt goes to; one at fewer of its samples has a name of its own, such as `large@2`.
        samples: how many answers of it vote; None where unknown.
        probabilities: by policy, of a right answer.
        expected_cost: of the chosen policy, USD, its mean on train, or on the log that the router is fitted to.
        unlikeness: the largest distance of the prompt from those of train that any probe sees, in units of the usual
            one: of its activations, or the share of its n-grams that train does not have.
        unlike: whether it is larger than that of nearly all prompts of the study, so that probabilities say little.
    """

    policy: str
    samples: int | None
    probabilities: dict[str, float]
    expected_cost: float
    unlikeness: float
    unlike: bool


class Router:
    """A router, its probes, and the models that read for them."""

    def __init__(
        self,
        description: RouterDescription,
        tensors: Mapping[str, np.ndarray],
        readers: Mapping[str, "PromptReader"],
        chosen: Chosen,
    ):
        """Put together what `load` has read.

        Args:
            description, tensors: as `read_folder` gives them.
            readers: by encoder, those that are read; none where the probes read the questions' texts.
            chosen: the operating point.
        """
        self.description, self.chosen = description, chosen
        self._readers = dict(readers)
        one_each = {each.answers: each for each in description.policies}  # whatever the number of samples
        self._probes = {policy: LoadedProbe.of(each, tensors) for policy, each in one_each.items()}

    @classmethod
    def load(
        cls,
        folder: str | Path,
        models: str | Path | None = None,
        router: str = "utility",
        criterion: str = "match",
        operating_point: float | None = None,
    ) -> "Router":
        """Load an exported router and the models that read for it.

        Args:
            folder: `results/{study}/routers/{pool}`, or where it was taken to.
            models: folder of checkpoints by the id of the model; without it, the study's, two folders above.
            router: `utility` or `cascade`.
            criterion: for which the study chose the operating point.
            operating_point: another one, in its place: lambda, or a threshold.

        Raises:
            UserError: the folder or a checkpoint is not what it should be, or the study chose no such operating point.
        """
        description, tensors = read_folder(Path(folder))
        chosen = choose_point(description, router, criterion, operating_point)
        places: dict[str, set[Place]] = {}
        for each in description.policies:
            if each.reader is not None and each.probe.layer is not None and each.probe.position is not None:
                places.setdefault(each.reader, set()).add((each.probe.layer, each.probe.position))
        if not places:
            return cls(description, tensors, {}, chosen)
        from foretell.deployment.reading import load_readers  # torch, which a router by texts does without

        checkpoints = Path(folder).resolve().parents[1] / "models" if models is None else Path(models)
        return cls(description, tensors, load_readers(description.readers, places, checkpoints), chosen)

    def at(self, router: str = "utility", criterion: str = "match", operating_point: float | None = None) -> "Router":
        """The same router at another operating point; see `load`."""
        other = copy(self)
        other.chosen = choose_point(self.description, router, criterion, operating_point)
        return other

    @property
    def policies(self) -> list[str]:
        """Policies from cheap to dear."""
        return [each.policy for each in self.description.policies]

    @property
    def asked(self) -> list[str]:
        """Policies that answer, whatever the number of samples, from cheap to dear."""
        return list(dict.fromkeys(each.answers for each in self.description.policies))

    def route(self, prompts: Sequence[str | Fields]) -> list[Decision]:
        """Decide on prompts.

        Args:
            prompts: questions, or the fields that the study's prompts have, such as `{"question": ...}`.

        Raises:
            UserError: a prompt lacks a field, cannot be rendered, or is longer than its reader's context.
        """
        if not prompts:
            return []
        success, unlikeness = self.predict(prompts)
        return [
            Decision(
                policy=self.policies[column],
                samples=self.description.policies[column].samples,
                probabilities=dict(zip(self.policies, map(float, success[row]), strict=True)),
                expected_cost=self.description.policies[column].mean_cost,
                unlikeness=float(unlikeness[row]),
                unlike=bool(unlikeness[row] > self.description.unlike_above),
            )
            for row, column in enumerate(self.choose(success))
        ]

    def warm_up(self) -> None:
        """Have every reader read once: what is made at the first use would else delay the first prompt by seconds."""
        for reader in self._readers.values():
            with suppress(UserError):  # the prompt is nobody's
                reader.read([dict.fromkeys(reader.fields, "1")])

    def predict(self, prompts: Sequence[str | Fields]) -> tuple[np.ndarray, np.ndarray]:
        """What the probes say, whatever the operating point: one prefill per prompt and reader.

        Returns:
            [prompts, policies] probabilities of a right answer, and [prompts] how unlike the training prompts.

        Raises:
            UserError: as `route`.
        """
        rows = [{QUESTION: each} if isinstance(each, str) else dict(each) for each in prompts]
        states = {name: reader.read(rows) for name, reader in self._readers.items()}
        scored = {policy: probe.score(states, rows) for policy, probe in self._probes.items()}
        success = [probability(each, scored[each.answers][0]) for each in self.description.policies]
        return np.column_stack(success), np.max([distance for _, distance in scored.values()], axis=0)

    def choose(self, success: np.ndarray) -> np.ndarray:
        """[prompts] column of the policy, from probabilities [prompts, policies]."""
        return choose_policies(self.description, self.chosen, success)
