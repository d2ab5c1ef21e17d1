"""Which answers are equal, by known pairs and by recorded gold answers."""

from itertools import pairwise

import pandas as pd
import pytest

from foretell.grading.equivalence import equal, number, quickly_equal
from foretell.grading.normalisation import normalise
from workflow_project import RECORDS

EQUAL = [
    ("1,080", "1080"),
    ("30,\\!240", "30240"),
    ("10{,}000", "10000"),
    ("$20.00", "20"),
    ("\\$1.17", "1.17"),
    ("\\frac12", "0.5"),
    ("\\tfrac83", "\\frac{8}{3}"),
    ("\\frac{x}{2}", "x/2"),
    ("3/4", "0.75"),
    ("2\\frac{1}{2}", "2.5"),
    (".5", "0.5"),
    ("50\\%", "50"),
    ("50\\%", "\\frac{1}{2}"),
    ("90^\\circ", "90"),
    ("90^{\\circ}", "90\\text{ degrees}"),
    ("3\\text{ cm}", "3"),
    ("6 apples", "6"),
    ("84 (corrected)", "84"),
    ("9\\text{ a.m.}", "9 AM"),
    ("x=5", "5"),
    ("52_8", "52"),
    ("\\text{Evelyn}", "evelyn"),
    ("(\\text{H})", "H"),
    ("1,2", "2, 1"),
    ("\\{1,2\\}", "\\left\\{ 2, 1 \\right\\}"),
    ("19 \\text{ and }43", "43, 19"),
    ("(-\\infty,0)\\cup(1,2]", "(1, 2] \\cup \\left(-\\infty, 0\\right)"),
    (
        "\\begin{pmatrix} \\frac15 & 0.8 \\\\\\,-1 & 1 \\end{pmatrix}",
        "\\begin{bmatrix} 1/5 & 4/5 \\\\ -1 & 1 \\end{bmatrix}",
    ),
    ("1+x^2", "x^2+1"),
    ("5\\sqrt5", "\\sqrt{125}"),
    ("2x-y+2z=18", "2x - y + 2z - 18 = 0"),
    ("$\\frac{1}{3}$.", "\\frac13"),
]
DIFFERENT = [
    ("0.84", "84"),
    ("-15", "15"),
    ("0.5", "50\\%5"),
    ("3 cm", "3 m"),
    ("10^\\circ", "10 inches"),
    ("52_8", "52_7"),
    ("(1,2)", "(2,1)"),
    ("(1,2)", "[1,2]"),
    ("(1,2]", "(1,2)"),
    ("9 p.m.", "9 a.m."),
    ("1000001", "1000000"),
    ("0.333", "1/3"),
    ("2007 + \\frac\\pi 2", "2007"),
    ("3:1", "3"),
    ("27,93", "2793"),
    ("B", "A"),
    ("Monday", "Sunday"),
    ("2\\sqrt{3}+", "2"),
    ("", "5"),
    ("x-y", "xy"),
]


@pytest.mark.parametrize(("answer", "gold"), EQUAL)
def test_equal_answers_are_equal_whichever_is_the_gold(answer, gold):
    assert equal(answer, gold) and equal(gold, answer)


@pytest.mark.parametrize(("answer", "gold"), DIFFERENT)
def test_different_answers_differ(answer, gold):
    assert not equal(answer, gold)


@pytest.mark.parametrize(("answer", "gold"), EQUAL + DIFFERENT)
def test_the_quick_verdict_is_never_another_one(answer, gold):
    assert quickly_equal(answer, gold) in (None, equal(answer, gold))


@pytest.mark.parametrize("text", ["1/0", "\\frac{1}{0}", "x", "1,5", ""])
def test_what_is_no_plain_number_is_none(text):
    assert number(text) is None


@pytest.mark.skipif(not RECORDS.exists(), reason="needs the recorded problems of ../shared/data")
def test_recorded_gold_answers_equal_themselves_and_hardly_ever_another_problems():
    problems = pd.read_parquet(RECORDS / "problems.parquet", columns=["dataset", "answer"])
    golds = problems[problems.dataset.isin(["MATH", "GSM8K"])].answer
    golds = golds[golds.str.strip() != ""]
    assert sum(quickly_equal(gold, gold) is not True for gold in golds) == 0
    distinct = sorted(set(golds.sample(1500, random_state=1)))
    for pair in pairwise(distinct):
        if quickly_equal(*pair):  # then their values are, apart from units, signs and the base of a number
            first, second = (normalise(text).text for text in pair)
            assert first == second or number(first) == number(second)
