"""Where data sets have their gold answers: in boxes, after marks, or among options."""

import hashlib
import re
import string

import pandas as pd

_BOX = re.compile(r"\\(?:boxed|fbox)(?![a-zA-Z])\s*")
_TOKEN = re.compile(r"\\[a-zA-Z]+(?:\s*\{[^{}]*\})*|[^\s{}$\\.,;]+")


def last_box(text: str) -> str | None:
    r"""What stands in the last `\boxed{}` of a solution, with or without braces; None without one, or an open one."""
    boxes = list(_BOX.finditer(text))
    if not boxes:
        return None
    rest = text[boxes[-1].end() :]
    if not rest.startswith("{"):
        token = _TOKEN.match(rest)
        return token.group() if token else None
    depth, place = 0, 0
    while place < len(rest):
        if rest[place] == "\\":  # a brace after it is none
            place += 2
            continue
        depth += (rest[place] == "{") - (rest[place] == "}")
        if depth == 0:
            return rest[1:place]
        place += 1
    return None


def after_hashes(text: str) -> str | None:
    """What stands after the last `####`; None without one."""
    _, mark, gold = text.rpartition("####")
    return gold.strip() or None if mark else None


def shuffled(questions: pd.Series, options: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Questions with their options below, `A) ...`, and the letter of the right one.

    The order is that of the hashes of question and option, so it does not depend on which one is right.

    Args:
        questions: the texts.
        options: the right option first; what is null is no option.

    Returns:
        Questions with options; letters, null where there is no right option, no other, or the right one stands twice.
    """
    texts, letters = [], []
    for question, row in zip(questions, options.itertuples(index=False), strict=True):
        given = [str(option).strip() for option in row if pd.notna(option)]
        order = sorted(given, key=lambda option: hashlib.sha256(f"{question} {option}".encode()).hexdigest())
        lines = [f"{letter}) {option}" for letter, option in zip(string.ascii_uppercase, order, strict=False)]
        texts.append(question if pd.isna(question) else "\n".join([f"{str(question).strip()}\n", *lines]))
        told = pd.notna(row[0]) and len(given) > 1 and given.count(given[0]) == 1
        letters.append(string.ascii_uppercase[order.index(given[0])] if told else pd.NA)
    return pd.Series(texts, index=questions.index), pd.Series(letters, index=questions.index, dtype="string")
