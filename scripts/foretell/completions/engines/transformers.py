"""The engine `transformers`: a Hugging Face checkpoint in this process."""

import pandas as pd

from foretell.common.chunks import CHUNK
from foretell.common.provenance import folder_hash
from foretell.completions.engines.engine import Asked
from foretell.completions.generation import fitting_prompts, generate, longest_sequence
from foretell.models.context import refuse_what_does_not_fit
from foretell.models.loading import load_model
from foretell.models.tokenizers import load_tokenizer

BATCHES = 4  # of a chunk on a processor, where a batch of long completions takes minutes


class TransformersSampler:
    """See `foretell.completions.engines.engine.Sampler`."""

    def __init__(self, asked: Asked) -> None:
        assert asked.model is not None
        self._settings = asked.settings
        self._tokenizer = load_tokenizer(str(asked.model))
        self._model = load_model(str(asked.model), asked.settings.dtype)
        refuse_what_does_not_fit(self._model, asked.prompts, answers=True)
        self.described = f"{self._model.dtype} on {self._model.device}"
        self.identity = {"model": folder_hash(asked.model), "dtype": str(self._model.dtype)}
        self.chunk = CHUNK if self._model.device.type != "cpu" else self._chunk(asked.prompts)

    def _chunk(self, prompts: pd.DataFrame) -> int:
        decoding = self._settings.decoding
        longest = longest_sequence(self._model.config, prompts, decoding)
        return min(CHUNK, BATCHES * fitting_prompts(self._model, decoding.samples + 1, longest))

    def sample(self, prompts: pd.DataFrame) -> pd.DataFrame:
        """Sample the completions of some prompts."""
        given = self._settings
        marks = None if given.thinking is None else (given.thinking.start, given.thinking.end)
        return generate(
            self._model, self._tokenizer, prompts, given.decoding, given.policy, given.seed, thinking_marks=marks
        )
