"""Which files a job reads, by the id of what each is about: under the study's results, in the configuration's order.

A job is about a problem set, a pool, or the whole study; its wildcards say which.
"""

from collections.abc import Callable
from itertools import product
from typing import Any, Protocol

from foretell.models.weights import RECORD
from foretell.probes.families import LINEAR
from foretell.study.models import PathModel, Tiny
from foretell.study.policies import ImportedPolicy, ModelPolicy
from foretell.study.problem_sets import HubSet
from foretell.study.study import MAJORITY, Study

Files = dict[str, list[str]]  # by id
Settings = dict[str, Any]  # that a job is told, see `foretell.study.jobs`

CHECKPOINT = [
    "model.safetensors",
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    RECORD,
]


class Job(Protocol):
    """Wildcards of a job; those that its rule has."""

    problem_set: str
    pool: str
    policy: str
    encoder: str
    model: str
    family: str


def problem_set_of(study: Study, job: Job) -> str:
    """The problem set that a job is about."""
    return study.pool(job.pool).problem_set if hasattr(job, "pool") else job.problem_set


def compared(study: Study, job: Job) -> Files:
    """Problems of other sets that are read for one of the hub, before duplicates are excluded from them."""
    names = study.compared(job.problem_set)
    return {name: [f"{_fetched(study, name)}/{name}.parquet"] for name in names}


def difficulties(study: Study, job: Job) -> Files:
    """The difficulties that responses give the problems of a set."""
    return {"": [f"difficulty/{job.problem_set}/items.parquet"]} if study.fits_irt(job.problem_set) else {}


def _fetched(study: Study, problem_set: str) -> str:
    return "downloads" if isinstance(study.problem_set(problem_set), HubSet) else "problems"


def policies_of(study: Study, job: Job) -> list[str]:
    """Policies that a job is about: those of its pool, or all on its problem set."""
    return study.pool(job.pool).policies if hasattr(job, "pool") else study.policies(job.problem_set)


def outcomes(study: Study, job: Job) -> Files:
    """Outcomes of every policy."""
    problem_set = problem_set_of(study, job)
    return {policy: [f"outcomes/{problem_set}/{policy}.parquet"] for policy in policies_of(study, job)}


def rollouts(study: Study, job: Job) -> Files:
    """Shards of the rollouts of every policy that has some; imported outcomes have none."""
    problem_set = problem_set_of(study, job)
    policies = [p for p in policies_of(study, job) if study.made_by("rollouts", p)]
    return {
        policy: [f"rollouts/{problem_set}/{policy}/{shard}.parquet" for shard in study.shards] for policy in policies
    }


def own_rollouts(study: Study, job: Job) -> Files:
    """Shards of one policy's rollouts, on the problems that its set shares."""
    origin = study.origin(job.problem_set)
    return {job.policy: [f"rollouts/{origin}/{job.policy}/{shard}.parquet" for shard in study.shards]}


def routing_predictions(study: Study, job: Job) -> Files:
    """Predictions of every policy's success, of the families that route."""
    problem_set = problem_set_of(study, job)
    return {
        f"{policy}/{family}": [f"probes/{problem_set}/{policy}/majority_correct/{family}/predictions.parquet"]
        for family, policy in product(study.routing_families(problem_set), policies_of(study, job))
    }


def _of_probe(file: str) -> Callable[[Study, Job], Files]:
    """A file of the probe of every policy of a pool by which queries are routed."""

    def files(study: Study, job: Job) -> Files:
        name = problem_set_of(study, job)
        family = study.family(name)
        return {p: [f"probes/{name}/{p}/{MAJORITY}/{family}/{file}"] for p in policies_of(study, job)}

    return files


routing_probes = _of_probe("probe.json")
routing_tensors = _of_probe("probe.safetensors")
routing_scores = _of_probe("predictions.parquet")


