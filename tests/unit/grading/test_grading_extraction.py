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
    ("The answer is 5.\n\nWait, I made a mistake: the answer is 6.", "6", MARKED),
    ("The answer is 5. Wait, I made an error, so the answer is \\boxed{6}.", "6", BOX),
    ("The answer to the first part is 3. So the final answer would be 12.", "12", MARKED),
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
    # several boxes in a sentence, and what stands before one
    ("We find $x=\\boxed{4}$ and $x=\\boxed{9}$.", "4, 9", BOX),
    ("So $x=\\boxed{4}, \\quad y=\\boxed{9}$.", "x = 4, y = 9", BOX),
    ("so it is $-\\boxed{7}$", "-7", BOX),
    ("That is $\\boxed{\\frac12}$ or $\\boxed{50\\%}$.", "50\\%", BOX),
    ("\\boxed{8}\n\nShould the answer be given per week?", "8", BOX),
    ("Yes, the answer is correct.\n\n**8**", "8", GUESS),
    ("The answer is not 9; it is 8.", "8", MARKED),
    ("It is $\\boxed{8}$, not $\\boxed{9}$.", "8", BOX),
    ("$\\boxed{\\left\\{ x = 8 \\right.}$", "\\left\\{ x = 8 \\right.", BOX),
    # marks in fonts and behind them
    ("\\textbf{Answer:} 42", "42", MARKED),
    ("$\\text{Final answer: }42$", "42", MARKED),
    ("\\textbf{The answer is 42.}", "42", MARKED),
    ("Answer:\n```\n42\n```", "42", MARKED),
    # what is not claimed
    ("\\boxed{8}\n\nA common mistake is to say that the answer is 9.", "8", BOX),
    ("\\boxed{8}\n\nNote: with zero counted, the answer would be 9.", "8", BOX),
    ("The answer is 8. Q: What is 2 + 2? A: The answer is 4.", "8", MARKED),
    (
        "<|channel|>analysis<|message|>Is it 7?<|end|><|start|>assistant<|channel|>final<|message|>8<|return|>",
        "8",
        GUESS,
    ),
    ("[THINK]The answer is 7.[/THINK]The answer is 8.", "8", MARKED),
    # bounds and choices are answers of their own
    ("The answer is either 8 or 9.", "8 or 9", MARKED),
    ("The answer is between 8 and 9.", "between 8 and 9", MARKED),
    ("The answer is more than 8.", "more than 8", MARKED),
    ("The answer is 8 to 9 days.", "8 to 9 days", MARKED),
    ("The answer is 8 or more.", "8 or more", MARKED),
    ("Answer\n------\n8", "8", MARKED),
    ("Hence the angle is π/8.", "π/8", GUESS),
    ("The answer is 20% of 40, that is 8.", "8", MARKED),
    ("Thus $m+n+p$ = 540.", "540", GUESS),
    ("So $x$ = **540**", "540", GUESS),
    ("So $x$ is 540.", "540", GUESS),
    ("Here $2$ = 2 shows that $x+1$ holds", "x+1", GUESS),
    ("The slope is **−½**.", "−½", GUESS),
    ("She drank 2½ cups.", "2½", GUESS),
    ("Josh made a profit of **$70 000** in all.", "$70 000", GUESS),
    ("Josh made a profit of $70\u202f000.", "$70\u202f000", GUESS),
    # a guess is all that its number is a part of
    ("So the point is (8, 9).", "(8, 9)", GUESS),
    ("The solution is [8, 9).", "[8, 9)", GUESS),
    ("The area is 8π.", "8π", GUESS),
    ("The length is 8√2 cm.", "8√2", GUESS),
    ("It is 8e3.", "8e3", GUESS),
    ("It is 8 × 10^3.", "8 × 10^3", GUESS),
    ("It is 8 ± 2.", "8 ± 2", GUESS),
    ("Therefore x ≥ 8.", "x ≥ 8", GUESS),
    ("So, out of 20, she has 8 eggs left.", "8", GUESS),
    ("Since a truck holds 200 pounds, he makes 8 trips.", "8", GUESS),
    ("I got x = 2. However, that makes the denominator zero, so there is no solution.", "no solution", GUESS),
    ("For n = 3 there is no solution. So it is 8.", "8", GUESS),
    ("She pays $5 and $3, so it is $8", "$8", GUESS),
    ("It is the $7$th one", "7", GUESS),  # the second sign opens no formula
    ("$$\\begin{aligned} x &= 2 \\\\[4pt] &= 5 \\end{aligned}$$\nSo the total is 5 apples.", "5", GUESS),
    ("所以答案是12。", "12", GUESS),
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
    "That takes 3 to 5 minutes",
    "The answer is definitely not 8.",
    "8 is not the answer.",
    "The answer is neither 8 nor 9.",
    "The answer can't be 8.",
    "It is 8, or maybe 9.",
    "A search would give it, perhaps around 8 or 9.",
    "For 24 the remainder is 0. For 25, the remainder is",
    "So the total is 24 + 8 =",
    "It is more than 8.",
    "The volume is \\[V = \\frac{48",
    "We have $(a+b)^2 = 2809$; continuing, \\[ a+b = \\sqrt{53",
    "So $V = 48",
    "Then \\(\\frac{48}{",
    "<|channel|>analysis<|message|>Is it 7?",
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
        ("analysisWe need it. Option B: 3.1.assistantfinal**Answer: A**", "A"),
        ("It has no mass.\n\n**Answer: A**", "A"),
        ("It has no mass.\n\n**The answer is A** cell.", None),
        ("analysisWe need it. The answer is A", None),
        ("The answer is therefore (B), not (C).", "B"),
        ("The correct option is thus (B) rather than (D).", "B"),
        ("The answer is probably B.", "B"),
        ("Correct answer: `B`", "B"),
        ("None of A, C, or D work, leaving B.", "B"),
        ("All options are wrong except D.", "D"),
        ("Answer choice B is correct; answer choice D is not.", "B"),
        ("My answer: B (C is close).", "B"),
        ("Answer: A (not B).", "A"),
        ("\\boxed{\\text{C. } 5}", "C"),
        ("The answer is B.\n\nQuestion: And now?\nThe answer is C.", "B"),
        ("The answer is (B). A common mistake is to say that the answer is (C).", "B"),
        ("\\boxed{A, B}", None),
        ("The answer is A and B.", None),
        ("(A) and (B) are both plausible.", None),
        ("Neither A nor B is right.", None),
        ("We eliminate (A), (B) and (D).", None),
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
