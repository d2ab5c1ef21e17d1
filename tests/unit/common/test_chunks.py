from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foretell.common.chunks import Chunks, pieces_of_shard


@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 5))
def test_shards_hold_the_same_pieces_as_the_whole(rows, size, shards):
    frame = pd.DataFrame({"x": range(rows)})
    whole = [list(piece.x) for piece in pieces_of_shard(frame, size, 0, 1)]
    dealt = [list(piece.x) for shard in range(shards) for piece in pieces_of_shard(frame, size, shard, shards)]
    assert dealt == whole


def test_an_interrupted_run_goes_on_without_repeating_finished_chunks(tmp_path):
    pieces = pieces_of_shard(pd.DataFrame({"x": range(10)}), 3, 0, 1)
    computed = []

    def double(piece, fail_at=None):
        if piece.x.iloc[0] == fail_at:
            raise KeyboardInterrupt
        computed.append(list(piece.x))
        return piece.assign(y=2 * piece.x)

    with pytest.raises(KeyboardInterrupt):
        Chunks("job", tmp_path).collect(pieces, lambda piece: double(piece, fail_at=6), "test")
    result = Chunks("job", tmp_path).collect(pieces, double, "test")
    assert result.y.tolist() == [2 * x for x in range(10)]
    assert computed == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    Chunks("job", tmp_path).discard()
    assert list(tmp_path.iterdir()) == []


def test_chunks_of_another_job_are_not_taken_up(tmp_path):
    pieces = pieces_of_shard(pd.DataFrame({"x": [1]}), 1, 0, 1)
    Chunks("one", tmp_path).collect(pieces, lambda piece: piece.assign(y="one"), "test")
    other = Chunks("other", tmp_path).collect(pieces, lambda piece: piece.assign(y="other"), "test")
    assert other.y.tolist() == ["other"]


def collected(tmp_path, pieces, compute):
    return Chunks("job", tmp_path).collect(pieces, compute, "test").x.tolist()


def test_a_chunk_that_is_damaged_or_of_another_job_is_computed_anew(tmp_path):
    pieces = pieces_of_shard(pd.DataFrame({"x": range(4)}), 1, 0, 1)
    Chunks("job", tmp_path).collect(pieces, lambda piece: piece, "test")
    Chunks("other", tmp_path).collect(pieces, lambda piece: piece + 100, "test")
    torn, flipped, foreign, whole = sorted((tmp_path / "job").iterdir())
    torn.write_bytes(torn.read_bytes()[:-20])
    content = bytearray(flipped.read_bytes())
    content[content.index((1).to_bytes(8, "little"))] = 7  # the value, so that it still reads as parquet
    flipped.write_bytes(content)
    theirs = sorted((tmp_path / "other").iterdir())[2]
    theirs.rename(foreign.with_name(theirs.name))
    foreign.unlink()
    computed = []
    assert collected(tmp_path, pieces, lambda piece: computed.append(int(piece.x.iloc[0])) or piece) == [0, 1, 2, 3]
    assert computed == [0, 1, 2] and whole.exists()


def test_studies_that_share_a_job_do_not_disturb_each_other(tmp_path):
    """One ends, and removes the chunks, wherever the other is: before or after it has computed a chunk, or between."""
    pieces = pieces_of_shard(pd.DataFrame({"x": range(6)}), 1, 0, 1)

    def other_ends(piece):
        collected(tmp_path, pieces, lambda theirs: theirs)
        Chunks("job", tmp_path).discard()
        return piece

    assert collected(tmp_path, pieces, other_ends) == list(range(6))


def test_a_folder_that_is_removed_while_a_chunk_is_written_is_no_failure(tmp_path, monkeypatch):
    pieces = pieces_of_shard(pd.DataFrame({"x": range(2)}), 1, 0, 1)
    write = Path.write_bytes

    def removed_meanwhile(path, content):
        Chunks("job", tmp_path).discard()
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", removed_meanwhile)
    assert collected(tmp_path, pieces, lambda piece: piece) == [0, 1]
