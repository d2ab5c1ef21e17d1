"""The engines, and what they have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

from foretell.common.registry import registry
from foretell.completions.policy import CompletionSettings, Connection


@dataclass(frozen=True)
class Asked:
    """What an engine is opened for.

    Attributes:
        settings: how the policy samples.
        prompts: all prompts of the job: problem_id and, by engine, token_ids or messages.
        model: checkpoint folder; None for an engine that has its model elsewhere.
        connection: how a server is reached; None for an engine that runs here.
    """

    settings: CompletionSettings
    prompts: pd.DataFrame
    model: Path | None = None
    connection: Connection | None = None


class Sampler(Protocol):
    """An engine with its model.

    Attributes:
        described: the model as it is run, for the log.
        identity: JSON values that decide completions beside prompts and settings.
        chunk: how many problems are sampled between one saving and the next; batches form inside. At most CHUNK.
    """

    described: str
    identity: dict[str, str]
    chunk: int

    def sample(self, prompts: pd.DataFrame) -> pd.DataFrame:
        """Sample k completions of each prompt, and the greedy one.

        Args:
            prompts: some of those that the engine was opened for.

        Returns:
            One row per completion, in the prompts' order, samples 0..k-1 then GREEDY: problem_id, sample, completion
            (text without special tokens), prompt_tokens, completion_tokens (all that were generated), finish_reason
            (`stop`, `length`, or another word of the engine's), and what else the engine tells.
        """


@dataclass(frozen=True)
class Engine:
    """A way of having completions.

    Attributes:
        name: what a configuration calls it.
        open: the engine with its model. Its module is imported there, so that no engine needs the packages of another.
    """

    name: str
    open: Callable[[Asked], Sampler]


def _transformers(asked: Asked) -> Sampler:
    from foretell.completions.engines.transformers import TransformersSampler

    return TransformersSampler(asked)


def _vllm(asked: Asked) -> Sampler:
    from foretell.completions.engines.vllm import VllmSampler

    return VllmSampler(asked)


def _openai(asked: Asked) -> Sampler:
    from foretell.completions.engines.openai import ServerSampler

    return ServerSampler(asked)


ENGINES = registry(
    Engine("transformers", _transformers),
    Engine("vllm", _vllm),
    Engine("openai", _openai),
)