def predictions(study: Study, job: Job) -> Files:
    """Predictions of every policy, target and family on a problem set."""
    name = job.problem_set
    probes = product(study.policies(name), study.targets(name), study.families(name))
    return {
        f"{policy}/{target}/{family}": [f"probes/{name}/{policy}/{target}/{family}/predictions.parquet"]
        for policy, target, family in probes
    }


def fold_predictions(study: Study, job: Job) -> Files:
    """Predictions of one policy on each problem set that makes up a pooled one."""
    folds = getattr(study.problem_set(job.problem_set), "folds", None) or []
    return {fold: [f"probes/{fold}/{job.policy}/majority_correct/{job.family}/predictions.parquet"] for fold in folds}


def permutations(study: Study, job: Job) -> Files:
    """How well permuted labels are predicted, by policy, where problems are cross-fitted."""
    if study.predictions_by(job.problem_set) != "cross_fit_probes":
        return {}
    return {policy: [f"probes/{job.problem_set}/{policy}/permutations.parquet"] for policy in policies_of(study, job)}


def encoder_scores(study: Study, job: Job) -> Files:
    """Every policy's success, read from each encoder, where the study compares them."""
    name = job.problem_set
    return {encoder: [f"encoders/{name}/{encoder}.parquet"] for encoder in study.compared_encoders(name)}


def reader_prompts(study: Study, job: Job) -> Files:
    """Prompts that an encoder reads for a policy in place of its own model, by policy of a pool."""
    problem_set = problem_set_of(study, job)
    entries = {policy: study.policy(policy) for policy in policies_of(study, job)}
    return {
        policy: [f"prompts/{study.origin(problem_set)}/{entry.encoder.id}.parquet"]
        for policy, entry in entries.items()
        if isinstance(entry, ImportedPolicy | ModelPolicy) and entry.encoder is not None
    }


def checkpoint(study: Study, job: Job) -> Files:
    """Files of the checkpoint that a job runs; the record of one from elsewhere has the sums of all others."""
    if hasattr(job, "encoder"):
        model = study.encoders()[job.encoder].model
    else:
        policy = study.policy(job.policy)
        assert isinstance(policy, ModelPolicy)
        model = policy.model
    return _checkpoint(study, model)


def record_of_weights(study: Study, job: Job) -> Files:
    """What tells the weights of a policy's model apart where its entry does not: trained here, or on this computer."""
    policy = study.policy(job.policy)
    assert isinstance(policy, ModelPolicy)
    entry = study.config.models[policy.model]
    if isinstance(entry, Tiny):
        return {policy.model: [f"models/{policy.model}/{RECORD}"]}
    return {policy.model: [f"models/{policy.model}/source.json"]} if isinstance(entry, PathModel) else {}


def readers_checkpoints(study: Study, job: Job) -> Files:
    """The same of every model that reads for a pool's probes."""
    readers = (study.policy(policy).read_by for policy in _read_for(study, job))
    found: Files = {}
    for reader in filter(None, readers):
        found |= _checkpoint(study, reader.model)
    return found


def _read_for(study: Study, job: Job) -> list[str]:
    """Policies by whose activations queries are routed."""
    return policies_of(study, job) if study.family(problem_set_of(study, job)) == LINEAR else []


def read_questions(study: Study, job: Job) -> Files:
    """Problems by whose texts queries are routed."""
    name = problem_set_of(study, job)
    return {} if study.family(name) == LINEAR else {name: [f"problems/{name}.parquet"]}


def _checkpoint(study: Study, model: str) -> Files:
    tiny = isinstance(study.config.models[model], Tiny)
    return {model: [f"models/{model}/{file}" for file in (CHECKPOINT if tiny else ["source.json"])]}


def prompts(study: Study, job: Job) -> Files:
    """Prompts that a policy's activations are of, on the problems that its set shares."""
    return _prompts(study, job, study.encoder(job.policy))


def _prompts(study: Study, job: Job, encoder: str | None) -> Files:
    return {} if encoder is None else {encoder: [f"prompts/{study.origin(job.problem_set)}/{encoder}.parquet"]}


