"""What the jobs of each rule need to know of the configuration: one function per script, named like it.

Each gives just what a job's result depends on, so that nothing else that is edited reruns it. The results are JSON
values; mappings are dumped with sorted keys, so where order matters there are lists.
"""

from typing import Any

import yaml

from foretell.completions.policy import Connection, Prompt, Reading, Server
from foretell.grading.settings import GradingSettings
from foretell.probes.calibrated_columns import ELSEWHERE, OWN, RECORDED, SCALED_HERE
from foretell.probes.families import FAMILIES
from foretell.routing.routers import Sweep
from foretell.study.files import Job
from foretell.study.models import Checkpoint, Price, ServerModel, Tiny
from foretell.study.policies import Encoder, ImportedPolicy, ModelPolicy, RecordedPolicy
from foretell.study.problem_sets import File, GeneratedSet, HubSet, Records
from foretell.study.study import MAJORITY, Study

Settings = dict[str, Any]


def resampling(study: Study) -> Settings:
    """Protocol of the intervals."""
    return {"resamples": study.config.statistics.resamples, "seed": study.config.seed}


def make_problems(study: Study, job: Job) -> Settings:
    """What a problem set is made of, whichever rule makes it, and which policies' answers it needs."""
    making = study.problem_set(job.problem_set).making(study.config.seed)
    needed = {policy: entry.answered for policy, entry in study.left_out_by(job.problem_set).items()}
    return {**making, "answered": {policy: _format(table) for policy, table in needed.items()}} if needed else making


def download_problems(study: Study, job: Job) -> Settings:
    """Which files of the hub a problem set is made of, and how they are read."""
    return study.problem_set(job.problem_set).making(study.config.seed)


def exclude_duplicates(study: Study, job: Job) -> Settings:
    """Which other problem set has the test problems."""
    entry = study.problem_set(job.problem_set)
    assert isinstance(entry, HubSet)
    return {"test_of": entry.test_of}


def train_tiny_model(study: Study, job: Job) -> Settings:
    """What a tiny model's weights depend on; not its price."""
    entry = study.config.models[job.model]
    assert isinstance(entry, Tiny)
    learnt = study.problem_set(entry.problem_set)
    assert isinstance(learnt, GeneratedSet)
    return entry.training(learnt, study.config.seed)


def import_weights(study: Study, job: Job) -> Settings:
    """What a tiny model's weights were trained by."""
    return train_tiny_model(study, job)


def download_model(study: Study, job: Job) -> Settings:
    """Where a checkpoint comes from."""
    entry = study.config.models[job.model]
    assert isinstance(entry, Checkpoint)
    return entry.origin()


def render_prompts(study: Study, job: Job) -> Settings:
    """What an encoder reads, and how the chat template is told to render it, which must change what it reads."""
    encoder = study.encoders()[job.encoder]
    prompt = _prompt(study, encoder)
    asked = [e for e in study.encoders().values() if (e.model, e.prompt) == (encoder.model, encoder.prompt)]
    given = encoder.model_dump(include=set(Reading.model_fields))
    others = [other for e in asked if (other := e.model_dump(include=set(Reading.model_fields))) != given]
    others.sort(key=repr)  # the configuration's order is nobody's concern
    return {"prompt": prompt.model_dump(), **given, **({"others": others} if others else {})}


def generate_completions(study: Study, job: Job) -> Settings:
    """How a policy samples, and the key of its random numbers."""
    entry = study.policy(job.policy)
    assert isinstance(entry, ModelPolicy)
    model = study.config.models[entry.model]
    assert not isinstance(model, ServerModel)
    how = {"engine": model.engine, "dtype": model.dtype}
    settings = {"policy": job.policy, "decoding": entry.decoding(), "seed": study.config.seed, **how}
    if isinstance(model, Checkpoint) and model.thinking is not None:
        settings["thinking"] = model.thinking.model_dump()
    return settings


def generate_completions_with_vllm(study: Study, job: Job) -> Settings:
    """The same, of a policy whose model is run by vLLM."""
    return generate_completions(study, job)


