import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.grading import formulas, places
from foretell.grading.rollouts import grade, report, spelled_only
from foretell.grading.settings import GradingSettings
from foretell.grading.workers import Outcome
from graded import completions, one
from workflow_project import RECORDS

PROBLEMS = pd.DataFrame({"problem_id": ["a", "b"], "answer": ["4", "0"], "answer_kind": "integer"})
PATTERN = GradingSettings(answer_pattern=r"([0-5])\Z")


def test_the_answer_is_where_the_pattern_says():
    graded = grade(completions("4", "+31*24", "45", "", "+4", "9"), PROBLEMS, PATTERN)
    assert graded.extracted_answer.fillna("none").tolist() == ["4", "4", "5", "none", "4", "none"]
    assert graded.correct.tolist() == [True, True, False, False, True, False]


def test_problems_may_come_with_columns_of_the_string_type():
    typed = PROBLEMS.astype({"answer": "string", "answer_kind": "string"})
    assert grade(completions("4"), typed, PATTERN).correct.tolist() == [True]


def test_no_answer_is_wrong_and_null():
    graded = grade(completions("+", "\x00\xff", "x" * 100_000), PROBLEMS, PATTERN)
    assert graded.extracted_answer.isna().all() and not graded.correct.any()


def test_the_last_of_several_answers_counts():
    graded = grade(completions("answer 1, no, answer 4"), PROBLEMS, GradingSettings(answer_pattern=r"answer ([0-5])"))
    assert graded.extracted_answer[0] == "4" and graded.correct[0]


def test_a_repeated_sample_and_an_unknown_problem_are_named():
    twice = pd.concat([completions("4"), completions("3")])
    with pytest.raises(UserError, match="problem 'a' has sample 0 more than once"):
        grade(twice, PROBLEMS, PATTERN)
    with pytest.raises(UserError, match="belong to no problem, the first to 'z'"):
        grade(completions("4", problem="z"), PROBLEMS, PATTERN)


def test_votes_are_counted_over_equal_answers():
    graded = one("\\frac12", "\\boxed{0.5}", "\\boxed{x+1}", "\\boxed{\\frac{1}{2}}", "\\boxed{1+x}", "\\boxed{7}")
    assert graded.correct.tolist() == [True, False, True, False, False]
    assert graded.answer_class.tolist() == ["0.5", "1+x", "0.5", "1+x", "7"]
    assert graded.extracted_answer.tolist() == ["0.5", "x+1", "\\frac{1}{2}", "1+x", "7"]


def test_votes_know_neither_the_gold_answer_nor_the_order():
    texts = [
        "\\boxed{5}",
        "\\boxed{5 \\text{ cm}}",
        "\\boxed{x+1}",
        "\\boxed{1+x}",
        "\\boxed{Yes}",
        "\\boxed{\\text{yes}}",
    ]
    classes = one("5", *texts).answer_class.tolist()
    assert classes == one("17", *texts).answer_class.tolist() == one("5", *texts[::-1]).answer_class.tolist()[::-1]
    assert classes[0] == classes[1] and classes[2] == classes[3] and classes[4] == classes[5]


@pytest.mark.parametrize("gold", ["5", "5\\text{ cm}", "0.05", "y = 5"])
def test_a_class_holds_names_and_units_that_no_other_answer_contradicts_whatever_the_gold_answer(gold):
    answers = ["5", "5 \\text{ cm}", "x = 5", "5\\%", "5.0"]
    assert one(gold, *boxed(answers)).answer_class.tolist() == ["5", "5", "5", "5\\%", "5"]
    answers += ["5\\text{ km}", "x = 5\\text{ km}"]
    assert one(gold, *boxed(answers)).answer_class.tolist() == ["5", *answers[1:4], "5", *answers[5:]]


def boxed(answers):
    return [f"\\boxed{{{answer}}}" for answer in answers]


def test_an_answer_that_does_not_vote_splits_no_class():
    problems = pd.DataFrame({"problem_id": ["p"], "answer": ["5"], "answer_kind": ["math"]})
    given = completions(*boxed(["5", "5 \\text{ cm}"]), "so far 5 km", problem="p")
    beside = pd.DataFrame({"problem_id": ["p"], "sample": [-1], "completion": boxed(["5 \\text{ m}"])})
    given = pd.concat([given.assign(finish_reason=["stop", "stop", "length"]), beside], ignore_index=True)
    assert grade(given, problems).answer_class.tolist()[:2] == ["5", "5"]