def asked(study: Study, job: Job) -> Files:
    """What a policy's model is asked: messages, or the prompts that it goes on from."""
    if study.asked_in_messages(job.policy):
        return {job.policy: [f"messages/{job.problem_set}/{job.policy}.parquet"]}
    return _prompts(study, job, study.asked_as(job.policy))


def activations(study: Study, job: Job) -> Files:
    """Shards of the activations and their descriptions that a policy's probes are trained on, if any."""
    if study.imports_activations(job.problem_set, job.policy):
        return {job.policy: _cache(f"activations/{job.problem_set}/{job.policy}/imported")}
    encoder = study.encoder(job.policy)
    return {} if encoder is None else {encoder: _shards(study, "activations", job.problem_set, encoder)}


def untrained(study: Study, job: Job) -> Files:
    """The same with untrained weights, where the study asks for them."""
    encoder = study.encoder(job.policy)
    if encoder is None or "untrained" not in study.families(job.problem_set):
        return {}
    return {encoder: _shards(study, "untrained", job.problem_set, encoder)}


def encoder_activations(study: Study, job: Job) -> Files:
    """Shards of one encoder's activations."""
    return {job.encoder: _shards(study, "activations", job.problem_set, job.encoder)}


def readers_activations(study: Study, job: Job) -> Files:
    """Shards of the activations of every encoder that reads for a pool's probes."""
    readers = dict.fromkeys(filter(None, map(study.encoder, _read_for(study, job))))
    return {encoder: _shards(study, "activations", problem_set_of(study, job), encoder) for encoder in readers}


def _shards(study: Study, stage: str, problem_set: str, encoder: str) -> list[str]:
    folder = f"{stage}/{study.origin(problem_set)}/{encoder}"
    return [file for shard in study.shards for file in _cache(f"{folder}/{shard}")]


def _cache(stem: str) -> list[str]:
    return [f"{stem}.safetensors", f"{stem}.json"]


def _of_folds(table: str) -> Callable[[Study, Job], Files]:
    """A table of the routing stage for each pool that makes up a job's pool."""
    return lambda study, job: {fold: [f"routing/{fold}/{table}.parquet"] for fold in study.folds(job.pool)}


costs_of_folds = _of_folds("costs")
fewer_samples_of_folds = _of_folds("fewer_samples")
probabilities_of_folds = _of_folds("probabilities")
decisions_of_folds = _of_folds("decisions")


def resamples(study: Study, job: Job) -> Files:
    """Resampled metrics of each problem set that claims are about."""
    return {name: [f"evaluation/{name}/resamples.parquet"] for name in study.reported()}


def claims(study: Study, job: Job) -> Files:
    """The table of claims, where the study checks some."""
    return {"claims": ["claims.csv"]} if study.config.claims else {}


def reported_metrics(study: Study, job: Job) -> Files:
    """Metrics of each problem set that claims are about."""
    return {name: [f"evaluation/{name}/metrics.parquet"] for name in study.reported()}


def metrics_of_pool(study: Study, job: Job) -> Files:
    """Metrics of the probes on a pool's problem set."""
    name = problem_set_of(study, job)
    return {name: [f"evaluation/{name}/metrics.parquet"]}


def summaries(study: Study, job: Job) -> Files:
    """What routing amounts to, by pool."""
    pools = [pool for name in study.reported() for pool in study.pools_on(name)]
    return {pool: [f"routing/{pool}/summary.parquet"] for pool in pools}


def reported_problems(study: Study, job: Job) -> Files:
    """Each problem set that claims are about."""
    return {name: [f"problems/{name}.parquet"] for name in study.reported()}


def reported_outcomes(study: Study, job: Job) -> Files:
    """Outcomes of every policy on each problem set that claims are about."""
    return {
        f"{name}/{policy}": [f"outcomes/{name}/{policy}.parquet"]
        for name in study.reported()
        for policy in study.policies(name)
    }
