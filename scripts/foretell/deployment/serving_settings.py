"""What a routing service is told: who answers for each policy, who stands in, and its limits."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PositiveInt, ValidationError

from foretell.common.arguments import Settings, describe_errors
from foretell.common.errors import UserError
from foretell.common.yaml_files import read_yaml
from foretell.completions.engines.keys import Address, Variable
from foretell.deployment.description import Answering

Seconds = Annotated[float, Field(gt=0)]


class Upstream(Settings):
    """A server that speaks OpenAI's protocol and answers for a policy."""

    base_url: Annotated[Address, AfterValidator(lambda url: url.rstrip("/"))]
    """Its address, to which `/chat/completions` is added."""
    model: str
    """What it calls the model."""
    key: Variable | None = None
    """Environment variable that has its key. The key is neither printed nor logged."""
    body: dict[str, Any] = {}
    """What each request says beside what the client does, such as `{reasoning_effort: high}`."""


class Limits(Settings):
    """What a request may take."""

    body_bytes: PositiveInt = 1_000_000
    """Largest request."""
    concurrency: PositiveInt = 64
    """Requests under way at once; others are refused at once with status 503."""
    routing_seconds: Seconds = 2.0
    """From a request until its decision, after which the fallback answers; in shadow mode, from its answer."""
    upstream_seconds: Seconds = 120.0
    """For an answer, and between two parts of one that is streamed, after which the fallback answers."""


class ServingSettings(Settings):
    """A routing service."""

    upstreams: dict[str, Upstream]
    """By policy of the router."""
    fallback: str
    """The policy that answers where routing, or another policy's upstream, fails."""
    incumbent: str | None = None
    """In shadow mode, the policy that answers everything; what the router would have done is logged."""
    incumbent_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Share of requests that the incumbent answers, drawn at random; below 1 the router answers the others: a pilot."""
    exploration: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of requests that go to a policy that is drawn with equal chances, so that logs tell what others do."""
    token: Variable | None = None
    """Environment variable with the bearer token that clients must send; without it the service is open."""
    limits: Limits = Limits()
    """What a request may take."""


def read_serving_settings(path: Path, policies: Collection[str]) -> ServingSettings:
    """Read and check the service's file.

    Args:
        path: YAML.
        policies: of the router, that answer.

    Raises:
        UserError: a key is wrong, or a policy is not the router's, or has no upstream.
    """
    try:
        settings = ServingSettings.model_validate(read_yaml(path))
    except ValidationError as error:
        raise UserError(f"{path}: {'; '.join(describe_errors(error))}") from None
    known = ", ".join(policies)
    for name in settings.upstreams:
        if name not in policies:
            raise UserError(f"{path}: key 'upstreams.{name}': the router has no such policy; it has {known}")
    if missing := [policy for policy in policies if policy not in settings.upstreams]:
        raise UserError(f"{path}: key 'upstreams': the router may choose {missing[0]!r}, which has no upstream there")
    for key, policy in (("fallback", settings.fallback), ("incumbent", settings.incumbent)):
        if policy is not None and policy not in settings.upstreams:
            raise UserError(f"{path}: key {key!r}: {policy!r} is none of the router's policies, which are {known}")
    if settings.incumbent_share < 1 and (settings.incumbent is None or settings.exploration):
        raise UserError(f"{path}: key 'incumbent_share' is of a pilot: set 'incumbent' and leave out 'exploration'")
    return settings


def with_samples(settings: ServingSettings, policies: Sequence[Answering]) -> ServingSettings:
    """The same with an upstream for every number of samples that the router may choose, asked for as OpenAI's `n`.

    That takes the place of an upstream's own `n`. A policy whose number of samples is unknown is asked as it is.
    """
    upstreams = {}
    for each in policies:
        upstream = settings.upstreams[each.answers]
        told = {} if each.of_policy is None or each.samples is None else {"n": each.samples}
        upstreams[each.policy] = upstream.model_copy(update={"body": {**upstream.body, **told}})
    return settings.model_copy(update={"upstreams": upstreams})
