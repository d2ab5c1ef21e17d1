"""Problems that are kept for a pilot."""

import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.problems.by_group import split_by_group
from foretell.problems.duplicates import exclude_duplicates
from foretell.problems.expressions import Language, generate_problems
from foretell.problems.generated import Evaluated
from foretell.problems.imported import import_problems
from foretell.problems.pilot import with_pilot
from foretell.problems.records import RecordSettings
from foretell.problems.records import import_problems as import_records


def table(n=40, **columns):
    ids = [f"q{i}" for i in range(n)]
    return pd.DataFrame({"problem_id": ids, "question": ids, "answer": "1"}).assign(**columns)


def test_a_share_of_test_by_hash_is_the_pilots_and_nothing_else_moves():
    frame = table(100, split=["train"] * 40 + ["validation"] * 20 + ["test"] * 40)
    before, after = (import_problems(frame, "math", False, pilot_share=share) for share in (None, 0.25))
    assert after.split.value_counts().to_dict() == {"train": 40, "validation": 20, "test": 30, "pilot": 10}
    assert (before.split[after.split == "pilot"] == "test").all()
    assert after.split.where(after.split != "pilot", "test").equals(before.split)
    shuffled = frame.sample(frac=1, random_state=0)
    again = import_problems(shuffled, "math", False, pilot_share=0.25)
    assert again.set_index("problem_id").split.to_dict() == after.set_index("problem_id").split.to_dict()


def test_groups_that_are_dealt_whole_stay_whole():
    frame = table(60, group=[f"g{i // 3}" for i in range(60)])
    after = import_problems(frame, "math", False, test_share=0.5, pilot_share=0.5)
    assert (after.groupby("group").split.nunique() == 1).all()
    assert after.groupby("split").group.nunique()[["test", "pilot"]].tolist() == [5, 5]


def test_groups_of_test_are_not_the_pilots_too():
    frame = table(80, split=["train"] * 40 + ["test"] * 40, group=[f"g{i // 4}" for i in range(80)])
    after = import_problems(frame, "math", False, pilot_share=0.5)
    groups = after.groupby("split").group.unique()
    assert not set(groups["pilot"]) & set(groups["test"]) and len(groups["pilot"]) == 5


def test_a_column_may_say_what_is_the_pilots():
    frame = table(20, split=["train"] * 10 + ["test"] * 6 + ["pilot"] * 4)
    assert import_problems(frame, "math", False).split.eq("pilot").sum() == 4
    with pytest.raises(UserError, match="in the split 'pilot' already: leave 'pilot_share' out"):
        import_problems(frame, "math", False, pilot_share=0.5)


def test_neither_test_nor_the_pilot_may_be_left_without_problems():
    split = pd.Series(["train", "test", "test"])
    for share in (0.1, 0.9):
        with pytest.raises(UserError, match=f"'pilot_share' {share} of the 2 groups or questions of test"):
            with_pilot(split, pd.Series(["a", "b", "c"]), share)


def test_a_question_that_the_pilot_has_is_kept_out_of_training():
    splits = {"train": ["a", "b"], "validation": ["A"], "pilot": ["a", "c"], "test": ["C"]}
    rows = [(f"{split}-{i}", split, text) for split, texts in splits.items() for i, text in enumerate(texts)]
    frame = pd.DataFrame(rows, columns=["problem_id", "split", "question"]).assign(excluded_reason=pd.NA)
    found = exclude_duplicates(frame, {}).set_index("problem_id").excluded_reason.dropna()
    assert found.to_dict() == {
        "train-0": "its question is that of pilot problem 'pilot-0'",
        "validation-0": "its question is that of pilot problem 'pilot-0'",
        "pilot-1": "its question is that of test problem 'test-0'",
    }
    other = exclude_duplicates(frame[frame.split == "train"], {"theirs": frame[frame.split == "pilot"]})
    assert other.excluded_reason.dropna().tolist() == ["its question is that of pilot problem 'pilot-0' of theirs"]


def test_generated_problems_have_as_many_as_are_asked_for():
    sizes = {"train": 20, "validation": 10, "test": 15, "pilot": 12}
    evaluated = Evaluated.model_validate({"evaluated_operations": [3, 4], "sizes": sizes})
    problems = generate_problems(Language(operators="+-", modulus=6), evaluated, 1)
    assert problems.split.value_counts().to_dict() == sizes and problems.question.is_unique


def test_a_second_split_leaves_the_pilots_problems_out():
    frame = table(60, split=["train"] * 30 + ["validation"] * 10 + ["test"] * 12 + ["pilot"] * 8)
    problems = import_problems(frame.assign(group=[f"g{i % 19}" for i in range(60)]), "math", False)
    found = split_by_group(problems, 1)
    pilot = problems.split == "pilot"
    assert found.split.eq("pilot").equals(pilot) and found.excluded_reason[pilot].eq("kept for the pilot").all()
    assert found.excluded_reason[~pilot].isna().all()
    assert found[~pilot].groupby("group").split.nunique().eq(1).all()
    without = split_by_group(problems[~pilot], 1)
    assert found.split[~pilot].equals(without.split)


def test_of_a_recorded_half_that_reports():
    frame = table(200, dataset="MATH", level=1, subject="algebra", split="test")
    settings = RecordSettings(dataset="MATH", halves={"validation": 0, "test": 1})
    whole = import_records(frame, settings).split
    divided = import_records(frame, settings.model_copy(update={"pilot_share": 0.5})).split
    assert divided.eq("pilot").sum() == round(whole.eq("test").sum() / 2)
    assert divided.where(divided != "pilot", "test").equals(whole)
