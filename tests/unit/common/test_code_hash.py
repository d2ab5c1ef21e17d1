import ast

import pytest

from foretell.common.code_hash import code_hash
from foretell.common.errors import UserError
from foretell.common.syntax import normalised

PROGRAM = {
    "program.py": '''
"""What it does."""
import argparse
import foretell.deep.shapes
import foretell.deep.sizes as sizes
from foretell import tables
from foretell.deep.facade import shout as speak
from foretell.numbers import LOW, double

LENGTH = 3

def main():
    """Run."""
    from foretell.late import settle
    parser = argparse.ArgumentParser(description=__doc__)
    speak(tables.read(double(LOW)), foretell.deep.shapes.Circle(LENGTH), sizes.grow, settle)

def spare():
    return 1

if __name__ == "__main__":
    main()
''',
    "foretell/__init__.py": '"""The library."""\nVERSION = 1\n',
    "foretell/numbers.py": '''
"""Numbers."""
import math
from decimal import Decimal as Exact

FACTOR = 2  # times
LOW, HIGH = 10, 20
TURN: float = math.pi
UNUSED = 5

def double(x: "Number", step=TURN) -> int:
    """Twice."""
    return rounded(x * FACTOR)

@checked
def rounded(x):
    return int(x)

def checked(function):
    return function

def unused(x):
    return Exact(x)

class Number:
    """A number."""
    value: int = 0

if __name__ == "__main__":
    print(double(3))
''',
    "foretell/tables.py": """
from foretell.deep import sizes
from foretell.unreached import anything

def read(x):
    return sizes.shrink(x)

def write(x):
    return anything(x)
""",
    "foretell/unreached.py": "ANYTHING = 1\nprint('loaded')\n\ndef anything(x):\n    return x\n",
    "foretell/late.py": """
import warnings
import foretell.numbers

warnings.simplefilter("ignore")
COUNT = 0
COUNT += STEP
STEP = 1
OTHER = 7

try:
    from foretell.fast import pace
except ImportError:
    from foretell.slow import pace

def settle():
    return pace()

def inspect():
    return COUNT
""",
    "foretell/fast.py": "def pace():\n    return 1\n\ndef race():\n    return 2\n",
    "foretell/slow.py": "def pace():\n    return 3\n",
    "foretell/deep/__init__.py": "ready = []\nready.append(1)\nidle = 0\n",
    "foretell/deep/facade.py": "from foretell.deep.voice import shout, whisper\n",
    "foretell/deep/voice.py": """
from math import floor as level
from math import ceil

def shout(*values):
    return level(values[0])

def whisper(*values):
    return ceil(values[0])
""",
    "foretell/deep/shapes.py": """
class Shape:
    def area(self):
        return unit()

class Circle(Shape):
    def __init__(self, radius):
        self.radius = radius

class Square(Shape):
    pass

def unit():
    return 1
""",
    "foretell/deep/sizes.py": """
def grow(x):
    return x + 1

def shrink(x):
    return x - 1

def keep(x):
    return x
""",
}

