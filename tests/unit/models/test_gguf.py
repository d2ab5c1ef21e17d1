"""GGUF files that cannot be taken."""

import numpy as np
import pytest
from gguf import GGUFWriter

from foretell.common.errors import UserError
from foretell.models.origins import LocalPath
from foretell.models.sources import obtain


def test_a_gguf_file_of_an_unknown_architecture_is_refused_by_name(tmp_path):
    file = tmp_path / "model.gguf"
    writer = GGUFWriter(file, "abacus")
    writer.add_file_type(2)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(UserError, match=r"architecture 'abacus'; it knows .*llama"):
        obtain(LocalPath(source="path", path=str(file)), tmp_path / "model")


def write_llama(file, *sizes):
    """A file of some sizes, and of one weight out of many."""
    writer = GGUFWriter(file, "llama")
    writer.add_file_type(0)
    for size in sizes:
        getattr(writer, f"add_{size}")(4)
    writer.add_tokenizer_model("abacus")
    writer.add_token_list(["zero", "one"])
    writer.add_tensor("token_embd.weight", np.zeros((32, 16), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file.read_bytes()


def test_a_gguf_file_that_is_damaged_is_refused_by_name(tmp_path):
    file = tmp_path / "model.gguf"
    whole = write_llama(file, "block_count", "embedding_length", "head_count", "feed_forward_length", "vocab_size")
    unsized = [write_llama(file, "embedding_length"), write_llama(file, "block_count")]
    headless = write_llama(file, "block_count", "embedding_length")
    early = "its fields end too early: it is cut off, or damaged; fetch it again"
    cut = rf"it is cut off: it has {len(whole) - 400} bytes, and its tensors end at {len(whole)}; fetch it again"
    other = r"transformers cannot read it \(.*\)\. Use a checkpoint folder of the model"
    for content, why in (
        (whole[:8], early),
        (whole[:120], early),
        (whole[:-400], cut),
        (whole[:4] + b"\x09" + whole[5:], other),  # of a later version
        (whole, other),  # without most of its weights, and with a tokenizer that nobody knows
        (headless, other),
        (unsized[0], "it does not say how large the model is: 'llama.block_count' is missing"),
        (unsized[1], "it does not say how large the model is: 'llama.embedding_length' is missing"),
        (whole.replace(b"general.architecture", b"general.architectura"), other),
    ):
        file.write_bytes(content)
        with pytest.raises(UserError, match=rf"(?s)model\.gguf: {why}"):
            obtain(LocalPath(source="path", path=str(file)), tmp_path / "model")
        assert not (tmp_path / "model").exists()
