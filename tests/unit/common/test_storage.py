import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from foretell.common.chunks import TENSORS
from foretell.common.errors import UserError
from foretell.common.storage import (
    read_parquet,
    write_folder,
    write_json,
    write_parquet,
    write_safetensors,
    write_whole,
)

GRID = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize("view", [GRID.T, GRID[::-1], GRID[:, 1], GRID[:, ::2], np.asfortranarray(GRID), np.float64(1)])
def test_arrays_are_stored_as_they_are_however_they_lie_in_memory(tmp_path, view):
    """Of an array that is a view of another, safetensors writes what lies behind its first number."""
    write_safetensors({"x": np.asarray(view)}, tmp_path / "x.safetensors")
    assert np.array_equal(load_file(tmp_path / "x.safetensors")["x"], view)
    assert np.array_equal(TENSORS.from_bytes(TENSORS.to_bytes({"x": np.asarray(view)}))["x"], view)


def test_a_failed_write_leaves_the_old_file_as_it_was(tmp_path):
    path = tmp_path / "sub" / "table.parquet"
    write_parquet(pd.DataFrame({"x": [1]}), path)

    def fail(partial):
        partial.write_text("half")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        write_whole(path, fail)
    assert pd.read_parquet(path).x.tolist() == [1]
    assert [each.name for each in path.parent.iterdir()] == [path.name], "no half-written file stays behind"


def test_a_failed_folder_leaves_the_old_folder_as_it_was(tmp_path):
    with write_folder(tmp_path / "model") as folder:
        (folder / "weights").write_text("old")
    with pytest.raises(RuntimeError), write_folder(tmp_path / "model") as folder:
        (folder / "weights").write_text("new")
        raise RuntimeError
    assert (tmp_path / "model" / "weights").read_text() == "old"


def test_nan_is_not_written_as_json(tmp_path):
    with pytest.raises(ValueError):
        write_json({"value": float("nan")}, tmp_path / "x.json")
    assert not (tmp_path / "x.json").exists()


def test_a_table_that_is_missing_or_torn_is_named(tmp_path):
    with pytest.raises(UserError, match=r"gone\.parquet: there is no such file"):
        read_parquet(tmp_path / "gone.parquet")
    whole, torn = tmp_path / "whole.parquet", tmp_path / "torn.parquet"
    write_parquet(pd.DataFrame({"a": range(100)}), whole)
    for content in (b"", whole.read_bytes()[:-20], b"PAR1 nothing"):
        torn.write_bytes(content)
        with pytest.raises(UserError, match=r"torn\.parquet: cannot be read as parquet: .*; delete it"):
            read_parquet(torn)
    assert read_parquet(whole, ["a"]).a.sum() == 4950


def test_what_a_killed_job_left_is_removed_when_its_file_is_written_again(tmp_path):
    """A job that is alive, and what belongs to another file, is left alone."""
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom foretell.common.storage import write_whole\n"
        "def die(partial):\n    partial.write_text('half')\n    os._exit(1)\n"
        "write_whole(Path(sys.argv[1]), die)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    for name in ("a.json", "other-a.json"):
        subprocess.run([sys.executable, "-c", program, tmp_path / name], env=environment, check=False)
    (left,) = tmp_path.glob(".partial-*[0-9]-a.json")
    (other,) = tmp_path.glob(".partial-*-other-a.json")
    alive = left.with_name(f"{left.name.removesuffix('-a.json').rpartition('-')[0]}-{os.getppid()}-a.json")
    alive.write_text("half")
    write_json(1, tmp_path / "a.json")
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "a.json", other, alive])


def test_files_have_the_mode_that_the_umask_gives(tmp_path):
    (tmp_path / "usual").touch()
    usual = (tmp_path / "usual").stat().st_mode
    write_safetensors({"x": np.zeros(1)}, tmp_path / "x.safetensors")
    with write_folder(tmp_path / "model") as folder:
        (folder / "weights").touch(mode=0o600)
    for written in ("x.safetensors", "model/weights"):
        assert (tmp_path / written).stat().st_mode == usual