def test_a_guess_from_a_truncated_completion_is_no_answer():
    problems = pd.DataFrame({"problem_id": ["p"], "answer": ["5"], "answer_kind": ["math"]})
    given = completions("so far 5", "\\boxed{5}", "so far 5", problem="p").assign(
        finish_reason=["length", "length", "stop"]
    )
    graded = grade(given, problems)
    assert graded.answer_class.isna().tolist() == graded.extracted_answer.isna().tolist() == [True, False, False]
    assert graded.correct.tolist() == [False, True, True]
    assert graded.answer_place.fillna("none").tolist() == ["none", "box", "guess"]
    assert report(graded).startswith("3 rollouts: 2 right, 1 without an answer, 2 cut off; 50.0% of answers guessed")


ENDLESS = "\\prod_{k=1}^{10^{9}} (1+\\frac{\\sin k}{k^2})"


def test_an_answer_that_hangs_or_is_malformed_costs_itself_only(monkeypatch):
    monkeypatch.setattr(formulas, "SECONDS", 0.3)
    graded = one(
        "x+5",
        f"\\boxed{{{ENDLESS}}}",
        "\\boxed{9^{9^{9^{9}}}}",
        "\\boxed{\\frac{}",
        "\\boxed{5+x}",
        "\\boxed{" + "(" * 900 + "}",
        workers=2,
    )
    assert graded.correct.tolist() == [False, False, False, True, False]
    assert graded.grading_error[0] == "timed out" and graded.grading_error[[1, 3, 4]].isna().all()


@pytest.mark.parametrize("kind", ["math", "integer"])
def test_numbers_of_thousands_of_digits_cost_themselves_only(kind):
    long = [
        "\\boxed{10^{5000}}",
        "\\boxed{2000!}",
        "So 1/3 = 0." + "3" * 5000,
        "It is 1" + ",000" * 2000,
        "x = " + "1" * 4301,
    ]
    graded = one("5", *long, "\\boxed{5}", kind=kind)
    assert graded.correct.tolist() == [False] * 5 + [True]
    assert one("10^{5000}", "\\boxed{10^{5000}}", kind=kind).correct[0]


def test_formulas_are_evaluated_once_and_go_to_algebra_only_where_values_agree(monkeypatch):
    asked = []

    def run(function, items, *_):
        asked.append((function.__name__, items))
        return [Outcome(*given) for given in map(_outcome, items)]

    def _outcome(item):
        if len(item) == 2:
            return True, None
        return (None, "timed out") if item == (ENDLESS,) else ((1e4 + 0j,) * 3, None)

    monkeypatch.setattr(formulas, "run_bounded", run)
    problem = "\\sum_{k=1}^{10^4} \\lim_{n \\to \\infty} \\frac{n}{n+1}"
    answers = [*map(str, range(9_990, 10_010)), ENDLESS]
    graded = one(problem, *(f"\\boxed{{{answer}}}" for answer in answers))
    assert graded.extracted_answer[graded.correct].tolist() == ["10000"]
    assert asked == [("values_of", [(problem,), (ENDLESS,)]), ("algebraically_equal", [("10000", problem)])]
    assert graded.grading_error.dropna().to_dict() == {20: "timed out"}


@pytest.mark.parametrize("kind", ["math", "integer", "choice"])
def test_several_gold_answers_are_refused_but_of_texts(kind):
    completions = pd.DataFrame({"problem_id": ["p"], "sample": 0, "completion": "Answer: 2"})
    problems = pd.DataFrame({"problem_id": ["p"], "answer": '["1", "2"]', "answer_kind": kind})
    with pytest.raises(UserError, match=f"is no answer of the kind '{kind}'"):
        grade(completions, problems)
    assert grade(completions, problems.assign(answer_kind="text")).correct.all()


def test_of_texts_too_a_gold_answer_may_be_a_whole_solution():
    completions = pd.DataFrame({"problem_id": ["p"] * 2, "sample": [0, 1], "completion": ["Answer: Paris", "Rome"]})
    gold = "Rome is in Italy.\n#### Paris"
    problems = pd.DataFrame({"problem_id": ["p"], "answer": gold, "answer_kind": "text"})
    assert grade(completions, problems).correct.tolist() == [True, False]


