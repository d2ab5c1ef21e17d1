"""Of a registry, only the entries that a job uses count."""

import pytest

from small_programs import REGISTERED, edited


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return 2", "return -2"),
        ('Kind("two", second)', 'Kind("two", second, scale=2)'),
        ('    Kind("two", second),\n', ""),
        ("    STANDARD", '    Kind("four", first),\n    STANDARD'),
    ],
    ids=["its function", "its arguments", "removed", "added"],
)
def test_entries_that_a_job_does_not_use_do_not_count(hash_of, old, new):
    after = edited(REGISTERED, "foretell/kinds.py", old, new)
    assert hash_of(after, uses=["KINDS.one", "OTHERS.two"]) == hash_of(REGISTERED, uses=["KINDS.one", "OTHERS.two"])
    for uses in ([], ["OTHERS.two"]):  # of this registry none in particular, so all
        assert hash_of(after, uses=uses) != hash_of(REGISTERED, uses=uses)


def test_the_order_of_the_used_entries_counts(hash_of):
    old = ('    Kind("one", first),\n', '    Kind("three", third),\n')
    swapped = REGISTERED["foretell/kinds.py"].replace(old[0], "?").replace(old[1], old[0]).replace("?", old[1])
    after = {**REGISTERED, "foretell/kinds.py": swapped}
    for uses in (["KINDS.three", "KINDS.one"], []):
        assert hash_of(after, uses=uses) != hash_of(REGISTERED, uses=uses)
    for uses in (["KINDS.three"], ["KINDS.one"]):
        assert hash_of(after, uses=uses) == hash_of(REGISTERED, uses=uses)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("foretell/kinds.py", "return 1", "return -1"),
        ("foretell/kinds.py", 'Kind("one", first)', 'Kind("one", second)'),
        ("foretell/kinds.py", "scale = 1", "scale = 2"),
        ("foretell/kinds.py", "BASE = 4", "BASE = 5"),
        ("foretell/registry.py", "for entry in entries", "for entry in entries[::-1]"),
    ],
    ids=["its function", "its arguments", "the entries' class", "an entry without a name", "registry itself"],
)
def test_entries_that_a_job_uses_count(hash_of, name, old, new):
    assert hash_of(edited(REGISTERED, name, old, new), uses=["KINDS.one"]) != hash_of(REGISTERED, uses=["KINDS.one"])


def test_which_entries_a_job_uses_counts(hash_of):
    assert (
        len({hash_of(REGISTERED, uses=uses) for uses in (["KINDS.one"], ["KINDS.two"], ["KINDS.one", "KINDS.two"])})
        == 3
    )
