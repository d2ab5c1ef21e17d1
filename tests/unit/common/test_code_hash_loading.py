"""What loading modules does counts, whether or not anything names it."""

import pytest

from small_programs import edited

LOADED = "from foretell.a import f\nprint(f())\n"
REGISTER = "FOUND = []\ndef register(each):\n    FOUND.append(each)\n    return each\n"
NAMED = "FOUND = {}\ndef register(name):\n    return lambda each: FOUND.setdefault(name, each)\n"
SHOW = "def f():\n    return FOUND\n"

DONE = {
    "a call behind an import that nothing names": {
        "foretell/a.py": "import foretell.b\nf = len\n",
        "foretell/b.py": "import os\nos.environ['A'] = '1'\n",
    },
    "an attribute that a module sets which only loads": {
        "foretell/a.py": "from foretell.c import C\nimport foretell.b\ndef f():\n    return C.x\n",
        "foretell/b.py": "from foretell.c import C\nC.x = 1\n",
        "foretell/c.py": "class C:\n    x = 0\n",
    },
    "a call behind two such imports": {
        "foretell/a.py": "from foretell.b import g\nf = len\n",
        "foretell/b.py": "from foretell import c\ndef g():\n    pass\n",
        "foretell/c.py": "print(1)\n",
    },
    "a call in a package that is only imported": {
        "foretell/a.py": "import foretell.b\nf = len\n",
        "foretell/b/__init__.py": "print(1)\n",
    },
    "what registers itself in a module that only loads": {
        "foretell/a.py": "from foretell.c import f\nimport foretell.b\n",
        "foretell/b.py": "from foretell.c import f\n@f.register\ndef _(x: int):\n    return 1\n",
        "foretell/c.py": "from functools import singledispatch\n@singledispatch\ndef f(x=0):\n    return x\n",
    },
    "a decorator": {"foretell/a.py": f"{REGISTER}@register\ndef g():\n    return 1\n{SHOW}"},
    "a decorator with arguments": {"foretell/a.py": f"{NAMED}@register('a')\ndef g():\n    return 1\n{SHOW}"},
    "a class's decorator": {"foretell/a.py": f"{REGISTER}@register\nclass C:\n    x = 1\n{SHOW}"},
    "a method's": {"foretell/a.py": f"{REGISTER}class C:\n    @register\n    def g(self):\n        return 1\n{SHOW}"},
    "an imported decorator": {
        "foretell/a.py": f"from foretell.b import FOUND, register\n@register\ndef g():\n    return 1\n{SHOW}",
        "foretell/b.py": REGISTER,
    },
    "a decorator from outside": {
        "foretell/a.py": "import atexit\n@atexit.register\ndef end():\n    print(1)\nf = len\n"
    },
    "an assigned call": {"foretell/a.py": f"{REGISTER}_one = register(1)\n{SHOW}"},
    "an assigned call with a type": {"foretell/a.py": f"{REGISTER}_: int = FOUND.append(1)\n{SHOW}"},
    "a call from outside": {"foretell/a.py": "import numpy as np\n_ = np.seterr(all=1)\nf = len\n"},
    "a call in a default": {"foretell/a.py": f"{REGISTER}def g(x=register(1)):\n    pass\n{SHOW}"},
}

ONLY_MADE = {
    "a decorator that is known to register nothing": "from functools import cache\n@cache\ndef g():\n    return 1\n",
    "a constant of a known function": "import re\nG = re.compile('1')\n",
    "an object": "from pathlib import Path\nG = Path('1')\n",
    "what a function calls": "G = lambda: print(1)\n",
    "what a method calls": "class G:\n    def g(self):\n        print(1)\n",
    "what is for type checkers": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    G = 1\n",
}


@pytest.mark.parametrize("library", DONE.values(), ids=DONE)
def test_what_is_done_counts(hash_of, library):
    files = {"foretell/__init__.py": "", "program.py": LOADED, **library}
    name = next(name for name, text in library.items() if "1" in text)
    assert hash_of(edited(files, name, "1", "2")) != hash_of(files)


@pytest.mark.parametrize("text", ONLY_MADE.values(), ids=ONLY_MADE)
def test_what_is_only_defined_does_not_count(hash_of, text):
    files = {"foretell/__init__.py": "", "program.py": LOADED, "foretell/a.py": f"{text}f = len\n"}
    assert hash_of(edited(files, "foretell/a.py", "1", "2")) == hash_of(files)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A = next(C)\nB = next(C)\n", "B = next(C)\nA = next(C)\n"),
        ("@C.register\ndef A():\n    pass\n_ = next(C)\n", "_ = next(C)\n@C.register\ndef A():\n    pass\n"),
    ],
    ids=["calls", "a decorator and a call"],
)
def test_the_order_of_what_is_done_counts(hash_of, before, after):
    files = {
        "program.py": LOADED,
        "foretell/a.py": f"from itertools import count\nC = count()\n{before}def f():\n    return A\n",
    }
    assert hash_of(edited(files, "foretell/a.py", before, after)) != hash_of(files)
