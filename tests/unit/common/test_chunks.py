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

    def shard(self, shard, shards, fail_at=None):
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
        chunks.finish(output)
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
    torn, flipped, foreign = sorted((tmp_path / "chunks/job").iterdir())
    torn.write_bytes(torn.read_bytes()[:-20])
    content = bytearray(flipped.read_bytes())
    content[content.index((8).to_bytes(8, "little"))] = 7  # a value, so that it can still be read
    flipped.write_bytes(content)
    theirs = sorted((tmp_path / "chunks/other").iterdir())[2]
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