COUNTS = {
    "a script's constant": ("program.py", "LENGTH = 3", "LENGTH = 4"),
    "a function of the script that none calls": ("program.py", "return 1", "return 2"),
    "the block that runs the script": ("program.py", '":\n    main()', '":\n    main(), main()'),
    "a constant that a function uses": ("foretell/numbers.py", "FACTOR = 2", "FACTOR = 3"),
    "its type": ("foretell/numbers.py", "FACTOR = 2", "FACTOR = 2.0"),
    "one of several names that are assigned at once": ("foretell/numbers.py", "10, 20", "11, 20"),
    "a constant with a type, which a default uses": ("foretell/numbers.py", "math.pi", "math.e"),
    "a function behind a function": ("foretell/numbers.py", "int(x)", "round(x)"),
    "a decorator": ("foretell/numbers.py", "return function", "return None"),
    "a class that an annotation names as text": ("foretell/numbers.py", "value: int = 0", "value: int = 1"),
    "a function of a module that is imported as such": ("foretell/deep/sizes.py", "x - 1", "x - 2"),
    "of a module that goes by another name": ("foretell/deep/sizes.py", "x + 1", "x + 2"),
    "of a module named in full": ("foretell/deep/shapes.py", "self.radius = radius", "self.radius = -radius"),
    "what a base class uses": ("foretell/deep/shapes.py", "return 1", "return 2"),
    "a function that another module passes on": ("foretell/deep/voice.py", "level(values[0])", "level(values[1])"),
    "what comes from outside, under the same name": ("foretell/deep/voice.py", "floor as level", "trunc as level"),
    "an import inside a function": ("foretell/late.py", "return pace()", "return -pace()"),
    "a call in a module that is loaded": ("foretell/late.py", '"ignore"', '"error"'),
    "what an augmented assignment uses": ("foretell/late.py", "STEP = 1", "STEP = 2"),
    "what an augmented assignment changes": ("foretell/late.py", "COUNT = 0", "COUNT = 1"),
    "an order that matters": ("foretell/late.py", "COUNT += STEP\nSTEP = 1", "STEP = 1\nCOUNT += STEP"),
    "one way of an import that is tried": ("foretell/fast.py", "return 1", "return 2"),
    "the other way": ("foretell/slow.py", "return 3", "return 4"),
    "a call in a package": ("foretell/deep/__init__.py", "append(1)", "append(2)"),
    "what it changes": ("foretell/deep/__init__.py", "ready = []", "ready = [0]"),
}

DOES_NOT_COUNT = {
    "the script's docstring": ("program.py", "What it does.", "What else it does."),
    "a function's docstring": ("foretell/numbers.py", '"""Twice."""', '"""Two times."""'),
    "that there is one": ("foretell/numbers.py", '    """Twice."""\n', ""),
    "a class's docstring": ("foretell/numbers.py", '"""A number."""', '"""Some number."""'),
    "a module's docstring": ("foretell/numbers.py", '"""Numbers."""\n', ""),
    "a comment": ("foretell/numbers.py", "# times", "# another"),
    "layout": ("foretell/numbers.py", "rounded(x * FACTOR)", "rounded(\n        x*FACTOR,\n    )"),
    "an unused constant": ("foretell/numbers.py", "UNUSED = 5", "UNUSED = 6"),
    "an unused function": ("foretell/numbers.py", "return Exact(x)", "return Exact(2 * x)"),
    "a new function": ("foretell/numbers.py", "class Number", "def new():\n    pass\n\nclass Number"),
    "an unused import": ("foretell/numbers.py", "Decimal as Exact", "Context as Exact"),
    "a new import": ("foretell/numbers.py", "import math\n", "import math\nimport json\n"),
    "an unused class": ("foretell/deep/shapes.py", "    pass", "    side = 1"),
    "an unused function of a module that is imported as such": ("foretell/deep/sizes.py", "return x\n", "return -x\n"),
    "what a library module does when it is run": ("foretell/numbers.py", "print(double(3))", "print(double(4))"),
    "a module that only an unused function uses": ("foretell/unreached.py", "return x", "return -x"),
    "what is called when that is loaded": ("foretell/unreached.py", "print('loaded')", "print('there')"),
    "a name that is imported but not used": ("foretell/deep/voice.py", "ceil(values[0])", "ceil(values[1])"),
    "an unused constant of a module with calls": ("foretell/late.py", "OTHER = 7", "OTHER = 8"),
    "an unused constant of a package": ("foretell/deep/__init__.py", "idle = 0", "idle = 1"),
    "an unused constant of the library": ("foretell/__init__.py", "VERSION = 1", "VERSION = 2"),
    "the order of functions": (
        "foretell/deep/sizes.py",
        "def grow(x):\n    return x + 1\n\ndef shrink(x):\n    return x - 1\n",
        "def shrink(x):\n    return x - 1\n\ndef grow(x):\n    return x + 1\n",
    ),
    "the order of the script's functions": (
        "program.py",
        'def spare():\n    return 1\n\nif __name__ == "__main__":\n    main()\n',
        'if __name__ == "__main__":\n    main()\n\ndef spare():\n    return 1\n',
    ),
}


