"""The library's rooms stand in the order in which data flows through them, which CONTRIBUTING.md gives."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LIBRARY = ROOT / "scripts" / "foretell"


def rooms():
    """Names of the rooms, the first one first."""
    listed = re.search(r"its rooms are the stages.*?:(.*?)\. A room", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    return re.findall(r"`(\w+)`", listed.group(1))


def imported(file):
    """Rooms that a module imports from, at any depth: inside functions and for types alone too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("foretell."))


def test_every_room_is_listed():
    found = {path.stem for path in LIBRARY.iterdir() if path.stem not in ("__init__", "__pycache__")}
    assert found == set(rooms())


@pytest.mark.parametrize("file", sorted(LIBRARY.rglob("*.py")), ids=lambda file: str(file.relative_to(LIBRARY)))
def test_a_room_imports_from_rooms_before_it(file):
    order = rooms()
    room = file.relative_to(LIBRARY).parts[0].removesuffix(".py")
    if room in ("__init__", "study"):  # study takes types and registries from all rooms, and none imports it
        return
    for other in imported(file):
        assert other != "study" and order.index(other) <= order.index(room), f"{room} stands before {other}"
