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


def test_a_gguf_file_that_is_cut_off_is_refused_by_name(tmp_path):
    file = tmp_path / "model.gguf"
    writer = GGUFWriter(file, "llama")
    writer.add_file_type(0)
    writer.add_name("abacus")
    writer.add_array("tokenizer.ggml.tokens", ["zero", "one"])
    writer.add_tensor("token_embd.weight", np.zeros((32, 16), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    whole = file.read_bytes()
    early = "its fields end too early: it is cut off, or damaged; fetch it again"
    cut = rf"it is cut off: it has {len(whole) - 400} bytes, and its tensors end at {len(whole)}; fetch it again"
    other = r"transformers cannot read it \(.*\)\. Use a checkpoint folder of the model"
    for content, why in (
        (whole[:8], early),
        (whole[:120], early),
        (whole[:-400], cut),
        (whole[:4] + b"\x09" + whole[5:], other),  # of a later version
        (whole, other),  # without what a configuration needs
    ):
        file.write_bytes(content)
        with pytest.raises(UserError, match=rf"(?s)model\.gguf: {why}"):
            obtain(LocalPath(source="path", path=str(file)), tmp_path / "model")
        assert not (tmp_path / "model").exists()