@pytest.fixture
def hash_of(tmp_path):
    """The hash of a program whose files are given as texts; each time in a new folder, as files are read once."""
    folders = iter(range(1000))

    def compute(files, **options):
        folder = tmp_path / str(next(folders))
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return code_hash(folder / "program.py", **options)

    return compute


def edited(files, name, old, new):
    assert files[name].count(old) == 1
    return {**files, name: files[name].replace(old, new)}


@pytest.mark.parametrize("edit", COUNTS.values(), ids=COUNTS)
def test_what_the_script_reaches_counts(hash_of, edit):
    assert hash_of(edited(PROGRAM, *edit)) != hash_of(PROGRAM)


@pytest.mark.parametrize("edit", DOES_NOT_COUNT.values(), ids=DOES_NOT_COUNT)
def test_what_it_does_not_reach_and_what_does_nothing_does_not_count(hash_of, edit):
    assert hash_of(edited(PROGRAM, *edit)) == hash_of(PROGRAM)


FORMS = {
    "a module as a value": ("from foretell import a\nTASKS = [a]\n", {"foretell/a.py": "def f():\n    return 1\n"}),
    "a module's file": (
        "from foretell import a\nTEXT = open(a.__file__).read()\n",
        {"foretell/a.py": 'if __name__ == "__main__":\n    print(1)\n'},
    ),
    "a package as a value": ("import foretell\nprint(foretell)\n", {"foretell/b/a.py": "_hidden = 1\n"}),
    "a module named through its package": (
        "import foretell.b.a\nfrom foretell import b\nb.a.f()\n",
        {"foretell/b/__init__.py": "", "foretell/b/a.py": "def f():\n    return 1\n"},
    ),
    "a package's own function": (
        "from foretell.b import f\n",
        {"foretell/b/__init__.py": "from .a import f\n", "foretell/b/a.py": "def f():\n    return 1\n"},
    ),
    "a relative import": (
        "from foretell.b.a import f\n",
        {
            "foretell/b/a.py": "from ..c import g\ndef f():\n    return g()\n",
            "foretell/c.py": "def g():\n    return 1\n",
        },
    ),
    "a relative import of a module": (
        "from foretell.b.a import f\n",
        {
            "foretell/b/a.py": "from . import c\ndef f():\n    return c.g()\n",
            "foretell/b/c.py": "def g():\n    return 1\n",
        },
    ),
    "modules that import each other": (
        "from foretell.a import f\n",
        {
            "foretell/a.py": "from foretell.b import g\ndef f(n):\n    return g(n)\ndef h():\n    return 1\n",
            "foretell/b.py": "from foretell.a import f, h\ndef g(n):\n    return f(n) if n else h()\n",
        },
    ),
    "another script": ("from other import f\n", {"other.py": "def f():\n    return 1\n"}),
    "what registers itself": (
        "from foretell.a import show\n",
        {
            "foretell/a.py": "from functools import singledispatch\n@singledispatch\ndef show(x):\n    return x\n"
            "@show.register\ndef _(x: int):\n    return 1\n"
        },
    ),
    "the names of a module as a value": (
        "from foretell.a import f\n",
        {"foretell/a.py": "def f(name):\n    return globals()[name]\ndef g():\n    return 1\n"},
    ),
    "a name that an if binds": (
        "from foretell.a import f\n",
        {"foretell/a.py": "import sys\nif sys.argv:\n    def f():\n        return 1\nelse:\n    f = None\n"},
    ),
    "a class's decorator, behind a text in a text": (
        "from foretell.a import f\n",
        {"foretell/a.py": "def f(x: 'list[\"C\"]'):\n    pass\ndef d(c):\n    return 1\n@d\nclass C:\n    pass\n"},
    ),
    "a global variable that a function sets": (
        "from foretell.a import start\n",
        {"foretell/a.py": "_state = 1\ndef start(x):\n    global _state\n    _state = x\n"},
    ),
    "names behind a star": (
        "from foretell.a import f\n",
        {"foretell/a.py": "def f(x, *, n=None):\n    [*g(), 1]\ndef g():\n    pass\n"},
    ),
    "what a package does when a module of it is loaded": (
        "from foretell.b.c.a import f\n",
        {"foretell/b/__init__.py": "print(1)\n", "foretell/b/c/__init__.py": "", "foretell/b/c/a.py": "f = 0\n"},
    ),
    "a module whose import is tried": (
        "from foretell.a import f\n",
        {
            "foretell/b.py": "def g():\n    return 1\n",
            "foretell/a.py": "try:\n    from foretell import b\nfinally:\n    pass\ndef f():\n    b.g()\n",
        },
    ),
    "a name assigned inside a value": ("from foretell.a import n\n", {"foretell/a.py": "m = [n := 1]\n"}),
    "names taken apart": ("from foretell.a import tail\n", {"foretell/a.py": "head, (*tail, last) = 0, (1, 2)\n"}),
}


