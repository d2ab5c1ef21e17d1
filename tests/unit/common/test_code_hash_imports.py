"""What a hash follows through imports, and what it refuses."""

import pytest

from foretell.common.errors import UserError
from small_programs import edited

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
