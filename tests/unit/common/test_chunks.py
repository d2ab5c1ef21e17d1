import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foretell.common import chunks
from foretell.common.chunks import FRAMES, TENSORS, Chunks, pieces_of_shard
from foretell.common.errors import UserError


@settings(deadline=None)
@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 70))
def test_shards_hold_the_same_pieces_as_the_whole(rows, size, shards):
    frame = pd.DataFrame({"x": range(rows)})
    whole = {number: list(piece.x) for number, piece in pieces_of_shard(frame, size, 0, 1).items()}
    parts = [pieces_of_shard(frame, size, shard, shards) for shard in range(shards)]
    dealt = [(number, list(piece.x)) for part in parts for number, piece in part.items()]
    assert dealt == list(whole.items())


class Doubling:
    """Doubles a column, chunk by chunk, and knows which chunks it had to compute."""

    def __init__(self, folder, rows=10, format=FRAMES, name="job"):
        self.folder, self.frame, self.format, self.name = folder, pd.DataFrame({"x": range(rows)}), format, name
        self.computed = []

    def shard(self, shard, shards, fail_at=None, keep=False):
        def double(piece):
            if piece.x.iloc[0] == fail_at:
                raise KeyboardInterrupt
            self.computed.append(list(piece.x))
            doubled = 2 * piece.x.to_numpy()
            return piece.assign(y=doubled) if self.format is FRAMES else {"y": doubled}

        chunks = Chunks(self.name, self.format, self.folder / "chunks")
        parts = chunks.collect(pieces_of_shard(self.frame, 3, shard, shards), double, "test")
        output = self.folder / f"{shard}-of-{shards}{self.format.suffix}"
        whole = pd.concat(parts) if self.format is FRAMES else {"y": np.concatenate([part["y"] for part in parts])}
        output.write_bytes(self.format.to_bytes(whole))
        chunks.finish(output, keep)
        return list(whole["y"])


def test_an_interrupted_run_goes_on_without_repeating_finished_chunks(tmp_path):
    job = Doubling(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        job.shard(0, 1, fail_at=6)
    assert job.shard(0, 1) == [2 * x for x in range(10)]
    assert job.computed == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    assert not list((tmp_path / "chunks").rglob("*.parquet")), "what is in the result is not kept twice"


@pytest.mark.parametrize("format", [FRAMES, TENSORS])
@pytest.mark.parametrize(("before", "after"), [(1, 2), (2, 4), (4, 3), (2, 1)])
def test_another_number_of_shards_computes_nothing_again(tmp_path, format, before, after):
    job = Doubling(tmp_path, format=format)
    first = [y for shard in range(before) for y in job.shard(shard, before)]
    assert len(job.computed) == 4
    assert [y for shard in range(after) for y in job.shard(shard, after)] == first
    assert len(job.computed) == 4


@pytest.mark.parametrize("change", [lambda file: file.unlink(), lambda file: file.write_bytes(b"other")])
def test_chunks_of_a_finished_file_that_is_gone_or_altered_are_computed_again(tmp_path, change):
    job = Doubling(tmp_path)
    whole = job.shard(0, 1)
    change(tmp_path / "0-of-1.parquet")
    assert job.shard(0, 2) + job.shard(1, 2) == whole
    assert len(job.computed) == 8


@pytest.mark.parametrize("format", [FRAMES, TENSORS])
def test_what_is_kept_serves_more_problems_when_the_result_was_removed(tmp_path, format):
    """As Snakemake removes it before the job that makes it again."""
    job, output = Doubling(tmp_path, format=format), tmp_path / f"0-of-1{format.suffix}"
    job.shard(0, 1, keep=True)
    assert output.stat().st_nlink == 2, "on disk once"
    for rows, computed in ((10, []), (14, [[9, 10, 11], [12, 13]])):
        output.unlink()
        job.frame, job.computed = pd.DataFrame({"x": range(rows)}), []
        assert job.shard(0, 1, keep=True) == [2 * x for x in range(rows)]
        assert job.computed == computed
        assert len(list((tmp_path / "chunks/job").iterdir())) == 2, "a note and a second name"


def test_what_ends_at_the_same_time_leaves_the_other_its_note(tmp_path):
    one, two = Doubling(tmp_path), Doubling(tmp_path / "two")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "chunks").symlink_to(tmp_path / "chunks")
    whole = one.shard(0, 1, keep=True)
    assert two.shard(0, 1, keep=True) == whole and two.computed == []
    assert len(list((tmp_path / "chunks/job").glob("*.kept"))) == 2


def test_a_result_that_another_has_all_of_is_not_removed_itself(tmp_path):
    """Only second names are."""
    few, many = Doubling(tmp_path, rows=9), Doubling(tmp_path / "two", rows=12)
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "chunks").symlink_to(tmp_path / "chunks")
    few.shard(0, 1)
    many.shard(0, 1, keep=True)
    assert (tmp_path / "0-of-1.parquet").is_file() and many.computed == [[9, 10, 11]]


