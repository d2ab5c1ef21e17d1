"""The library does nothing that the hash of its code cannot follow."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[3] / "scripts"
NAMES = {"eval", "exec", "__import__", "import_module", "__file__"}  # called or read by their name
OF_HERE = {"vars", "locals", "dir"}  # without an argument: names of the module
ATTRIBUTES = {"import_module", "__subclasses__", "__init_subclass__", "__globals__", "__file__", "__doc__"}
MODULES = {"pkgutil", "runpy", "importlib.resources"}

ALLOWED = {
    ("cache_activations.py", "__file__"),  # hashes its own code
    ("generate_completions.py", "__file__"),
    ("verify_results.py", "__file__"),  # runs no other file; hashes the code of all
    ("plan_study.py", "__file__"),  # no rule runs it
    ("record_job.py", "runpy"),  # runs the script that the record is of, whose code the rule hashes
    ("foretell/study/documentation.py", "__doc__"),  # writes the tables of the README; no rule runs it
    ("foretell/figures/program.py", "import_module"),  # the rule names the module under 'modules'
    ("foretell/grading/programs.py", "__file__"),  # of modules that it imports, which count as wholes
    # these run other people's programs, in a process of their own
    ("foretell/grading/inside/run_program.py", "exec"),
    ("foretell/grading/inside/test_program.py", "exec"),
}


def unfollowed(text: str) -> Iterator[str]:
    """What a module does that names alone do not show."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name) if name in NAMES:
                yield name
            case ast.Call(func=ast.Name(id=name), args=[]) if name in OF_HERE:
                yield name
            case ast.Attribute(value=ast.Name(id="sys"), attr="modules"):
                yield "sys.modules"
            case ast.Attribute(attr=name) | ast.FunctionDef(name=name) if name in ATTRIBUTES:
                yield name
            case ast.Import(names=names) if found := MODULES & {each.name for each in names}:
                yield from found
            case ast.ImportFrom(module=module, names=names):
                yield from MODULES & {str(module), *(f"{module}.{each.name}" for each in names)}
            case ast.Call(func=ast.Attribute(attr="query" | "eval"), args=[ast.Constant(value=str(query)), *_]):
                yield from ["query"] if "@" in query else []


@pytest.mark.parametrize("path", sorted(SCRIPTS.rglob("*.py")), ids=lambda path: path.relative_to(SCRIPTS).as_posix())
def test_nothing_is_reached_but_by_its_name(path):
    name = path.relative_to(SCRIPTS).as_posix()
    found = {each for each in unfollowed(path.read_text(encoding="utf-8")) if (name, each) not in ALLOWED}
    assert not found, f"{name}: {found} cannot be followed; name what is used, or have the rule declare it"


def test_what_is_allowed_is_there():
    for name, each in ALLOWED:
        assert each in unfollowed((SCRIPTS / name).read_text(encoding="utf-8")), (name, each)


@pytest.mark.parametrize(
    "text",
    [
        "eval('one')",
        "V = vars()",
        "V = locals()",
        "import sys\ngetattr(sys.modules[__name__], 'one')",
        "f.__globals__['one']",
        "from importlib import import_module\nimport_module('foretell.b')",
        "import importlib\nimportlib.import_module('foretell.b')",
        "Path(__file__).with_name('x.txt')",
        "from importlib.resources import files",
        "from importlib import resources",
        "import pkgutil",
        "[c.x for c in B.__subclasses__()]",
        "class B:\n    def __init_subclass__(cls):\n        FOUND.append(cls)",
        "def f():\n    'Say 1.'\n    return f.__doc__",
        "frame.query('a == @ONE')",
    ],
)
def test_what_cannot_be_followed_is_seen(text):
    assert list(unfollowed(text))