def test_a_gold_answer_may_be_a_whole_solution_that_marks_its_answer():
    assert one("She sells 9 * 8 = 72 eggs.\n#### 72", "#### 72", "#### 9").correct.tolist() == [True, False]
    assert one("We get $\\boxed{\\frac{1}{2}}$.", "0.5").correct.tolist() == [True]
    with pytest.raises(UserError, match=r"problem 'p': the answer .* is no answer of the kind 'math'"):
        one("long " * 300, "5")


def test_a_pattern_that_backtracks_without_end_is_given_up(monkeypatch):
    monkeypatch.setattr(places, "_PATTERN_SECONDS", 0.1)
    graded = one("4", "a" * 5000 + "b", "4", answer_pattern=r"((?:a+)+\Z|4)")
    assert graded.correct.tolist() == [False, True]
    assert graded.grading_error[0] == "timed out: the answer pattern"


def test_integers_and_options_are_exact():
    assert one("1080", "\\boxed{1,080}", "1080.5", "1080.0", kind="integer").correct.tolist() == [True, False, True]
    assert one("(B)", "The answer is B", "b", "(C)", kind="choice").correct.tolist() == [True, True, False]


def test_problems_that_cannot_be_graded_by_are_named():
    with pytest.raises(UserError, match="no answer to grade by: 'p'"):
        one("", "5")
    with pytest.raises(UserError, match="answer_kind 'poem'; known are math"):
        one("5", "5", kind="poem")
    with pytest.raises(UserError, match="'many' is no answer of the kind 'integer'; give a whole number"):
        one("many", "5", kind="integer")
    with pytest.raises(UserError, match="answer_kind 'integer'; known are choice"):
        grade(completions("5"), PROBLEMS, answer_kind="choice")
    with pytest.raises(UserError, match=r"missing columns \['completion'\]"):
        grade(pd.DataFrame({"problem_id": ["a"], "sample": [0]}), PROBLEMS)
    with pytest.raises(UserError, match="is no text"):
        grade(completions(b"\xff"), PROBLEMS)


def test_a_gold_answer_that_does_not_parse_is_named():
    problems = pd.DataFrame({"problem_id": list("abc"), "answer": ["\\frac{", "x+1", "5"], "answer_kind": "math"})
    assert spelled_only(problems, workers=1) == ["a"]


def test_one_name_of_an_integer_parameter_is_one_vote():
    answers = ["n\\pi,\\ n \\in \\mathbb{Z}", "k\\pi, k \\in \\mathbb Z", "2k\\pi, k \\in \\mathbb Z"]
    graded = one("k\\pi", *boxed(answers))
    assert graded.correct.tolist() == [True, True, False] and graded.answer_class.nunique() == 2


def test_what_was_cut_off_is_counted_apart():
    graded = one("5", "5", "4", "").assign(finish_reason=["stop", "length", "length"])
    assert report(graded).startswith("3 rollouts: 1 right, 1 without an answer, 2 cut off")


@pytest.mark.skipif(not RECORDS.exists(), reason="needs the recorded completions of ../shared/data")
def test_recorded_gsm8k_labels_agree_where_the_source_graded_rightly():
    """Both openai policies agree on all labels; the source of the third dropped decimal points and signs."""
    problems = pd.read_parquet(RECORDS / "problems.parquet")
    problems = problems[(problems.dataset == "GSM8K") & (problems.split == "test")].assign(answer_kind="math")
    recorded = pd.read_parquet(RECORDS.parent / "gsm8k" / "recorded_rollouts.parquet").assign(sample=0)
    differ = {}
    for model, rows in recorded.rename(columns={"response": "completion"}).groupby("model"):
        graded = grade(rows, problems)
        differ[model] = graded[graded.correct != graded.is_correct].set_index("problem_id").correct.to_dict()
    mixtral = differ.pop("mixtral-8x7b-instruct")
    assert differ == {"openai-175b-verification": {}, "openai-6b-finetuning": {}}
    assert {int(problem[-5:]): right for problem, right in mixtral.items()} == {
        48: True,  # "8 pieces of wire after cutting it into 6-inch pieces"
        164: False,  # -15 for 15
        181: True,  # "must deliver 160 ... by 5 pm"
        191: False,  # 0.5 for 5
        460: False,  # 0.84 for 84
        542: True,  # 7.00 for 7
        615: True,  # 33.00 for 33
        808: False,  # "it is not possible to determine"
        924: True,  # "at least 12 berries per trip to collect 24 berries in 8 hours"
        1241: False,  # 7.8 for 8
        1269: False,  # -54 for 54
    }