def write_messages(study: Study, job: Job) -> Settings:
    """What a model on a server is asked."""
    entry = study.policy(job.policy)
    assert isinstance(entry, ModelPolicy)
    return {"prompt": _prompt(study, entry).model_dump()}


def ask_server(study: Study, job: Job) -> Settings:
    """How a policy samples, and which model it asks."""
    entry, model = _served(study, job)
    server = model.model_dump(include={*Server.model_fields} - {"effort"})
    sampled = {"policy": job.policy, "decoding": entry.decoding(), "seed": study.config.seed}
    return {**sampled, "engine": model.engine, "server": {**server, "effort": entry.effort}}


def connection(study: Study, job: Job) -> Settings:
    """How the server is reached; nothing of it decides a result, so that it reruns nothing."""
    return _served(study, job)[1].model_dump(include=set(Connection.model_fields))


def _served(study: Study, job: Job) -> tuple[ModelPolicy, ServerModel]:
    entry = study.policy(job.policy)
    assert isinstance(entry, ModelPolicy)
    model = study.config.models[entry.model]
    assert isinstance(model, ServerModel)
    return entry, model


def _prompt(study: Study, encoder: Encoder) -> Prompt:
    return Prompt() if encoder.prompt is None else study.config.prompts[encoder.prompt]


def import_completions(study: Study, job: Job) -> Settings:
    """How a policy's completions are read."""
    return _texts(study, job, "completions")


def import_rollouts(study: Study, job: Job) -> Settings:
    """How a policy's graded completions are read."""
    return _texts(study, job, "rollouts")


def _texts(study: Study, job: Job, key: str) -> Settings:
    entry = study.policy(job.policy)
    assert isinstance(entry, ImportedPolicy)
    threshold = entry.rollouts.threshold if key == "rollouts" and entry.rollouts is not None else None
    how = {"missing": entry.missing, "threshold": threshold, "priced": entry.price is not None}
    return {"table": _format(getattr(entry, key)), "characters_per_token": entry.characters_per_token, **how}


def _format(table: Any) -> Settings:
    return table.model_dump(exclude={"file", "threshold"})


def grade_rollouts(study: Study, job: Job) -> Settings:
    """Where answers stand in completions, and how they are compared, where the problem set says it.

    Problems have answers of one kind, on which the job's code depends; in a file each problem may have its own.
    """
    entry = study.problem_set(job.problem_set)
    said = {key: value for key in GradingSettings.model_fields if (value := getattr(entry, key, None)) is not None}
    return said if isinstance(entry, File) else {**said, "answer_kind": entry.answers}


def import_outcomes(study: Study, job: Job) -> Settings:
    """Which recorded run, or how a policy's file of outcomes is read."""
    entry, how = study.policy(job.policy), _run_or_table(study, job, "outcomes")
    return (
        {**how, "missing": entry.missing, "priced": entry.price is not None}
        if isinstance(entry, ImportedPolicy)
        else how
    )


def import_predictions(study: Study, job: Job) -> Settings:
    """Which recorded run, or how a policy's file of predictions is read."""
    how, problem_set = _run_or_table(study, job, "predictions"), study.problem_set(job.problem_set)
    if isinstance(problem_set, File) and problem_set.recalibrate:
        how["recalibrate"] = True
    entry = study.policy(job.policy)
    return {**how, "missing": entry.missing} if isinstance(entry, ImportedPolicy) else how


def _run_or_table(study: Study, job: Job, key: str) -> Settings:
    entry = study.policy(job.policy)
    return {"run": entry.run} if isinstance(entry, RecordedPolicy) else {"table": _format(getattr(entry, key))}


def cache_activations(study: Study, job: Job) -> Settings:
    """In which dtype a model reads, and which layers and positions are kept."""
    model = study.config.models[study.encoders()[job.encoder].model]
    assert not isinstance(model, ServerModel)
    return {"dtype": model.dtype, **_read(study)}


def import_activations(study: Study, job: Job) -> Settings:
    """Which layers and positions are kept."""
    return _read(study)


def _read(study: Study) -> Settings:
    given = study.config.probes.model_dump(include={"layers", "positions"}, exclude_none=True)
    return {key: sorted(values) for key, values in given.items()}


