"""Which answers are votes for the same thing."""

import pytest

from answer_pairs import EQUAL, cases
from different_answers import DIFFERENT
from foretell.grading.equivalence import equal
from foretell.grading.reading import read
from foretell.grading.values import Collection
from foretell.grading.votes import key


@pytest.mark.parametrize(("answer", "gold"), cases(DIFFERENT))
def test_different_answers_are_votes_for_different_things(answer, gold):
    assert key(answer) != key(gold)


def test_votes_for_the_same_thing_have_one_key_without_a_gold_answer():
    for same in (
        ["\\frac12", "0.5", "2/4", "\\frac{1}{2}"],
        ["x+1", "1 + x"],
        ["\\text{Yes}", "yes"],
        ["(7,\\infty)", "x>7"],
    ):
        assert len({key(answer)[0] for answer in same}) == 1, same
    assert key("2x+2y=4") == key("y + x = 2")
    assert key("5 cm") == (key("5")[0], ("", "cm")) and key("x = 5") == (key("5")[0], ("x", ""))
    assert key("\\frac{1}{x} + \\frac{1}{y} = 1") == key("xy = x + y")


def test_votes_for_the_same_thing_are_graded_alike_by_any_gold_answer():
    answers = sorted(
        {text for table in (EQUAL, DIFFERENT) for pairs in table.values() for pair in pairs for text in pair}
    )
    answers += ["x = 5 cm", "x = 5 km", "2.236070", "2.23607", "1234.56", "123456/100", "1234.564", "5\\%", "0.05"]
    loose = {"(1,2)", "30,150", "40,160,280"}  # see `key`
    by_key = {}
    for answer in answers:
        if len(read(answer)) == 1 and not any(isinstance(value, Collection) for value in read(answer)):
            by_key.setdefault(key(answer), []).append(answer)
    for alike in by_key.values():
        for gold in answers if len(alike) > 1 else []:
            assert gold in loose or len({equal(answer, gold) is True for answer in alike}) == 1, (gold, alike)
