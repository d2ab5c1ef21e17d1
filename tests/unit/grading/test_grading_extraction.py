"""Where an answer stands in a completion."""

import pytest

from foretell.grading.choices import choice
from foretell.grading.code import find_program, prelude_for
from foretell.grading.extraction import mathematical
from foretell.grading.texts import short_text

BOX, MARKED, GUESS = "box", "marked", "guess"
MATHEMATICAL = [
    ("So $\\boxed{\\frac{1}{2}}$.", "\\frac{1}{2}", BOX),
    ("First \\boxed{1}, no, it is \\boxed{2}.", "2", BOX),
    ("\\boxed 7.", "7", BOX),
    ("\\boxed\\frac{1}{2}", "\\frac{1}{2}", BOX),
    ("so \\fbox{x+1} it is", "x+1", BOX),
    ("\\boxed{\\text{The answer is 31}}", "31", BOX),
    ("The roots are $\\boxed{4}$ and $\\boxed{9}$.", "4, 9", BOX),
    ("A: 5\n\\boxed{6}", "6", BOX),
    ("I get \\boxed{5}. Wait, there is one more. The answer is 6.", "6", MARKED),
    ("At first \\boxed{5}.\n\n#### 6", "6", MARKED),
    ("a\n#### 98\n\n", "98", MARKED),
    ("#### 1\n#### 2", "2", MARKED),
    ("#### Each of them got $31 in the end.", "$31", MARKED),
    ("#### 12\n\nQuestion: What is 2 + 2?\nAnswer: 4\n#### 4", "12", MARKED),
    ("steps\nA: 16800 ", "16800", MARKED),
    ("The answer is 42.", "42", MARKED),
    ("The answer is 3x - 7.", "3x - 7", MARKED),
    ("The answer is 12 - 5 = 7.", "12 - 5 = 7", MARKED),
    ("So the answer is (5, 6).", "(5, 6)", MARKED),
    ("The answer is 2 1/2.", "2 1/2", MARKED),
    ("The answer is 7, because 4 + 3 = 7.", "7", MARKED),
    ("The answer is not 5 but 6.", "6", MARKED),
    ("**Answer:** 12", "12", MARKED),
    ("Answer: seven", "seven", MARKED),
    ("Answer: $\\frac{3}{4}$", "$\\frac{3}{4}$", MARKED),
    ("<answer>12</answer>", "12", MARKED),
    ('{"steps": "12 in all, 5 of them red", "answer": 7}', "7", MARKED),
    ('```json\n{"answer": "\\\\frac{3}{4}", "confidence": 0.9}\n```', "\\frac{3}{4}", MARKED),
    ("<think>\\boxed{41}? No.</think>\nThe answer is 42.", "42", MARKED),
    ("so it is 41?</think>The answer is 42.", "42", MARKED),
    ("which gives $x^2+1$ in the end", "x^2+1", GUESS),
    ("This leads to\n\\[ x+4 \\]", "x+4", GUESS),
    ("It costs $5.", "$5", GUESS),
    ("so 7", "7", GUESS),
    ("I got $\\frac12$", "\\frac12", GUESS),
    ("So, 7 !", "7", GUESS),
    ("sin 2", "sin 2", GUESS),
    ("The total is 5 * 4 = 20 dollars for 3 days.", "20", GUESS),
    ("She needs 5 boxes for 40 apples.", "5", GUESS),
    ("There were 9 at first, therefore 6 are left after 3 days.", "6", GUESS),
    ("There are 10 of them:\n1. Two (2) red ones.\n2. Eight (8) blue ones.", "10", GUESS),
    ("My first answer 5 was wrong. In all there are 6.", "6", GUESS),
]
NONE = [
    "I cannot say.",
    "",
    "\x00\xff\ufffd",
    "\\boxed{}",
    "\\boxed{" + "{" * 500,
    "\\boxed{3}, no, wait: \\boxed{4",  # cut off while it was corrected
    "<think>it may be \\boxed{41}, but",
    "That takes about 3-5 minutes",
]


@pytest.mark.parametrize(("completion", "answer", "place"), MATHEMATICAL)
def test_the_last_stated_answer_is_found(completion, answer, place):
    found = mathematical(completion)
    assert found is not None and (found.text, found.place) == (answer, place)


@pytest.mark.parametrize("completion", NONE)
def test_no_answer_is_found_where_there_is_none(completion):
    assert mathematical(completion) is None


