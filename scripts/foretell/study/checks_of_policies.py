"""Checks of models and policies."""

from collections.abc import Iterator
from pathlib import Path

from foretell.common.errors import UserError
from foretell.completions.policy import DATE
from foretell.models.architecture import TinyModelSettings
from foretell.models.weights import RECORD, WEIGHTS, check_training
from foretell.study.config import StudyConfig
from foretell.study.models import ServerModel, Tiny
from foretell.study.policies import GRADED, PREDICTED, Encoder, ImportedPolicy, ModelPolicy, Policy
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
        if isinstance(policy, ModelPolicy) and isinstance(config.models.get(policy.model), ServerModel):
            yield from _served(name, policy, config)
        elif isinstance(policy, ModelPolicy):
            yield from _encoder(f"policies.{name}", policy.own_encoder, config)
            if policy.encoder == policy.own_encoder:
                yield f"key 'policies.{name}.encoder': that is how its own model is asked; leave it out"
            elif policy.encoder is not None:
                yield from _encoder(f"policies.{name}.encoder", policy.encoder, config)
        elif policy.read_by is not None:
            yield from _encoder(f"policies.{name}.encoder", policy.read_by, config)
        if isinstance(policy, ImportedPolicy):
            yield from _imported_policy(name, policy)
    yield from _shared_encoders(config)


def _served(name: str, policy: ModelPolicy, config: StudyConfig) -> Iterator[str]:
    """What a policy whose model is on a server lacks, or says in vain."""
    model = config.models[policy.model]
    assert isinstance(model, ServerModel)
    if policy.encoder is None:
        yield (
            f"key 'policies.{name}.encoder' is missing: {policy.model!r} is on a server, which shows no activations; "
            "name a model of this study that reads the prompts for it"
        )
    else:
        yield from _encoder(f"policies.{name}.encoder", policy.encoder, config)
    if policy.template_arguments:
        yield f"key 'policies.{name}.template_arguments': a server renders by itself; tell it in the model's 'body'"
    if policy.effort is not None and "reasoning_effort" in model.body:
        yield f"key 'policies.{name}.effort': the 'body' of {policy.model!r} has 'reasoning_effort' already: give one"
    if model.endpoint == "chat" and policy.prompt in config.prompts and config.prompts[policy.prompt].date != DATE:
        yield f"key 'policies.{name}.prompt': {policy.prompt!r} has a 'date', which a server is not told; leave it out"
    if "temperature" in model.body and policy.temperature != 1:
        yield f"key 'policies.{name}.temperature': {policy.model!r} takes none ('body'); give 1, at which it samples"
    if policy.prompt is not None and policy.prompt not in config.prompts:
        yield unknown(f"policies.{name}.prompt", policy.prompt, config.prompts)
    elif model.endpoint == "completions" and (said := [k for k in ("prompt", "effort") if getattr(policy, k)]):
        yield f"key 'policies.{name}.{said[0]}': the endpoint completions is sent what 'encoder' reads; leave it out"
    elif policy.prompt is not None and config.prompts[policy.prompt].answer_start is not None:
        yield (
            f"key 'policies.{name}.prompt': {policy.prompt!r} has 'answer_start', and the endpoint chat lets no answer "
            "be started: use another prompt, or the endpoint completions"
        )


def _shared_encoders(config: StudyConfig) -> Iterator[str]:
    """Encoders that differ in what they read or what reads it, and would have the same id, and so the same files."""
    first: dict[str, tuple[str, Encoder]] = {}
    named = [(name, encoder) for name, policy in config.policies.items() for encoder in _encoders(policy, config)]
    for name, encoder in named:
        other, alike = first.setdefault(encoder.id, (name, encoder))
        if encoder != alike:
            yield (
                f"key 'policies.{name}': its model, effort, template arguments and prompt make the id {encoder.id!r}, "
                f"as the different ones of {other!r} do; rename a model or a prompt"
            )


def _encoders(policy: Policy, config: StudyConfig) -> list[Encoder]:
    """What reads for a policy, and as what its model is asked where that is run here and does not read."""
    encoders = [] if policy.read_by is None else [policy.read_by]
    if isinstance(policy, ModelPolicy) and policy.encoder is not None:
        served = isinstance(config.models.get(policy.model), ServerModel)
        encoders += [] if served else [policy.own_encoder]
    return encoders


def _encoder(place: str, encoder: Encoder, config: StudyConfig) -> Iterator[str]:
    model = config.models.get(encoder.model)
    if model is None:
        yield unknown(f"{place}.model", encoder.model, config.models)
    elif isinstance(model, ServerModel):
        yield f"key '{place}.model': {encoder.model!r} is on a server, which shows no activations; name another one"
    elif isinstance(model, Tiny):
        learnt = config.problem_sets.get(model.problem_set)
        if isinstance(learnt, GeneratedSet) and encoder.effort not in learnt.task.efforts:
            known = " and ".join(map(repr, learnt.task.efforts))
            yield f"key '{place}.effort': a tiny model that is trained on {learnt.source} knows {known}"
    if encoder.prompt is not None and encoder.prompt not in config.prompts:
        yield unknown(f"{place}.prompt", encoder.prompt, config.prompts)


def _imported_policy(name: str, policy: ImportedPolicy) -> Iterator[str]:
    given = [key for key in GRADED if getattr(policy, key) is not None]
    if len(given) != 1:
        yield f"key 'policies.{name}': give one of {', '.join(GRADED)}; there are {', '.join(given) or 'none'}"
    if (policy.price is not None) + (policy.assumed_cost is not None) + policy.charged != 1:
        yield f"key 'policies.{name}': give one of 'price', 'assumed_cost' and 'charged: true'"
    if policy.encoder is not None and (given := [key for key in PREDICTED if getattr(policy, key) is not None]):
        yield f"key 'policies.{name}': its success is read from 'encoder' or from {given[0]!r}; give one of them"
    if policy.characters_per_token is not None and policy.outcomes is not None:
        yield f"key 'policies.{name}.characters_per_token': outcomes have no texts to estimate tokens from"
