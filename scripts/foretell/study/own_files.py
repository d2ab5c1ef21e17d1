"""Which of the user's own files a job reads: those that the configuration names."""

from pathlib import Path

from foretell.study.files import Files, Job
from foretell.study.models import Checkpoint, PathModel
from foretell.study.policies import ImportedPolicy
from foretell.study.problem_sets import HubSet
from foretell.study.study import Study


def named(study: Study, section: str, name: str, key: str) -> list[str]:
    """Paths of the user's files that an entry of `problem_sets` or `policies` names under a key."""
    entry = getattr(getattr(study.config, section)[name], key)
    return [str(Path(study.config.records) / file) for file in ([entry] if isinstance(entry, str) else entry.files)]


def answered(study: Study, job: Job) -> Files:
    """The user's files with the answers of policies that leave out what they lack."""
    return {
        policy: [str(Path(study.config.records) / file) for file in entry.answered.files]
        for policy, entry in study.left_out_by(job.problem_set).items()
    }


def activations(study: Study, policy: str) -> list[str]:
    """Paths of the user's activations of a policy; beside safetensors lies what says which problems they are of."""
    file = Path(named(study, "policies", policy, "activations")[0])
    return [str(file), str(file.with_suffix(".json"))] if file.suffix == ".safetensors" else [str(file)]


def predictions(study: Study, policy: str) -> list[str]:
    """Paths of the files with a policy's predictions: its own, or the recorded outcomes, which have scores."""
    entry = study.policy(policy)
    return named(study, "policies", policy, "predictions" if isinstance(entry, ImportedPolicy) else "outcomes")


def template(study: Study, model: str) -> list[str]:
    """The file of a chat template that stands in for a model's own."""
    entry = study.config.models[model]
    return [entry.chat_template] if isinstance(entry, Checkpoint) and entry.chat_template is not None else []


def mirror(study: Study, problem_set: str) -> list[str]:
    """The user's file with the problems of a data set of the hub, where there is one."""
    entry = study.problem_set(problem_set)
    if not isinstance(entry, HubSet) or entry.mirror is None:
        return []
    return [file for file in named(study, "problem_sets", problem_set, "mirror") if Path(file).is_file()]


def checkpoint(study: Study, model: str) -> list[str]:
    """Files of a model that lies on this computer, so that it is taken anew when they change."""
    entry = study.config.models[model]
    if not isinstance(entry, PathModel):
        return []
    path = Path(entry.path)
    files = path.iterdir() if path.is_dir() else [path]
    return sorted(str(file) for file in files if file.is_file() and not file.name.startswith("."))
