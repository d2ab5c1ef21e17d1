"""Files of a policy that lack problems, grades, tokens, or are about other problems."""

import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.common.tables import Format
from foretell.completions.imported import TextSettings, import_completions, import_rollouts
from foretell.outcomes.imported import import_outcomes

PROBLEMS = pd.DataFrame({"problem_id": list("abcd"), "question": "12345678", "excluded_reason": pd.NA, "split": "test"})
PROBLEMS = PROBLEMS.assign(group=PROBLEMS.problem_id, reference_difficulty=1.0)


def how(**given):
    return TextSettings(**{"table": Format(), "characters_per_token": None, **given})


def rows(ids, **columns):
    frame = pd.DataFrame({"problem_id": list(ids), "completion": "x", "correct": True, "majority_correct": True})
    return frame.assign(**columns)


@pytest.mark.parametrize("missing", ["wrong", "leave_out"])
def test_a_file_about_other_problems_is_no_incomplete_one(missing):
    message = "rows of 1 of the 4 problems, and of 3 others: ids do not match, such as '1' in the file and 'a' in the"
    for import_ in (import_completions, import_rollouts):
        with pytest.raises(UserError, match=message):
            import_(rows("123a"), PROBLEMS, how(missing=missing))
    with pytest.raises(UserError, match=message):
        import_outcomes(rows("123a"), PROBLEMS, missing)


def test_a_file_of_few_of_the_problems_or_of_many_more_is_taken():
    assert import_rollouts(rows("a"), PROBLEMS, how(missing="wrong")).correct.tolist() == [True, False, False, False]
    assert import_outcomes(rows("abcd123456789"), PROBLEMS, "wrong").majority_correct.all()


def test_tokens_that_some_rows_lack_are_estimated_and_the_others_kept():
    given = rows("abcd", completion_tokens=[5, None, 7, 8], prompt_tokens=9)
    found = import_completions(given, PROBLEMS, how(characters_per_token=0.25, priced=True))
    assert found.completion_tokens.tolist() == [5, 4, 7, 8] and set(found.prompt_tokens) == {9}


def test_of_a_prompt_all_samples_cost_the_same_and_without_its_length_the_question_counts():
    given = rows("aabbcd", prompt_characters=[100, 100, 200, 200, None, 300], sample=[0, 1, 0, 1, 0, 0])
    found = import_completions(given, PROBLEMS, how(characters_per_token=1.0, missing="wrong"))
    assert found.set_index(["problem_id", "sample"]).prompt_tokens.sort_index().tolist() == [
        *(100, 100),
        *(200, 200),
        *(8, 0),  # its other sample is missing, and had no length to go by
        *(300, 300),
    ]


@pytest.mark.parametrize("grade", [0.9, "0.9"])
def test_a_fraction_needs_a_threshold_whatever_the_file(grade):
    given = rows("abcd").assign(correct=pd.Series([grade] * 4, dtype=object))
    with pytest.raises(UserError, match=r"'correct' is 0.9; set 'threshold'"):
        import_rollouts(given, PROBLEMS, how())
    assert import_rollouts(given, PROBLEMS, how(threshold=0.5)).correct.all()


def test_tokens_of_a_csv_are_numbers_where_problems_lack():
    given = pd.DataFrame({"problem_id": list("abc"), "majority_correct": "true"}, dtype="string")
    found = import_outcomes(given.assign(prompt_tokens="9", completion_tokens="5"), PROBLEMS, "wrong", priced=True)
    assert found.completion_tokens.tolist() == [5, 5, 5, 0]


def test_a_sample_without_a_grade_is_missing():
    given = rows("abcd").assign(correct=pd.Series([True, None, True, True], dtype=object))
    with pytest.raises(UserError, match=r"problem 'b', sample 0: there is no grade; set .* to wrong, .* leave_out"):
        import_rollouts(given, PROBLEMS, how())
    given = given.assign(charged=0.5)
    found = import_rollouts(given, PROBLEMS, how(missing="wrong", charged=True)).set_index("problem_id")
    assert found.charged.tolist() == [0.5] * 4, "it was paid for"
    assert found.correct.to_dict() == {"a": True, "b": False, "c": True, "d": True} and found.missing["b"]
