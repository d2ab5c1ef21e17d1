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
