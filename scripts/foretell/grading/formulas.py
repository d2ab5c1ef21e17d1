"""Comparing answers in notation that the reader does not know: by their values first, by algebra where these agree."""

from foretell.grading.algebra import POINTS, PRELOADED, algebraically_equal, values_of, warm_up
from foretell.grading.comparison import whole_points
from foretell.grading.evaluation import UndefinedError, evaluate
from foretell.grading.expressions import symbols
from foretell.grading.reading import read
from foretell.grading.values import Scalar, Unread
from foretell.grading.workers import DIED, TIMED_OUT, Outcome, run_bounded

SECONDS = 1.5  # per expression that is evaluated, and per comparison that takes algebra

_AGREE = 1e-6  # relative; values that differ by more are of different expressions


def compare(pairs: list[tuple[str, str]], workers: int) -> list[Outcome]:
    """Whether the answers and gold answers of pairs are equal, where only algebra can say.

    Each expression is evaluated once. Pairs whose values differ are different; the others go to math-verify, which
    decides. An expression that takes too long, or ends its process, is given up with all its pairs: it costs its time
    once.
    """
    texts = list(dict.fromkeys(text for pair in pairs for text in pair))
    evaluated = {text: Outcome(_own_values(text), None) for text in texts}
    strange = [(text,) for text in texts if evaluated[text].value is None and _is_formula(text)]
    outcomes = run_bounded(values_of, strange, SECONDS, workers, "evaluating formulas", PRELOADED, warm_up)
    evaluated.update({text: outcome for (text,), outcome in zip(strange, outcomes, strict=True)})
    decided = {pair: _by_values(*(evaluated[text] for text in pair)) for pair in pairs}
    open_pairs = [pair for pair, outcome in decided.items() if outcome is None]
    solved = run_bounded(algebraically_equal, open_pairs, SECONDS, workers, "grading answers", PRELOADED, warm_up)
    decided.update(zip(open_pairs, solved, strict=True))
    return [decided[pair] or Outcome(None, None) for pair in pairs]


def _by_values(given: Outcome, wanted: Outcome) -> Outcome | None:
    """What the values of two expressions say; None where they agree, or one has none."""
    for side in (given, wanted):
        if side.error is not None and side.error.startswith((TIMED_OUT, DIED)):
            return Outcome(None, side.error)
    if not (isinstance(given.value, tuple) and isinstance(wanted.value, tuple)):
        return None
    apart = [
        abs(first - second) > _AGREE * max(abs(first), abs(second)) + _AGREE**2
        for first, second in zip(given.value, wanted.value, strict=True)
    ]
    return Outcome(False, None) if any(apart) else None


def _is_formula(text: str) -> bool:
    return [isinstance(value, Unread) and value.formula for value in read(text)] == [True]


def _own_values(text: str) -> tuple[complex, ...] | None:
    """As `values_of`, of an expression without a unit or base that the reader knows."""
    values = read(text)
    if len(values) != 1 or not isinstance(values[0], Scalar) or values[0].unit or values[0].base:
        return None
    tree = values[0].tree
    names = symbols(tree)
    if any(len(name) != 1 for name in names):
        return None
    try:
        return tuple(complex(evaluate(tree, point)) for point in whole_points(names, POINTS))
    except (UndefinedError, OverflowError):
        return None
