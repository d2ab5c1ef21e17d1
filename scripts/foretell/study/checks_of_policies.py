"""Checks of models and policies."""

from collections.abc import Iterator
from pathlib import Path

from foretell.common.errors import UserError
from foretell.models.architecture import TinyModelSettings
from foretell.models.weights import RECORD, WEIGHTS, check_training
from foretell.study.config import StudyConfig
from foretell.study.models import Tiny
from foretell.study.policies import ENCODER, GRADED, ImportedPolicy, ModelPolicy
from foretell.study.problem_sets import GeneratedSet
from foretell.study.references import unknown


def model_mistakes(config: StudyConfig, root: Path) -> Iterator[str]:
    """Models that are trained on problems which are not generated, or whose weights were trained by other settings."""
    sets = config.problem_sets
    for name, model in config.models.items():
        if not isinstance(model, Tiny):
            continue
        key, trained_on = f"models.{name}.problem_set", model.problem_set
        if trained_on not in sets:
            yield unknown(key, trained_on, sets)
        elif not isinstance(learnt := sets[trained_on], GeneratedSet):
            source = learnt.source
            yield f"key {key!r}: {trained_on!r} has source {source!r}; a tiny model is trained on generated problems"
        elif model.weights is not None:
            folder, settings = root / model.weights, TinyModelSettings(**model.training(learnt, config.seed))
            try:
                check_training(folder / WEIGHTS, folder / RECORD, settings)
            except UserError as error:
                yield f"key 'models.{name}.weights': {error}"


def policy_mistakes(config: StudyConfig) -> Iterator[str]:
    """Policies that cannot be run or imported, or share the id of an encoder."""
    for name, policy in config.policies.items():
        if isinstance(policy, ModelPolicy):
            yield from _model_policy(name, policy, config)
        if isinstance(policy, ImportedPolicy):
            yield from _imported_policy(name, policy)
    yield from _shared_encoders(config)


def _shared_encoders(config: StudyConfig) -> Iterator[str]:
    """Encoders that differ in model, effort or prompt and would have the same id, and so the same files."""
    first: dict[str, tuple[str, ModelPolicy]] = {}
    for name, policy in config.policies.items():
        if not isinstance(policy, ModelPolicy):
            continue
        other, alike = first.setdefault(policy.encoder, (name, policy))
        if any(getattr(policy, part) != getattr(alike, part) for part in ENCODER):
            yield (
                f"key 'policies.{name}': its model, effort and prompt make the id {policy.encoder!r}, as the different "
                f"ones of {other!r} do; rename a model or a prompt"
            )


def _model_policy(name: str, policy: ModelPolicy, config: StudyConfig) -> Iterator[str]:
    model = config.models.get(policy.model)
    if model is None:
        yield unknown(f"policies.{name}.model", policy.model, config.models)
    elif isinstance(model, Tiny):
        learnt = config.problem_sets.get(model.problem_set)
        if isinstance(learnt, GeneratedSet) and policy.effort not in learnt.task.efforts:
            known = " and ".join(map(repr, learnt.task.efforts))
            yield f"key 'policies.{name}.effort': a tiny model that is trained on {learnt.source} knows {known}"
    if policy.prompt is not None and policy.prompt not in config.prompts:
        yield unknown(f"policies.{name}.prompt", policy.prompt, config.prompts)


def _imported_policy(name: str, policy: ImportedPolicy) -> Iterator[str]:
    given = [key for key in GRADED if getattr(policy, key) is not None]
    if len(given) != 1:
        yield f"key 'policies.{name}': give one of {', '.join(GRADED)}; there are {', '.join(given) or 'none'}"
    if (policy.price is None) == (policy.assumed_cost is None):
        yield f"key 'policies.{name}': give either 'price' or 'assumed_cost'"
    if policy.characters_per_token is not None and policy.outcomes is not None:
        yield f"key 'policies.{name}.characters_per_token': outcomes have no texts to estimate tokens from"
