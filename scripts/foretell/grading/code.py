"""Finding the program in a completion."""

import ast
import re
import textwrap
from collections.abc import Callable

from foretell.grading.places import GUESS, MARKED, Found, after_thinking

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})[ \t]*([\w+-]*)")
_DEEPER = 4  # columns by which a line of fence marks lies so deep that it is code, as in CommonMark
_SESSION = re.compile(r"^\s*(?:>>>|\$ )")
_LANGUAGES = {"", "python", "python3", "py", "py3"}
_BEGINNING = re.compile(r"^(?:def |class |async def |import |from \w[\w.]* import |@)", re.MULTILINE)


def find_program(completion: str, entry_point: str | None) -> Found | None:
    """The program of a completion: its blocks of code up to the last that defines the entry point, else the last block.

    Blocks before it, which may define helpers, stand before it, where they are Python and define something; examples of
    use after it do not count. Blocks are dedented. Without a fence, the prose around the code is left out. None where
    there is nothing.

    Args:
        completion: a model's text.
        entry_point: name of a function or method that the program must define; None where it reads standard input.
    """
    text = after_thinking(completion)
    if text is None:
        return None
    blocks = _blocks(text)
    if not blocks:
        bare = _without_prose(text, entry_point)
        return Found(bare, GUESS) if bare.strip() else None
    defines = _defines(entry_point)
    at = max((index for index, block in enumerate(blocks) if defines(block)), default=len(blocks) - 1)
    if not defines(blocks[at]):
        return Found(blocks[at], MARKED) if blocks[at].strip() else None
    helpers = [block for block in blocks[:at] if _helps(block, blocks[at])] if entry_point else []
    return Found("\n\n".join([*helpers, blocks[at]]), MARKED)


def _blocks(text: str) -> list[str]:
    """Contents of fenced blocks of Python or no language; one that is cut off counts where there is no other.

    Marks in a docstring, which lie deeper than the fence, or are fewer, do not end a block.
    """
    found: list[str] = []
    inside: list[str] | None = None
    indent, marks, language = "", "", ""
    for line in text.splitlines(keepends=True):
        fence = _FENCE.match(line)
        if fence and inside is not None and (len(fence[1]) >= len(indent) + _DEEPER or not fence[2].startswith(marks)):
            fence = None
        if fence is None:
            if inside is not None:
                inside.append(line)
        elif inside is None or fence[3]:
            inside, indent, marks, language = [], fence[1], fence[2], fence[3].lower()
        else:
            found += ["".join(inside)] if language in _LANGUAGES else []
            inside = None
    if not found and inside is not None and language in _LANGUAGES:
        found = ["".join(inside)]
    return [block for block in map(textwrap.dedent, found) if not _SESSION.match(block)]


def _defines(entry_point: str | None) -> Callable[[str], re.Match[str] | None]:
    """Whether a block defines the entry point; without one, whether it reads standard input."""
    if entry_point is None:
        return re.compile(r"\binput\s*\(|\bstdin\b|open\(0\)").search
    name = re.escape(entry_point)
    return re.compile(rf"^[ \t]*(?:async )?def {name}\b|^{name}\s*=", re.MULTILINE).search


def _helps(block: str, solution: str) -> bool:
    """Whether a block can be parsed and defines a name that the solution uses and does not define."""
    try:
        tree = ast.parse(block)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    names -= set(re.findall(r"^(?:async )?(?:def|class) (\w+)", solution, re.MULTILINE))
    return any(re.search(rf"\b{re.escape(name)}\b", solution) for name in names)


def _without_prose(text: str, entry_point: str | None) -> str:
    """The code of a text without a fence: from its first definition or import on, as far as it can be parsed.

    A text that does not begin so is taken whole: it may continue a prompt's function.
    """
    if text[:1] in " \t" and text.strip():
        return _trimmed(text, whole=True)
    dedented = textwrap.dedent(text)
    start = _BEGINNING.search(dedented)
    if start is None or (entry_point is not None and not _defines(entry_point)(dedented)):
        return text
    return _trimmed(dedented[start.start() :])


def _trimmed(text: str, whole: bool = False) -> str:
    """The longest beginning, in whole lines, that can be parsed; all of it where none can.

    Lines are taken off from the first one of prose on: one at the margin that is no code and follows code.
    """
    lines = text.splitlines(keepends=True)
    for _ in range(20):
        source = "".join(lines)
        try:
            ast.parse("def _():\n" + source if whole else source)
        except SyntaxError as error:
            line = (error.lineno or 0) - (2 if whole else 1)
            if not 0 < line < len(lines):
                return text
            lines = lines[:line]
        except (ValueError, RecursionError, MemoryError):
            return text
        else:
            return source
    return text


_MODULES = (
    "bisect", "collections", "copy", "datetime", "decimal", "fractions", "functools", "heapq", "itertools", "json",
    "math", "operator", "os", "random", "re", "statistics", "string", "sys", "time", "typing",
)  # fmt: skip
_NAMES = {
    "bisect": "bisect_left bisect_right insort",
    "collections": "Counter OrderedDict defaultdict deque namedtuple",
    "copy": "deepcopy",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "functools": "cache cmp_to_key lru_cache partial reduce",
    "heapq": "heapify heappop heappush heappushpop heapreplace nlargest nsmallest",
    "itertools": "accumulate chain combinations combinations_with_replacement cycle groupby pairwise permutations "
    "product zip_longest",
    "math": "ceil comb factorial floor gcd inf isqrt lcm sqrt",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits",
    "typing": "Any Callable Deque Dict Generator Iterable Iterator List Optional Sequence Set Tuple Union",
}


def prelude_for(source: str) -> str:
    """Imports of the standard names that a program mentions, as LeetCode and the graders of data sets provide them."""
    mentioned = set(re.findall(r"\b[A-Za-z_]\w*", source))
    lines = [f"import {module}" for module in _MODULES if module in mentioned]
    for module, names in _NAMES.items():
        used = sorted(mentioned & set(names.split()))
        if used:
            lines.append(f"from {module} import {', '.join(used)}")
    return "\n".join(lines)
