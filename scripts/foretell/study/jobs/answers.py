"""What jobs are told that make problems, models, prompts, completions, rollouts and outcomes."""

from typing import Any

from foretell.completions.policy import Connection, Prompt, Reading, Server
from foretell.grading.settings import GradingSettings
from foretell.study.files import Job, Settings
from foretell.study.models import Checkpoint, ServerModel, Tiny
from foretell.study.policies import Encoder, ImportedPolicy, ModelPolicy, RecordedPolicy
from foretell.study.problem_sets import File, GeneratedSet, HubSet, Responded
from foretell.study.study import Study


def make_problems(study: Study, job: Job) -> Settings:
    """What a problem set is made of, whichever rule makes it, and which policies' answers it needs."""
    entry = study.problem_set(job.problem_set)
    making = entry.making(study.config.seed)
    if isinstance(entry, File) and study.is_graded(job.problem_set):
        making = {**making, "graded": True}
    needed = {policy: entry.answered for policy, entry in study.left_out_by(job.problem_set).items()}
    return {**making, "answered": {policy: _format(table) for policy, table in needed.items()}} if needed else making


def fit_irt(study: Study, job: Job) -> Settings:
    """How responses are read, and their model."""
    entry = study.problem_set(job.problem_set)
    assert isinstance(entry, Responded) and entry.responses is not None
    return {"table": entry.responses.model_dump(exclude={"file", "model"}), "model": entry.responses.model}


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
    trained = _weights(study, job.model)
    assert trained is not None
    return trained


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
    settings = {"prompt": prompt.model_dump(), **given, **({"others": others} if others else {})}
    return {**settings, "effort_by_prompt": True} if study.has_effort_by_prompt(encoder.model) else settings


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
    how |= {"charged": True} if entry.charged else {}
    return {"table": _format(getattr(entry, key)), "characters_per_token": entry.characters_per_token, **how}


def grade_rollouts(study: Study, job: Job) -> Settings:
    """Where answers stand in completions, and how they are compared, where the problem set says it.

    Problems have answers of one kind, on which the job's code depends; in a file each problem may have its own.
    """
    entry = study.problem_set(job.problem_set)
    said = {key: value for key in GradingSettings.model_fields if (value := getattr(entry, key, None)) is not None}
    return said if isinstance(entry, File) else {**said, "answer_kind": entry.answers}


def record_rollouts(study: Study, job: Job) -> Settings:
    """What a policy's rollouts depend on beside its prompts and the problems."""
    entry = study.policy(job.policy)
    assert isinstance(entry, ModelPolicy)
    served = isinstance(study.config.models[entry.model], ServerModel)
    return {
        "sampling": ask_server(study, job) if served else generate_completions(study, job),
        "grading": grade_rollouts(study, job),
        "model": _weights(study, entry.model),
    }


def _weights(study: Study, model: str) -> Settings | None:
    """What tells a model's weights from others; None of a model on a server."""
    entry = study.config.models[model]
    if isinstance(entry, ServerModel):
        return None
    if isinstance(entry, Tiny):
        learnt = study.problem_set(entry.problem_set)
        assert isinstance(learnt, GeneratedSet)
        return entry.training(learnt, study.config.seed)
    origin = entry.origin()
    return {"sha256": origin["sha256"]} if "sha256" in origin else {k: v for k, v in origin.items() if k != "licence"}


def import_recorded_rollouts(study: Study, job: Job) -> Settings:
    """The same, which the record must have."""
    return record_rollouts(study, job)


def import_outcomes(study: Study, job: Job) -> Settings:
    """Which recorded run, or how a policy's file of outcomes is read."""
    entry, how = study.policy(job.policy), run_or_table(study, job, "outcomes")
    if not isinstance(entry, ImportedPolicy):
        return how
    how |= {"missing": entry.missing, "priced": entry.price is not None}
    return {**how, "charged": True} if entry.charged else how


def run_or_table(study: Study, job: Job, key: str) -> Settings:
    """Which recorded run, or how a policy's own table is read."""
    entry = study.policy(job.policy)
    return {"run": entry.run} if isinstance(entry, RecordedPolicy) else {"table": _format(getattr(entry, key))}


def _format(table: Any) -> Settings:
    return table.model_dump(exclude={"file", "threshold"})