def cache_untrained_activations(study: Study, job: Job) -> Settings:
    """The same, and the seed of the random weights."""
    return {**cache_activations(study, job), "untrained": study.config.seed}


def train_probes(study: Study, job: Job) -> Settings:
    """Targets, families and their protocol."""
    probes = study.config.probes.model_dump(exclude={"targets", "families", "layers", "positions"})
    targets, trained = study.targets(job.problem_set), study.trained(job.problem_set)
    families = sorted(trained, key=list(FAMILIES).index)  # they are trained in that order, whatever the study's
    settings = {**probes, "targets": targets, "families": families, "seed": study.config.seed}
    if "metadata" in families:
        settings["metadata"] = study.metadata(job.problem_set)
    if study.trained_beside(job.problem_set):
        settings["recalibrate"] = True
    return settings


def compare_encoders(study: Study, job: Job) -> Settings:
    """Protocol of reading every policy's success, by which queries are routed, from one encoder."""
    probes = study.config.probes
    return {"target": MAJORITY, "strengths": probes.strengths, "folds": probes.folds, "seed": study.config.seed}


def cross_fit_predictors(study: Study, job: Job) -> Settings:
    """What is predicted, and the protocol of predicting each problem from the others."""
    name, probes = job.problem_set, study.config.probes
    entry = study.problem_set(name)
    assert isinstance(entry, File) and entry.cross_fit is not None
    predictors = {"targets": study.targets(name), "families": study.families(name)}
    protocol = {"strengths": probes.strengths, "inner_folds": probes.folds}
    return {**predictors, **protocol, **entry.cross_fit.model_dump(), "seed": study.config.seed}


def cross_fit_probes(study: Study, job: Job) -> Settings:
    """The same from activations; labels are permuted too."""
    return {**cross_fit_predictors(study, job), "permutations": study.config.probes.permutations}


def evaluate_probes(study: Study, job: Job) -> Settings:
    """Protocol of the intervals, and which encoder is whose own."""
    own = study.own_encoders(job.problem_set) if study.compared_encoders(job.problem_set) else {}
    fewest = study.config.statistics.fewest_per_class
    return {**resampling(study), "fewest_per_class": fewest, "own_encoders": own}


def compare_difficulty(study: Study, job: Job) -> Settings:
    """Protocol of the intervals."""
    return resampling(study)


def price_outcomes(study: Study, job: Job) -> Settings:
    """What the policies of a pool cost, and which encoder reads for each."""
    pool = study.pool(job.pool)
    return {"policies": {policy: _price(study, policy) for policy in pool.policies}}


def _price(study: Study, policy: str) -> Settings:
    entry = study.policy(policy)
    if isinstance(entry, ModelPolicy):
        price, reader = study.config.models[entry.model].price, entry.encoder
        read: Settings = {} if reader is None else {"reader_price": study.config.models[reader.model].price.input}
        return {"encoder": entry.read_by.id, **read, **_prices(price)}
    read = {"encoder": None}
    if isinstance(entry, ImportedPolicy) and entry.encoder is not None:
        read = {"encoder": entry.encoder.id, "reader_price": study.config.models[entry.encoder.model].price.input}
    elif isinstance(entry, ImportedPolicy) and entry.activations is not None and entry.price is not None:
        read = {"encoder": policy}  # whoever read the prompts did it with the policy's model
    if entry.assumed_cost is not None:
        return {**read, "assumed_cost": entry.assumed_cost}
    assert isinstance(entry, ImportedPolicy) and entry.price is not None
    return {**read, **_prices(entry.price), "estimated": entry.characters_per_token is not None}


def _prices(price: Price) -> Settings:
    """Prices that the study gives; those of a kind that it does not use are left out."""
    prices = {"input_price": price.input, "output_price": price.output}
    if price.cached_input is not None:
        prices["cached_price"] = price.cached_input
    return {**prices, "request_price": price.request} if price.request else prices


def route_queries(study: Study, job: Job) -> Settings:
    """Numbers of operating points of the routers, and which probabilities they read."""
    return {"sweep": _sweep(study), "probabilities": _calibrated(study, study.pool(job.pool).problem_set)}


