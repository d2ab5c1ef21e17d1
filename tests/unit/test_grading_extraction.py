"""Where an answer stands in a completion."""

import pytest

from foretell.grading.extraction import boxed, choice, mathematical, program

MATHEMATICAL = [
    ("So $\\boxed{\\frac{1}{2}}$.", "\\frac{1}{2}"),
    ("First \\boxed{1}, no, \\boxed{2}.", "2"),
    ("\\boxed 7.", "7"),
    ("\\boxed{3} and then \\boxed{4", "3"),  # cut off in the second
    ("so \\fbox{x+1} it is", "x+1"),
    ("a\n#### 98\n\n", "98"),
    ("#### 1\n#### 2", "2"),
    ("steps\nA: 16800 ", "16800"),
    ("The answer is 42.", "42"),
    ("Answer: $\\frac{3}{4}$", "$\\frac{3}{4}$"),
    ("Therefore she has 3 cats and 12 dogs.", "12"),
    ("which gives $x^2+1$ in the end", "x^2+1"),
    ("It costs $5.", "$5"),
    ("A: 5\n\\boxed{6}", "6"),
    ("I cannot say.", None),
    ("", None),
    ("\x00\xff\ufffd", None),
    ("\\boxed{}", None),
    ("\\boxed{" + "{" * 500, None),
]


@pytest.mark.parametrize(("completion", "answer"), MATHEMATICAL)
def test_the_last_stated_answer_is_found(completion, answer):
    assert mathematical(completion) == answer


@pytest.mark.parametrize(
    ("completion", "letter"),
    [
        ("The answer is (B).", "B"),
        ("Answer: **C**", "C"),
        ("D. because", "D"),
        ("\\boxed{\\text{E}}", "E"),
        ("The answer is A, no, the answer is B", "B"),
        ("The answer is a prime", None),
        ("An apple", None),
    ],
)
def test_the_option_letter_is_found(completion, letter):
    assert choice(completion) == letter


def test_the_last_block_of_code_is_the_program():
    assert program("```python\na\n```\ntext\n```\nb\n```") == "b\n"
    assert program("text\n```python\ncut off") == "cut off"
    assert program("    return 1\n") == "    return 1\n"
    assert program("  \n") is None


def test_long_answers_take_linear_time():
    """100 kB of what makes naive patterns backtrack; quadratic time would be hours."""
    for part in ("\\boxed{", "answer is ", "$", "####", "{", "1,", "```\n", "A:\n"):
        for find in (boxed, mathematical, choice, program):
            find(part * (100_000 // len(part)))
