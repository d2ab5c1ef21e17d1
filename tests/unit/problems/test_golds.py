"""Gold answers in boxes, and private tests that are packed."""

import pickle
import zlib

import pytest

from foretell.problems.golds import after_hashes, last_box
from foretell.problems.livecodebench import read_private
from hub_data import packed

BOXES = [
    (r"so \boxed{3} or \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
    (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
    (r"\boxed{\left\{x\right.}", r"\left\{x\right."),
    (r"\boxed 7.", "7"),
    (r"\boxed{}", ""),
    (r"\fbox{12}", "12"),
    (r"\boxed\frac{3}{4}$", r"\frac{3}{4}"),
    (r"\boxed{1", None),
    ("no box", None),
]


@pytest.mark.parametrize(("text", "expected"), BOXES)
def test_the_last_box_is_read_with_its_braces(text, expected):
    assert last_box(text) == expected


@pytest.mark.parametrize(("text", "expected"), [("5 #### 6\n#### 1,080\n", "1,080"), ("#### ", None), ("7", None)])
def test_the_gold_after_hashes(text, expected):
    assert after_hashes(text) == expected


class Harmful:
    """Runs a command where it is unpickled."""

    def __reduce__(self):
        return eval, ("__import__('pathlib').Path('ran').touch() or '[]'",)


def test_private_tests_are_read_and_nothing_else_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read_private("[]") == read_private(packed("[]")) == []
    with pytest.raises(pickle.UnpicklingError, match=r"it names builtins\.eval, and holds more than text"):
        read_private(packed(Harmful()))
    assert not (tmp_path / "ran").exists()
    with pytest.raises(pickle.UnpicklingError, match="it holds a list, not text"):
        read_private(packed(["[]"]))


@pytest.mark.parametrize("text", ["{", packed("[]")[:-8], packed("no json"), ""])
def test_private_tests_in_no_known_form_are_refused(text):
    with pytest.raises((ValueError, zlib.error)):
        read_private(text)
