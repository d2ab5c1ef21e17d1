import os

os.environ["OMP_NUM_THREADS"] = "1"  # on arrays this small, threads wait for each other longer than they work

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, set_seed

from foretell.models.tiny_checkpoint import build_tokenizer
from hub_server import ask, serve


@pytest.fixture(scope="session")
def tokenizer():
    return build_tokenizer("012345+-*")


@pytest.fixture(scope="session")
def model(tokenizer):
    """A decoder with random weights, large enough that no two tokens are equally likely."""
    set_seed(1)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        initializer_range=0.3,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlamaForCausalLM(config).to(torch.float32).eval()


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub on loopback, without repositories, which this process asks; it has the pauses that would have been made."""
    with serve() as served:
        served.pauses = ask(served, tmp_path / "home", monkeypatch)
        yield served