@pytest.mark.parametrize(("script", "library"), FORMS.values(), ids=FORMS)
def test_whatever_the_form_of_the_import(hash_of, script, library):
    files = {"foretell/__init__.py": "", "program.py": script, **library}
    name = next(name for name, text in library.items() if "1" in text)
    assert hash_of(edited(files, name, "1", "2")) != hash_of(files)


REGISTERED = {
    "program.py": "from foretell.kinds import KINDS\nprint(KINDS)\n",
    "foretell/registry.py": "def registry(*entries):\n    return {entry.name: entry for entry in entries}\n",
    "foretell/kinds.py": """
from foretell.registry import registry

class Kind:
    scale = 1

def first():
    return 1

def second():
    return 2

def third():
    return 3

BASE = 4
STANDARD = Kind(BASE, None)

KINDS: dict[str, Kind] = registry(
    Kind("one", first),
    Kind("two", second),
    Kind("three", third),
    STANDARD,
)
""",
}


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
    assert hash_of(after, uses=["one", "of another"]) == hash_of(REGISTERED, uses=["one", "of another"])
    for uses in ([], ["of another"]):  # of this registry none in particular, so all
        assert hash_of(after, uses=uses) != hash_of(REGISTERED, uses=uses)


def test_the_order_of_entries_does_not_count(hash_of):
    old = ('    Kind("one", first),\n', '    Kind("three", third),\n')
    swapped = REGISTERED["foretell/kinds.py"].replace(old[0], "?").replace(old[1], old[0]).replace("?", old[1])
    after = {**REGISTERED, "foretell/kinds.py": swapped}
    assert hash_of(after, uses=["three", "one"]) == hash_of(REGISTERED, uses=["one", "three"])


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
    assert hash_of(edited(REGISTERED, name, old, new), uses=["one"]) != hash_of(REGISTERED, uses=["one"])


def test_which_entries_a_job_uses_counts(hash_of):
    assert len({hash_of(REGISTERED, uses=uses) for uses in (["one"], ["two"], ["one", "two"])}) == 3


