"""Small programs with a library beside them, whose hashes tests compare before and after an edit."""

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


def edited(files, name, old, new):
    assert files[name].count(old) == 1
    return {**files, name: files[name].replace(old, new)}
