"""Registries: one place that names all kinds of a thing.

A job depends on the kinds that its settings name, not on all there are: `foretell.common.code_hash` follows, of an
assignment `NAME = registry(...)`, only the entries that a job is said to use, in their order. So a new entry reruns
nothing.
"""

from typing import Protocol, TypeVar


class Named(Protocol):
    """Something with a name that configurations, tables and other registries call it by."""

    @property
    def name(self) -> str:
        """Unique in its registry."""


E = TypeVar("E", bound=Named)


def registry(*entries: E) -> dict[str, E]:
    """Entries by name, in their order; the name is the first argument of an entry's constructor.

    Raises:
        ValueError: two entries have one name.
    """
    by_name = {entry.name: entry for entry in entries}
    if len(by_name) < len(entries):
        raise ValueError(f"a name stands twice among {[entry.name for entry in entries]}")
    return by_name