def test_a_finished_file_is_read_once_for_all_of_its_chunks(tmp_path, monkeypatch):
    job, read = Doubling(tmp_path), []
    job.shard(0, 1)
    monkeypatch.setattr(chunks, "read_parquet", lambda path: read.append(path) or pd.read_parquet(path))
    job.shard(0, 2)
    job.shard(1, 2)
    assert len(read) == 1


def test_a_second_name_of_what_was_altered_is_not_trusted(tmp_path):
    job, output = Doubling(tmp_path), tmp_path / "0-of-1.parquet"
    whole = job.shard(0, 1, keep=True)
    times = output.stat().st_atime_ns, output.stat().st_mtime_ns
    content = bytearray(output.read_bytes())
    content[content.index((8).to_bytes(8, "little"))] = 7
    output.write_bytes(content)
    os.utime(output, ns=times)
    output.unlink()
    assert job.shard(0, 1, keep=True) == whole
    assert len(job.computed) == 8


def test_where_a_file_has_one_name_only_its_note_names_that(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    job = Doubling(tmp_path)
    whole = job.shard(0, 1, keep=True)
    assert job.shard(0, 2) + job.shard(1, 2) == whole and len(job.computed) == 4
    (tmp_path / "0-of-1.parquet").unlink()
    (tmp_path / "0-of-2.parquet").unlink()
    assert job.shard(0, 1, keep=True) == whole and len(job.computed) == 6


def test_results_of_other_problems_are_kept_beside_each_other(tmp_path):
    few, many = Doubling(tmp_path, rows=9), Doubling(tmp_path, rows=12)
    many.folder = tmp_path / "other"
    many.folder.mkdir()
    few.shard(0, 1, keep=True)
    (tmp_path / "other" / "chunks").symlink_to(tmp_path / "chunks")
    many.frame = pd.DataFrame({"x": range(3, 15)})
    many.shard(0, 1, keep=True)
    assert many.computed == [[9, 10, 11], [12, 13, 14]]
    for output in tmp_path.rglob("0-of-1.parquet"):
        output.unlink()
    assert few.shard(0, 1, keep=True) == [2 * x for x in range(9)] and len(few.computed) == 3


def test_a_chunk_that_another_study_moved_into_its_result_is_taken_from_there(tmp_path):
    """Two studies with the same model, prompts and sampling share their chunks, and run at the same time."""
    job, other, computed = Doubling(tmp_path), Chunks("job", FRAMES, tmp_path / "chunks"), []

    def compute(piece):
        job.shard(0, 1)  # is done before the first chunk here is
        computed.append(list(piece.x))
        return piece.assign(y=2 * piece.x)

    parts = other.collect(pieces_of_shard(job.frame, 3, 0, 1), compute, "test")
    assert list(pd.concat(parts).y) == [2 * x for x in range(10)]
    assert computed == [[0, 1, 2]]


def test_a_finished_file_that_its_study_removes_at_that_moment_is_no_failure(tmp_path, monkeypatch):
    job = Doubling(tmp_path)
    whole = job.shard(0, 1)

    def is_there(note):
        note.file.unlink(missing_ok=True)
        return True

    monkeypatch.setattr(chunks._Finished, "is_there", is_there)
    assert job.shard(0, 2) + job.shard(1, 2) == whole
    assert len(job.computed) == 8


def test_chunks_of_another_job_are_not_taken_up(tmp_path):
    pieces = pieces_of_shard(pd.DataFrame({"x": [1]}), 1, 0, 1)
    Chunks("one", FRAMES, tmp_path).collect(pieces, lambda piece: piece.assign(y="one"), "test")
    other = Chunks("other", FRAMES, tmp_path).collect(pieces, lambda piece: piece.assign(y="other"), "test")
    assert other[0].y.tolist() == ["other"]


@pytest.mark.parametrize("format", [FRAMES, TENSORS])
def test_a_chunk_that_is_damaged_or_of_another_job_is_computed_anew(tmp_path, format):
    job, other = Doubling(tmp_path, rows=12, format=format), Doubling(tmp_path, rows=12, format=format, name="other")
    for each in (job, other):
        with pytest.raises(KeyboardInterrupt):
            each.shard(0, 1, fail_at=9)

    def kept(name):
        files = (tmp_path / "chunks" / name).iterdir()
        return sorted(files, key=lambda file: max(format.from_bytes(file.read_bytes())["y"]))

    torn, flipped, foreign = kept("job")
    torn.write_bytes(torn.read_bytes()[:-20])
    content = bytearray(flipped.read_bytes())
    content[content.index((8).to_bytes(8, "little"))] = 7  # a value, so that it can still be read
    flipped.write_bytes(content)
    theirs = kept("other")[2]
    theirs.rename(foreign.with_name(theirs.name))
    foreign.unlink()
    assert job.shard(0, 1) == [2 * x for x in range(12)]
    assert job.computed[3:] == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9, 10, 11]]


def test_a_damaged_note_is_one_message(tmp_path):
    job = Doubling(tmp_path)
    job.shard(0, 1)
    (note,) = (tmp_path / "chunks/job").glob("*.json")
    note.write_text("damaged")
    with pytest.raises(UserError, match=r"no note of chunks.*delete it"):
        job.shard(0, 2)
