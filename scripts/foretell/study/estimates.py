"""What running a study's models will take: tokens, GPU hours, money and storage, before anything runs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from foretell.common.arguments import Settings
from foretell.study.counting import count_problems
from foretell.study.models import BYTES, AnyModel, ServerModel, Size, Tiny
from foretell.study.plan import Planned
from foretell.study.policies import ModelPolicy
from foretell.study.study import COMPLETIONS_BY, Study
from foretell.study.types import NotNegative, Positive

BYTES_PER_TOKEN = 4.5  # of a completion's text
POSITIONS = 5  # end-of-instruction tokens of a chat template, where the study does not choose positions
COLUMNS = ("prompt_tokens", "completion_tokens", "gpu_hours", "dollars", "gigabytes")


class Assumptions(Settings):
    """What is assumed, not measured."""

    prompt_tokens: Positive = 200
    """Tokens of a prompt."""
    reading: Positive = 300
    """TFLOP/s of one GPU that reads prompts."""
    writing: Positive = 60
    """TFLOP/s of one GPU that writes many answers side by side."""
    dollars_per_hour: NotNegative = 3
    """Price of one GPU for an hour."""

    def __str__(self) -> str:
        return (
            f"prompts of {self.prompt_tokens:g} tokens (--prompt-tokens), a GPU that does {self.reading:g} TFLOP/s "
            f"while it reads (--reading) and {self.writing:g} while it writes (--writing), and costs "
            f"${self.dollars_per_hour:g} an hour (--dollars-per-hour)"
        )


@dataclass(frozen=True)
class Work:
    """What a job that runs a model takes.

    Attributes:
        rule, about: the rule, and its problem set and policy or encoder, or its model.
        prompt_tokens, completion_tokens: read and generated.
        gpu_hours, dollars: by `Assumptions`; where a server is asked, dollars by its price alone.
        gigabytes: of what is kept of it.

    What does not apply, or needs a size of the model that is not known, is NaN.
    """

    rule: str
    about: str
    prompt_tokens: float = np.nan
    completion_tokens: float = np.nan
    gpu_hours: float = np.nan
    dollars: float = np.nan
    gigabytes: float = np.nan


def estimate(study: Study, planned: list[Planned], assumptions: Assumptions) -> pd.DataFrame:
    """What planned jobs take that run or fetch a model: one row per `Work`, all shards of a job together."""
    # By name: what is not known is not equal to itself.
    work = {(found.rule, found.about): found for job in planned for found in _work(study, job, assumptions)}
    return pd.DataFrame([*work.values()], columns=["rule", "about", *COLUMNS])


def guesses(study: Study) -> Iterator[str]:
    """What the estimate lacks, one text each."""
    used = {encoder.model for encoder in study.encoders().values()}
    if unknown := sorted(name for name in used if _size(study.config.models[name]) is None):
        yield f"hours and storage of {', '.join(unknown)} are unknown, and in no sum: give them a 'size'"
    sampled = [name for rule in COMPLETIONS_BY.values() for name in study.policies_by("completions", rule)]
    if most := [name for name in sampled if study.policy(name).model_dump().get("expected_tokens") is None]:
        names = ", ".join(most)
        yield f"completions of {names} are taken to be 'max_tokens' long, which is the most: give 'expected_tokens'"
    if uncounted := [name for name in study.problem_sets() if count_problems(study, name) is None]:
        yield f"how many problems {', '.join(uncounted)} have is not known before they are made, and not counted"


def _work(study: Study, job: Planned, assumed: Assumptions) -> Iterator[Work]:
    rule, of = job
    if rule == "download_model":
        size = _size(study.config.models[of["model"]])
        yield Work(rule, of["model"], gigabytes=np.nan if size is None else size.fetched)
    elif rule in COMPLETIONS_BY.values():
        yield _completions(study, rule, of["problem_set"], of["policy"], assumed)
    elif rule in ("cache_activations", "cache_untrained_activations"):
        yield _activations(study, rule, of["problem_set"], of["encoder"], assumed)


def _completions(study: Study, rule: str, problem_set: str, policy: str, assumed: Assumptions) -> Work:
    entry = study.policy(policy)
    assert isinstance(entry, ModelPolicy)
    problems = count_problems(study, problem_set) or 0
    greedy = 1 if entry.temperature else 0  # beside the k samples
    model = study.config.models[entry.model]
    requests = problems
    if isinstance(model, ServerModel):  # which is sent the prompt with each request, and the greedy one apart
        requests *= math.ceil(entry.samples / (model.samples_per_request or entry.samples)) + greedy
    read = requests * assumed.prompt_tokens
    written = problems * (entry.samples + greedy) * min(entry.expected_tokens or math.inf, entry.max_tokens)
    hours = _hours(study, entry.model, read, assumed.reading) + _hours(study, entry.model, written, assumed.writing)
    charged = (read * model.price.input + written * model.price.output) / 1e6 + requests * model.price.request
    return Work(
        rule=rule,
        about=f"{problem_set}/{policy}",
        prompt_tokens=read,
        completion_tokens=written,
        gpu_hours=hours,
        dollars=charged if isinstance(model, ServerModel) else hours * assumed.dollars_per_hour,
        gigabytes=written * BYTES_PER_TOKEN / 1e9,
    )


def _activations(study: Study, rule: str, problem_set: str, encoder: str, assumed: Assumptions) -> Work:
    model = study.encoders()[encoder].model
    problems = count_problems(study, problem_set) or 0
    read = problems * assumed.prompt_tokens
    hours = _hours(study, model, read, assumed.reading)
    return Work(
        rule=rule,
        about=f"{problem_set}/{encoder}",
        prompt_tokens=read,
        gpu_hours=hours,
        dollars=hours * assumed.dollars_per_hour,
        gigabytes=problems * _numbers(study, model) * BYTES / 1e9,
    )


def _numbers(study: Study, model: str) -> float:
    """Numbers that the cache keeps of a prompt."""
    size, chosen = _size(study.config.models[model]), study.config.probes
    if size is None:
        return np.nan
    layers = size.layers + 1 if chosen.layers is None else len(chosen.layers)
    return layers * size.width * (POSITIONS if chosen.positions is None else len(chosen.positions))


def _hours(study: Study, model: str, tokens: float, tflops: float) -> float:
    """GPU hours of a forward pass over tokens: two operations per parameter and token."""
    size = _size(study.config.models[model])
    if size is None:
        return np.nan
    return 2 * (size.active or size.parameters) * 1e9 * tokens / (tflops * 1e12) / 3600


def _size(model: AnyModel) -> Size | None:
    if isinstance(model, Tiny):  # 12 width^2 per block of four matrices of attention and two of four times the width
        parameters = 12 * model.layers * model.width**2 / 1e9
        return Size(parameters=parameters, layers=model.layers, width=model.width)
    return None if isinstance(model, ServerModel) else model.size