def test_public_names_of_a_module_that_is_loaded_by_its_name_count(hash_of):
    files = {
        "program.py": "import importlib, sys\nimportlib.import_module(sys.argv[1]).run()\n",
        "foretell/engine.py": "def run():\n    return _go()\ndef _go():\n    return 1\ndef _rest():\n    return 3\n",
    }
    before = hash_of(files, modules=["foretell.engine"])
    assert hash_of(edited(files, "foretell/engine.py", "1", "2"), modules=["foretell.engine"]) != before
    assert hash_of(edited(files, "foretell/engine.py", "3", "4"), modules=["foretell.engine"]) == before
    assert hash_of(edited(files, "foretell/engine.py", "1", "2")) == hash_of(files)


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({"foretell/a.py": "def f():\n    return (\n"}, {}, r"a\.py, line 2: "),
        ({"foretell/a.py": "g = 1\n"}, {}, r"program\.py, line 2: foretell\.a has no 'f' to import"),
        ({"foretell/__init__.py": ""}, {}, r"program\.py, line 2: there is no module 'foretell\.a'"),
        ({}, {}, r"program\.py, line 2: there is no module 'foretell\.a'"),
        (
            {"foretell/a.py": "def f():\n    import foretell.b\n"},
            {},
            r"a\.py, line 2: there is no module 'foretell\.b'",
        ),
        (
            {
                "foretell/a.py": "from foretell.b import f\n",
                "foretell/b.py": "from foretell.c import f\n",
                "foretell/c.py": "",
            },
            {},
            r"b\.py, line 1: foretell\.c has no 'f'",
        ),
        (
            {"foretell/a.py": "from foretell.b import *\nf = 1\n", "foretell/b.py": ""},
            {},
            r"a\.py, line 1: .*import from foretell\.b by name",
        ),
        ({"foretell/a.py": "from ..b import f\n"}, {}, r"a\.py, line 1: a relative import that leaves the library"),
        ({"foretell/a.py": "f = 1\n"}, {"modules": ["foretell.b"]}, r"program\.py: there is no module 'foretell\.b'"),
    ],
    ids=["syntax", "name", "module", "library", "inside", "passed on", "star", "relative", "loaded by name"],
)
def test_what_cannot_be_followed_is_an_error(hash_of, files, options, message):
    with pytest.raises(UserError, match=message):
        hash_of({"program.py": "import json\nfrom foretell.a import f\n", **files}, **options)


def test_the_hash_is_known_on_every_version_of_python(hash_of):
    assert hash_of(PROGRAM) == "4f30cd81b71fa9b0"
    assert hash_of(REGISTERED, uses=["one"]) == "76c73e33694ff4d6"


def test_syntax_trees_of_other_versions_say_the_same():
    text = (
        "def f(a: int, *, b=None):\n    '''Doc.'''\n    return f'{a!r:>{b}}é', u'\\U0001fae8', {**b, 'c': None}, -1.5"
    )
    known = (
        "FunctionDef(name='f', args=arguments(args=[arg(arg='a', annotation=Name(id='int'))], "
        "kwonlyargs=[arg(arg='b')], kw_defaults=[NoneType None]), body=[Return(value=Tuple(elts=["
        "JoinedStr(values=[FormattedValue(value=Name(id='a'), conversion=114, format_spec=JoinedStr(values=["
        "str '>', FormattedValue(value=Name(id='b'), conversion=-1)])), str '\\xe9']), "
        "str '\\U0001fae8', "
        "Dict(keys=[None, str 'c'], values=[Name(id='b'), NoneType None]), "
        "UnaryOp(op=USub(), operand=float 1.5)]))])"
    )
    tree = ast.parse(text).body[0]
    assert normalised(tree) == known
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            node.values = [piece for value in node.values for piece in in_pieces(value)]
        for name in node._fields:
            if getattr(node, name) in (None, []) and not isinstance(node, ast.Constant):
                delattr(node, name)
    tree._fields = (*tree._fields, "new", "newer")
    tree.new, tree.newer = [], None
    assert normalised(tree) == known


def in_pieces(value):
    """The text in an f-string, letter by letter."""
    return [ast.Constant(""), *map(ast.Constant, value.value)] if isinstance(value, ast.Constant) else [value]
