import ast

import pytest

from foretell.common import code_hash
from foretell.common.syntax import normalised
from small_programs import PROGRAM, REGISTERED, edited

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
    "a call in a module that is loaded for an unused function": (
        "foretell/unreached.py",
        "print('loaded')",
        "print('there')",
    ),
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


@pytest.mark.parametrize("edit", COUNTS.values(), ids=COUNTS)
def test_what_the_script_reaches_counts(hash_of, edit):
    assert hash_of(edited(PROGRAM, *edit)) != hash_of(PROGRAM)


@pytest.mark.parametrize("edit", DOES_NOT_COUNT.values(), ids=DOES_NOT_COUNT)
def test_what_it_does_not_reach_and_what_does_nothing_does_not_count(hash_of, edit):
    assert hash_of(edited(PROGRAM, *edit)) == hash_of(PROGRAM)


def test_the_hash_is_known_on_every_version_of_python(hash_of):
    assert hash_of(PROGRAM) == "01baad3e1ab690bb"
    assert hash_of(REGISTERED, uses=["KINDS.one"]) == "099e30ec4e2b901e"


@pytest.mark.parametrize("edit", [*COUNTS.values()][:5])
def test_a_hash_that_another_process_found_is_taken_until_a_file_changes(hash_of, tmp_path, monkeypatch, edit):
    memory = tmp_path / "memory"
    first = hash_of(PROGRAM, memory=memory)
    assert first == hash_of(PROGRAM)
    assert hash_of(edited(PROGRAM, *edit), memory=memory) == hash_of(edited(PROGRAM, *edit)) != first
    monkeypatch.setattr(code_hash, "_code_hash", None)  # code is not taken apart again
    assert hash_of(PROGRAM, memory=memory) == first


def test_hashes_with_other_entries_or_modules_are_kept_apart(hash_of, tmp_path):
    asked = [{"uses": ["KINDS.one"]}, {"uses": ["KINDS.two"]}, {"modules": ["foretell.kinds"]}]
    found = [hash_of(REGISTERED, memory=tmp_path / "memory", **each) for each in asked]
    assert found == [hash_of(REGISTERED, **each) for each in asked] and len(set(found)) == 3


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
