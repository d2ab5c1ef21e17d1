"""Which answers are equal, by known pairs and by recorded gold answers."""

from itertools import pairwise

import pandas as pd
import pytest

from answer_pairs import EQUAL, cases
from different_answers import DIFFERENT
from foretell.grading.algebra import algebraically_equal
from foretell.grading.equivalence import equal, integer
from foretell.grading.votes import key
from workflow_project import RECORDS


@pytest.mark.parametrize(("answer", "gold"), cases(EQUAL))
def test_equal_answers_are_equal_whichever_is_the_gold(answer, gold):
    assert equal(answer, gold) and equal(gold, answer)


@pytest.mark.parametrize(("answer", "gold"), cases(DIFFERENT))
def test_different_answers_differ_whichever_is_the_gold(answer, gold):
    assert not equal(answer, gold) and not equal(gold, answer)


def test_notation_that_is_not_known_is_left_to_algebra():
    assert equal("\\int_0^1 2x \\, dx", "1") is None
    assert algebraically_equal("\\int_0^1 2x \\, dx", "1") and not algebraically_equal("\\int_0^1 2x \\, dx", "2")


def test_an_item_that_is_left_to_algebra_leaves_the_list_to_it_unless_another_item_differs():
    for answer, gold in [("(\\sum_{i=1}^3 i, 2)", "(6,2)"), ("\\{\\sum_{i=1}^3 i, 2\\}", "\\{2,6\\}")]:
        assert equal(answer, gold) is None and algebraically_equal(answer, gold)
    assert equal("(\\sum_{i=1}^3 i, 3)", "(6,2)") is False
    assert equal("\\{\\sum_{i=1}^3 i, 3\\}", "\\{2,6\\}") is not True


@pytest.mark.parametrize(
    ("answer", "whole"),
    [("m+n = 17", 17), ("2^4", 16), ("\\frac{34}{2}", 17), ("007", 7), ("i^2 + 2", 1), ("1 7", None), ("1.5", None)],
)
def test_whole_numbers_are_read_from_equations_and_expressions(answer, whole):
    assert integer(answer) == whole


@pytest.mark.parametrize(
    "text", ["9^{9^{9^{9}}}", "10^{10^{10^{10}}}", "(10^{12})!", "\\binom{10^{9}}{10^{8}}", "1e99999999"]
)
def test_what_is_too_large_to_compute_equals_nothing_and_takes_no_time(text):
    assert not equal(text, "5") and equal(text, text)
    key(text)


@pytest.mark.parametrize(
    "part", ["(", "{", "x", "1/", "^", "a and b, ", "\\frac", "-", "=", "\\text{", "1,", "!", "x_", "'"]
)
def test_long_and_deep_answers_are_read_or_refused(part):
    text = part * (900 // len(part))
    assert not equal(text, "17")
    key(text)


@pytest.mark.skipif(not RECORDS.exists(), reason="needs the recorded problems of ../shared/data")
def test_recorded_gold_answers_equal_themselves_and_hardly_ever_another_problems():
    problems = pd.read_parquet(RECORDS / "problems.parquet", columns=["dataset", "answer"])
    golds = problems[problems.dataset.isin(["MATH", "GSM8K"])].answer
    golds = golds[golds.str.strip() != ""].sample(4000, random_state=1)
    for wrap in ("{}", "{{{}}}", " {} ", "\\text{{{}}}"):
        assert sum(equal(wrap.format(gold), gold) is not True for gold in golds) <= 0.002 * len(golds), wrap
    plain = golds[~golds.str.contains(r"\\%|circ|text|mbox|_|\$|\.")]
    accepted = [pair for pair in pairwise(sorted(set(plain))) if equal(*pair)]
    assert [pair for pair in accepted if key(pair[0])[0] != key(pair[1])[0]] == []
