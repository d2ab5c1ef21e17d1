"""What a script says when the disk is full or the memory does not suffice, in place of a traceback."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from foretell.common.errors import run
from foretell.common.storage import read_parquet

SCRIPTS = Path(__file__).parents[3] / "scripts"
# A file of more bytes than the limit is as a file on a full disk, but for the number of the error.
FULL = """
import resource, signal, sys
from pathlib import Path
import numpy as np
sys.path.insert(0, sys.argv[1])
from foretell.common.errors import run
from foretell.common.storage import write_folder, write_safetensors
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

def into_folder():
    from safetensors.numpy import save_file
    with write_folder(Path("model")) as folder:
        save_file({"x": np.zeros(1000)}, folder / "x.safetensors")

run(into_folder if sys.argv[2] == "model" else lambda: write_safetensors({"x": np.zeros(1000)}, Path(sys.argv[2])))
"""


@pytest.mark.parametrize("written", ["x.safetensors", "model"])
def test_a_full_disk_is_one_message_and_leaves_nothing(tmp_path, written):
    ended = subprocess.run([sys.executable, "-c", FULL, SCRIPTS, written], cwd=tmp_path, text=True, capture_output=True)
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert ended.stderr.startswith(f"error: {written}: ") and "File too large" in ended.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("allocate", [lambda: np.empty(1 << 50), lambda: torch.empty(1 << 50)])
def test_too_little_memory_is_one_message_with_what_to_do(capsys, allocate):
    with pytest.raises(SystemExit) as ended:
        run(allocate, "lower 'samples'")
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("error: out of memory: lower 'samples', or give the job more memory (")


def test_a_defect_keeps_its_traceback():
    def defect():
        raise RuntimeError("a defect")

    with pytest.raises(RuntimeError, match="a defect"):
        run(defect)


def test_a_table_that_does_not_fit_into_memory_is_not_called_damaged(tmp_path, monkeypatch):
    import pyarrow

    def read(*_, **__):
        raise pyarrow.ArrowMemoryError("malloc of size 1 failed")

    monkeypatch.setattr("pandas.read_parquet", read)
    with pytest.raises(MemoryError):
        read_parquet(tmp_path / "large.parquet")