@pytest.mark.parametrize(
    ("completion", "letter"),
    [
        ("The answer is (B).", "B"),
        ("Answer: **C**", "C"),
        ("D. because", "D"),
        ("d)", "D"),
        ("B, since A is wrong", "B"),
        ("\\boxed{\\text{E}}", "E"),
        ("$\\boxed{\\textbf{(E)}\\ 12}$", "E"),
        ("\\boxed{\\text{Option D}}", "D"),
        ("answer: b", "B"),
        ('{"reason": "A is too small", "answer": "B"}', "B"),
        ('The answer is "B".', "B"),
        ("Answer:\n\nB", "B"),
        ("I choose (C).", "C"),
        ("The answer is C. Option D is wrong, as it has no mass.", "C"),
        ("The answer is A, no, the answer is B", "B"),
        ("The answer is not A but B.", "B"),
        ("A pupil would say so. Clearly (C) is right.", "C"),
        ("Here $\\boxed{x \\ll y}$.\n**Answer: D**", "D"),
        ("<think>The answer is A</think>B", "B"),
        ("The answer is a prime", None),
        ("An apple", None),
        ("A cell has a wall.", None),
        ("I do not know.", None),
        ("<think>The answer is A", None),
    ],
)
def test_the_option_letter_is_found(completion, letter):
    found = choice(completion)
    assert (found.text if found else None) == letter


SOLUTION = "def f(x):\n    return helper(x)"
DOCUMENTED = 'def f(x):\n    """As in\n\n    ```python\n    f(1)\n    ```\n    """\n    return x'
USED = "def helper(x):\n    return x"


@pytest.mark.parametrize(
    ("completion", "program"),
    [
        (f"```python\n{SOLUTION}\n```\nIn use:\n```python\nprint(f(1))\n```", SOLUTION),
        (f"```python\n{SOLUTION}\n```\nIt prints\n```\n1\n```", SOLUTION),
        (f"```\n{USED}\n```\nand\n```\n{SOLUTION}\n```", f"{USED}\n\n\n{SOLUTION}"),
        (f"```\nhelper, a = abs, 1\n```\nand\n```\n{SOLUTION}\n```", f"helper, a = abs, 1\n\n\n{SOLUTION}"),
        (f"```\nhelper: object = abs\n```\nand\n```\n{SOLUTION}\n```", f"helper: object = abs\n\n\n{SOLUTION}"),
        (f"```python\n{DOCUMENTED}\n```", DOCUMENTED),
        (f"````python\n{SOLUTION}\n```\n````", f"{SOLUTION}\n```"),
        ("```python\ndef f(x): return 1\n```\nBetter:\n```python\ndef f(x): return 2\n```", "def f(x): return 2"),
        ("1. So:\n   ```python\n   def f(x):\n       return 1\n   ```", "def f(x):\n    return 1"),
        ("Here you go:\n\ndef f(x):\n    return 1\n\nThis returns one.", "def f(x):\n    return 1"),
        (
            "```python\nclass Solution:\n    def f(self, x):\n        return 1\n```",
            "class Solution:\n    def f(self, x):\n        return 1",
        ),
        ("text\n```python\ndef f(x):\n    return 1", "def f(x):\n    return 1"),
        ("    return 1\n", "    return 1"),
    ],
)
def test_the_program_is_the_block_that_defines_what_is_asked_for(completion, program):
    found = find_program(completion, "f")
    assert found is not None and found.text.strip("\n") == program


def test_there_is_no_program_in_nothing():
    assert find_program("  \n", "f") is None and find_program("<think>```\ndef f(): pass\n```", "f") is None


def test_the_prelude_has_what_a_program_mentions():
    assert prelude_for("def f(x: List[int]): return math.pi") == "import math\nfrom typing import List"


@pytest.mark.parametrize("find", [mathematical, choice, short_text, lambda text: find_program(text, "f")])
def test_long_answers_take_linear_time(find):
    """50 kB of what makes naive patterns backtrack; quadratic time would be hours."""
    parts = (
        "\\boxed{",
        "answer is ",
        "answer ",
        "$",
        "####",
        "{",
        "1,",
        "```\n",
        "```python\n",
        "A:\n",
        " ",
        "\n",
        "So ",
    )
    for part in (*parts, "a and b, ", "<think>", "\\boxed{1} and ", "= ", "(A) ", "1 "):
        for text in (part * (50_000 // len(part)), "the answer is " + part * (50_000 // len(part))):
            find(text)