def _sweep(study: Study) -> Settings:
    return study.config.routing.model_dump(include=set(Sweep.model_fields))


def _calibrated(study: Study, problem_set: str) -> dict[str, str]:
    if isinstance(study.problem_set(problem_set), Records):
        return RECORDED
    if study.family(problem_set) != "imported":
        return OWN
    return SCALED_HERE if getattr(study.problem_set(problem_set), "recalibrate", False) else ELSEWHERE


def calibrated_on(study: Study, problem_set: str) -> str:
    """The split on which the probabilities that route were calibrated; AS_GIVEN where they were not."""
    return next(iter(_calibrated(study, problem_set)))


def evaluate_routing(study: Study, job: Job) -> Settings:
    """How operating points of a pool are chosen and reported.

    The project's own probes are calibrated on train, out of fold. Recorded scores are calibrated where operating points
    are chosen, because their train labels may not be exchangeable with test. A cross-fitted pool chooses on the
    problems that are not held out.
    """
    pool = study.pool(job.pool)
    recorded = isinstance(study.problem_set(pool.problem_set), Records)
    calibrated = calibrated_on(study, pool.problem_set)
    chosen_on = ["train"] if study.is_cross_fitted(pool.problem_set) else pool.choose_on
    given = {"budget": pool.budget, "accuracy": pool.accuracy}
    return {
        **resampling(study),
        "sweep": _sweep(study),
        "families": study.routing_families(pool.problem_set),
        "choosers": [{"calibrated_on": split if recorded else calibrated, "chosen_on": split} for split in chosen_on],
        "criteria": {"match": None, **{name: value for name, value in given.items() if value is not None}},
        "margin": study.config.routing.margin,
        "cost_sensitivity": pool.cost_sensitivity,
    }


def check_claims(study: Study, job: Job) -> Settings:
    """Which claims are checked, and on what."""
    named = study.config.claims
    return {
        **({} if isinstance(named, bool) else {"claims": sorted(named)}),
        "title": study.config.title,
        "evidence": study.config.evidence,
        "subjects": {
            name: {
                "answers": study.answers(name),
                "policies": [{"policy": policy, **each} for policy, each in efforts(study, name).items()],
                "pools": study.pools_on(name),
                "cross_fitted": study.is_cross_fitted(name),
            }
            for name in study.reported()
        },
    }


def efforts(study: Study, problem_set: str) -> dict[str, Settings]:
    """Model and effort of every policy on a problem set; a policy without a model is its own."""
    entries = {policy: study.policy(policy) for policy in study.policies(problem_set)}
    return {
        policy: {"model": getattr(entry, "model", policy), "effort": getattr(entry, "effort", None)}
        for policy, entry in entries.items()
    }


def write_front_page(study: Study, job: Job) -> Settings:
    """What the report's front page says was run."""
    models = {n: e.described() for n, e in study.config.models.items() if isinstance(e, Checkpoint | ServerModel)}
    sets = study.reported()
    unrouted = [name for name in sets if not study.pools_on(study.origin(name))]
    pools = [pool for name in sets for pool in study.pools_on(name)]
    return {
        "title": study.config.title,
        "evidence": study.config.evidence,
        "left_out": [{"problem_set": name, "reason": reason} for name, reason in study.left_out.items()],
        "models": [{"model": name, "origin": origin} for name, origin in models.items()],
        "unrouted": [{"problem_set": name, "policies": _described(study, study.policies(name))} for name in unrouted],
        "pools": [
            {
                "pool": pool,
                "problem_set": study.pool(pool).problem_set,
                "policies": _described(study, study.pool(pool).policies),
            }
            for pool in pools
        ],
    }


def write_report(study: Study, job: Job) -> Settings:
    """What the report says was run, and the configuration with its defaults, as text: its entries' order counts."""
    config = study.config.model_dump(exclude_none=True)
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    return {"config": text, "page": write_front_page(study, job)}


def _described(study: Study, policies: list[str]) -> list[Settings]:
    keys = ("temperature", "assumption", "characters_per_token")
    return [
        {"policy": policy, **{key: getattr(study.policy(policy), key, None) for key in keys}} for policy in policies
    ]
