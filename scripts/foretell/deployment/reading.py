"""How an exported router reads new prompts: with the code, and at the places, that its study read with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils.logging import disable_progress_bar

from foretell.activations.cache import cache
from foretell.activations.layers import layer_name
from foretell.common.errors import UserError
from foretell.common.provenance import fingerprint
from foretell.completions.generation import padding_token
from foretell.completions.policy import FIELD
from foretell.completions.prompts import render
from foretell.deployment.description import PinnedReader
from foretell.deployment.folder import checked_checkpoint
from foretell.models.context import refuse_what_does_not_fit
from foretell.models.loading import load_model
from foretell.models.tokenizers import load_tokenizer

Place = tuple[int, int]  # layer, and position from the prompt's end


@dataclass(frozen=True)
class LoadedModel:
    """A checkpoint that has been read."""

    tokenizer: PreTrainedTokenizerBase
    model: PreTrainedModel


def load_readers(
    readers: Mapping[str, PinnedReader], places: Mapping[str, Collection[Place]], models: Path
) -> dict[str, "PromptReader"]:
    """Load the models of several readers, each once.

    Args:
        readers: by the id of the encoder.
        places: by the id of those that are read, where.
        models: folder of checkpoints by the id of the model.

    Raises:
        UserError: a checkpoint is not there, or is another one.
    """
    disable_progress_bar()
    loaded: dict[str, LoadedModel] = {}
    for reader in (readers[name] for name in places):
        if reader.model not in loaded:
            loaded[reader.model] = _load(reader, models)
    return {name: PromptReader(name, readers[name], loaded[readers[name].model], places[name]) for name in places}


def _load(reader: PinnedReader, models: Path) -> LoadedModel:
    folder = checked_checkpoint(reader, models)
    tokenizer = load_tokenizer(str(folder))
    if fingerprint(template=tokenizer.chat_template) != reader.template_hash:
        raise UserError(f"{folder}: its chat template is not the one that the router's probes were trained with")
    return LoadedModel(tokenizer, load_model(str(folder), reader.dtype, answers=False))


class PromptReader:
    """A model, how it is given a prompt, and the places where probes read its activations."""

    def __init__(self, name: str, reader: PinnedReader, loaded: LoadedModel, places: Collection[Place]):
        self._name, self._reader, self._loaded = name, reader, loaded
        self._layers, self._positions = (sorted(set(each)) for each in zip(*places, strict=True))
        texts = (reader.prompt.user, reader.prompt.answer_start or "")
        self.fields = list(dict.fromkeys(field for text in texts for field in FIELD.findall(text) if field))

    def read(self, prompts: Sequence[Mapping[str, object]]) -> dict[Place, np.ndarray]:
        """Activations at every layer and position that is read, each [prompts, hidden] float64.

        Args:
            prompts: the fields that the reader's prompt has, texts or numbers, and any others.

        Raises:
            UserError: a prompt lacks a field, cannot be rendered, is too long, or has no token at one of the positions.
        """
        for field in self.fields:
            for number, prompt in enumerate(prompts, start=1):
                if not isinstance(prompt.get(field), str | int | float):
                    raise UserError(f"prompt {number} has no text as its field {field!r}, with which the study asks")
        rows = [
            {"problem_id": str(row), **{f: each[f] for f in self.fields}} for row, each in enumerate(prompts, start=1)
        ]
        tokenizer, model = self._loaded.tokenizer, self._loaded.model
        rendered = render(pd.DataFrame(rows), tokenizer, self._reader.prompt, self._reader.reading)
        there = rendered.eoi_positions.iloc[0]  # the same number for all
        if missing := [position for position in self._positions if position not in there]:
            raise UserError(
                f"reader {self._name!r}: a prompt ends in {len(there)} tokens after the user's text, and the probes "
                f"read at position {missing[0]}"
            )
        refuse_what_does_not_fit(model, rendered, answers=False)
        rendered = rendered.assign(eoi_positions=[self._positions] * len(rendered))
        states = cache(model, rendered, padding_token(tokenizer), np.dtype("float32"), layers=self._layers)
        return {
            (layer, position): states[layer_name(layer)][:, column].astype(np.float64)
            for layer in self._layers
            for column, position in enumerate(self._positions)
        }
