"""Measure the grading of mathematical answers on recorded gold answers, beside math-verify as it comes.

python benchmarks/grade_answers.py PROBLEMS.parquet (dataset, problem_id, answer) prints, for both graders, the share of
gold answers that are accepted as themselves, of rewritten ones that are rejected, of other problems' gold answers that
are accepted, and the seconds per 10,000 grades.
"""

import argparse
import random
import re
import sys
import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from foretell.grading import extraction
from foretell.grading.algebra import PRELOADED, algebraically_equal
from foretell.grading.equivalence import equal
from foretell.grading.evaluation import constant
from foretell.grading.reading import read
from foretell.grading.values import Scalar
from foretell.grading.workers import run_bounded

PER_REWRITING = 400
SECONDS = 5.0


def ours(completion: str, gold: str) -> bool:
    answer = extraction.mathematical(completion)
    if answer is None:
        return False
    verdict = equal(answer.text, gold)
    return algebraically_equal(answer.text, gold) if verdict is None else verdict


def bare(completion: str, gold: str) -> bool:
    """math-verify by its own README: parse both, verify; a gold answer is LaTeX."""
    from math_verify import parse, verify

    return verify(
        parse(f"${gold}$", parsing_timeout=None), parse(completion, parsing_timeout=None), timeout_seconds=None
    )


def rewritings(gold: str) -> dict[str, str]:
    """The same answer, otherwise written."""
    found = {"double braces": f"{{{gold}}}", "in \\text": f"\\text{{{gold}}}"}
    whole = re.fullmatch(r"-?\d+", gold)
    if whole and len(gold.lstrip("-")) > 3:
        found["thousands: 1,234"] = f"{int(gold):,}"
        found["thousands: 1{,}234"] = f"{int(gold):,}".replace(",", "{,}")
    if whole:
        found["decimals: 12.00"] = f"{gold}.00"
        found["money: \\$12"] = f"\\${gold}"
        found["unit: 12\\text{ cm}"] = f"{gold}\\text{{ cm}}"
        found["unit: 12 apples"] = f"{gold} apples"
    if "\\frac" in gold:
        found["\\tfrac"] = gold.replace("\\frac", "\\tfrac")
        found["\\dfrac"] = gold.replace("\\frac", "\\dfrac")
    value = rational(gold)
    if "frac" in gold and value is not None and 10**6 % value.denominator == 0:
        found["decimal for fraction"] = f"{float(value):.6f}".rstrip("0")
    if value is not None and re.fullmatch(r"-?\d+\.\d+", gold):
        fraction = Fraction(gold)
        found["fraction for decimal"] = f"\\frac{{{fraction.numerator}}}{{{fraction.denominator}}}"
    if (
        re.search(r"[+,(-]", gold)
        and "text" not in gold
        and "mbox" not in gold
        and not re.search(r"\d,\s?(\\!)?\d{3}", gold)
    ):
        found["spaces"] = re.sub(r"\s*([+,-])\s*", r" \1 ", gold)
        found["thin spaces"] = re.sub(r"\s*([+-])\s*", r"\\,\1\\,", gold)
    if "\\left" in gold:
        found["without \\left and \\right"] = gold.replace("\\left", "").replace("\\right", "")
    if re.fullmatch(r"\\text\{[^{}]*\}", gold):
        found["without \\text"] = gold[6:-1]
    return found


def rational(gold: str) -> Fraction | None:
    """The value of a gold answer that is a rational number without a unit."""
    values = [constant(value.tree) for value in read(gold) if isinstance(value, Scalar) and not value.unit]
    return values[0] if values and isinstance(values[0], Fraction) else None


def trials(golds: pd.Series, seed: int) -> list[tuple[str, str, str, bool]]:
    """(kind, completion, gold, whether it is right) of everything that is measured."""
    rng = random.Random(seed)
    answers = golds.tolist()
    out = [("itself", f"The answer is $\\boxed{{{gold}}}$.", gold, True) for gold in answers]
    by_kind = {}
    for gold in answers:
        for kind, text in rewritings(gold).items():
            by_kind.setdefault(f"rewritten, {kind}", []).append((f"The answer is $\\boxed{{{text}}}$.", gold))
    for kind, pairs in by_kind.items():
        out += [(kind, text, gold, True) for text, gold in rng.sample(pairs, min(PER_REWRITING, len(pairs)))]
    others = answers.copy()
    rng.shuffle(others)
    out += [
        ("another problem's", f"The answer is $\\boxed{{{other}}}$.", gold, False)
        for other, gold in zip(others, answers, strict=True)
    ]
    distinct = sorted(set(answers))
    out += [("the next in the alphabet", f"The answer is $\\boxed{{{b}}}$.", a, False) for a, b in pairwise(distinct)]
    return out


def plain(text: str) -> object:
    """What a coincidence is told by, apart from either grader: the value without notation, unit and base."""
    text = re.sub(r"\\(?:text|mbox|textnormal) ?\{[^{}]*\}(\^\d)?|\^\\circ|\\?%|\\?\$|_\{?\d+\}?$|\.0+$|\.$", "", text)
    for old, new in (("\\left", ""), ("\\right", ""), ("\\!", ""), ("dfrac", "frac"), ("tfrac", "frac")):
        text = text.replace(old, new)
    text = re.sub(r"[\s{},\\]|[.]$", "", text)
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError):
        return text.lower()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--listed", type=Path, help="write wrong verdicts here (csv)")
    args = parser.parse_args()
    problems = pd.read_parquet(args.problems)
    problems = problems[problems.dataset.isin(["MATH", "GSM8K"])]
    empty = problems[problems.answer.str.strip() == ""]
    print(f"{len(problems)} gold answers; empty, and left out: {', '.join(empty.problem_id)}")
    measured = pd.DataFrame(
        trials(problems.answer.drop(empty.index), 1), columns=["kind", "completion", "gold", "right"]
    )
    for grader in (ours, bare):
        started = time.monotonic()
        items = list(zip(measured.completion, measured.gold, strict=True))
        outcomes = run_bounded(grader, items, SECONDS, args.workers, grader.__name__, PRELOADED)
        seconds = time.monotonic() - started
        measured[grader.__name__] = [outcome.value is True for outcome in outcomes]
        print(f"{grader.__name__}: {1e4 * seconds / len(items):.1f} s per 10,000 on {args.workers} processes, "
              f"{sum(outcome.error is not None for outcome in outcomes)} without a verdict")  # fmt: skip
    boxes = measured.completion.str.slice(len("The answer is $\\boxed{"), -len("}$."))
    measured["coincidence"] = [plain(box) == plain(gold) for box, gold in zip(boxes, measured.gold, strict=True)]
    rows = []
    for kind, part in measured.groupby("kind", sort=False):
        counted = part[part.right | ~part.coincidence]
        rows.append({"kind": kind, "n": len(counted), "wrong: ours": (counted.ours != counted.right).mean(),
                     "wrong: math-verify": (counted.bare != counted.right).mean()})  # fmt: skip
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.4f}".format))
    if args.listed:
        wrong = measured[(measured.ours != measured.right) & (measured.right | ~measured.coincidence)]
        wrong.to_csv(args.listed, index=False)


if __name__ == "__main__":
    main()
