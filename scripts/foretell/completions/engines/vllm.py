"""The engine `vllm`: a checkpoint in this process by vLLM, on GPUs or, with its build for processors, without."""

import os
from typing import Any

import pandas as pd
import torch
from transformers import AutoConfig

from foretell.common.chunks import CHUNK
from foretell.common.errors import UserError
from foretell.common.provenance import folder_hash
from foretell.completions.engines.engine import Asked
from foretell.completions.engines.installed import REMEDY
from foretell.completions.generation import longest_sequence
from foretell.completions.samples import GREEDY, completions_of, sample_seed
from foretell.completions.thinking import Thinking, Written
from foretell.models.devices import fastest_dtype
from foretell.models.tokenizers import load_tokenizer

# In this process, so that its end is the job's; on a processor, the job's threads and 2 GB of keys and values.
ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_CPU_KVCACHE_SPACE": "2",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
}


class VllmSampler:
    """See `foretell.completions.engines.engine.Sampler`.

    All completions of the given prompts are asked for at once: vLLM batches them, and computes beginnings that prompts
    share, and a prompt that samples share, once. Each prompt has a seed of its own, its i-th sample that seed plus i.
    """

    def __init__(self, asked: Asked) -> None:
        assert asked.model is not None
        os.environ.update({name: value for name, value in ENVIRONMENT.items() if name not in os.environ})
        try:
            import vllm
            from vllm.platforms import current_platform
        except ImportError as error:
            raise UserError(f"the engine vllm cannot be imported ({error}): {REMEDY}") from None
        self._settings = asked.settings
        cpu, dtype = current_platform.is_cpu(), asked.settings.dtype
        chosen = str(fastest_dtype(torch.device("cpu"))).removeprefix("torch.") if cpu and dtype == "auto" else dtype
        marks = asked.settings.thinking
        self._thinking = Thinking(load_tokenizer(str(asked.model)), None if marks is None else (marks.start, marks.end))
        try:
            config = AutoConfig.from_pretrained(str(asked.model), local_files_only=True, trust_remote_code=False)
        except (ValueError, OSError) as error:
            raise UserError(
                f"{asked.model}: its configuration cannot be read: {_first_line(error)}: choose another model"
            ) from error
        longest = longest_sequence(config, asked.prompts, asked.settings.decoding)
        try:
            self._llm = vllm.LLM(
                model=str(asked.model),
                dtype=chosen,
                max_model_len=longest,
                enable_prefix_caching=True,
                enforce_eager=cpu,  # compiling for a processor takes longer than it saves
                enable_chunked_prefill=not cpu,  # whose seeded requests fail where a prompt is read in parts
                seed=asked.settings.seed,
            )
        except ValueError as error:
            raise UserError(f"vllm cannot run {asked.model} on up to {longest} tokens: {_first_line(error)}") from error
        loaded = str(self._llm.llm_engine.model_config.dtype)
        self.described = f"{loaded}, vllm {vllm.__version__}"
        self.identity = {"model": folder_hash(asked.model), "dtype": loaded, "vllm": vllm.__version__}
        self.chunk = CHUNK

    def sample(self, prompts: pd.DataFrame) -> pd.DataFrame:
        """Sample the completions of some prompts."""
        from vllm import SamplingParams

        given, texts = self._settings, [{"prompt_token_ids": list(map(int, ids))} for ids in prompts.token_ids]
        decoding = given.decoding
        greedy = SamplingParams(temperature=0.0, max_tokens=decoding.max_tokens, stop=decoding.stop)
        sampled = [
            SamplingParams(
                n=decoding.samples,
                temperature=decoding.temperature,
                top_p=decoding.top_p,
                top_k=decoding.top_k or 0,
                min_p=decoding.min_p or 0.0,
                max_tokens=decoding.max_tokens,
                stop=decoding.stop,
                seed=sample_seed(given.seed, given.policy, problem, 0),
            )
            for problem in prompts.problem_id
        ]
        likeliest = self._llm.generate(texts, [greedy] * len(texts), use_tqdm=False)
        several = likeliest if decoding.temperature == 0 else self._llm.generate(texts, sampled, use_tqdm=False)
        rows = []
        for problem, many, first in zip(prompts.problem_id, several, likeliest, strict=True):
            prompt = list(first.prompt_token_ids)
            for sample, output in [*enumerate(many.outputs), (GREEDY, first.outputs[0])]:
                written, count = self._read(output, prompt), len(output.token_ids)
                counts = (len(prompt), count, written.thinking_tokens)
                rows.append((problem, sample, written.text, *counts, output.finish_reason))
        return completions_of(rows)

    def _read(self, output: Any, prompt: list[int]) -> Written:
        """A completion's text, decoded as a whole as the engine `transformers` does; vLLM's own is put together."""
        tokens = list(output.token_ids)
        stopped = isinstance(output.stop_reason, str)  # by a stop string; else the last token is what ended it
        written = self._thinking.read(tokens[:-1] if output.finish_reason == "stop" and not stopped else tokens, prompt)
        places = [place for stop in self._settings.decoding.stop if (place := written.text.find(stop)) >= 0]
        return written._replace(text=written.text[: min(places)]) if stopped and places else written


def _first_line(error: Exception) -> str:
    """What an error says, without the form in which pydantic reports it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("Value error")), lines[0] if lines else type(error).__name__)
