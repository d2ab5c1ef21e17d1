"""Tables and logs as users have them: columns of several kinds, other encodings, documents in any order."""

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from foretell.common.errors import UserError
from foretell.common.storage import write_parquet
from foretell.common.tables import Format, as_written, of_one_kind, read, read_table
from foretell.problems.imported import import_problems

LM_EVAL, INSPECT = Format(format="lm_eval"), Format(format="inspect")


def sample(prompt, doc, number=0):
    """A record of lm-evaluation-harness."""
    return {"doc_id": number, "doc": doc, "target": "x", "arguments": [[prompt, {}]], "resps": [["x"]], "acc": 1.0}


def lines(path, rows, encoding="utf-8"):
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding=encoding)
    return path


def questions(tmp_path, prompts, docs):
    """What is read as questions of a log of these prompts and documents."""
    rows = [sample(prompt, doc, number) for number, (prompt, doc) in enumerate(zip(prompts, docs, strict=True))]
    return read(lines(tmp_path / "samples_t.jsonl", rows), LM_EVAL).question.tolist()


PLACES = ["Lyon", "Rome", "Oslo", "Bern", "Kyiv", "Lima"]
SHOTS = "{i}Q: Is law of wrongs a law?\nA: yes{sep}Q: Where is {p}?\nA: in a land far away{sep}"
TEMPLATES = {  # what a prompt is made of, where its question begins, and the document
    "options longer than the question": (
        "Q: Vitamin {n} is:\nA. {o}\nB. no\nA:",
        "Vitamin",
        lambda n: {"question": f"Vitamin {n} is:", "opa": f"A soluble vitamin that the body stores, {n}", "opb": "no"},
    ),
    "a question before longer options and an empty line": (
        "Where is {n}?\n\nA. three big apples of {n}\nB. four\nA:",
        "Where",
        lambda n: {"question": f"Where is {n}?", "options": f"A. three big apples of {n}\nB. four"},
    ),
    "a short question": (
        "Q: {n}?\nA:",
        "{n}?",
        lambda n: {"question": f"{n}?", "category": "law", "hint": "in a land"},
    ),
    "a word of an example": (
        "Q: Who came to {n}?\nA:",
        "Who came",
        lambda n: {"question": f"Who came to {n}?", "category": "law" if n in ("Lyon", "Rome") else n[::-1]},
    ),
    "an instruction that all documents have": (
        "Q: {n}?\nA:",
        "{n}?",
        lambda n: {"question": f"{n}?", "instruction": "Answer the question as briefly as you possibly can."},
    ),
    "a question before its passage": (
        "Who?{n}\n\nLong ago there was a king of {n}, true unto the grave.\nA:",
        "Who?",
        lambda n: {"q": f"Who?{n}", "passage": f"Long ago there was a king of {n}, true unto the grave."},
    ),
}


@pytest.mark.parametrize("parted", ["\n\n", "\n", "<|im_end|>\n"], ids=["empty line", "line", "turn"])
@pytest.mark.parametrize("name", TEMPLATES)
def test_a_question_begins_where_its_document_does(tmp_path, name, parted):
    template, begins, document = TEMPLATES[name]
    docs = [document(place) for place in PLACES]
    own = [template.format(n=place, o=doc.get("opa")) for place, doc in zip(PLACES, docs, strict=True)]
    shots = SHOTS.format(i=f"{docs[0].get('instruction', '')}{parted}", sep=parted, p="Thule")
    found = questions(tmp_path, [shots + each for each in own], docs)
    assert found == [each[each.index(begins.format(n=place)) :] for each, place in zip(own, PLACES, strict=True)]


def test_of_a_single_document_an_empty_line_parts_examples(tmp_path):
    doc = {"question": "Why is that?", "opa": "because of the weather", "answer": "yes"}
    prompt = "Q: Is iron a metal?\nA: yes\n\nQ: Why is that?\nA. because of the weather\nB. no"
    assert questions(tmp_path, [prompt], [doc]) == ["Why is that?\nA. because of the weather\nB. no"]
    assert questions(tmp_path, ["What?"], [{"question": "not in it"}]) == ["What?"], "the whole prompt"


def test_columns_of_several_kinds_are_texts_and_can_be_written(tmp_path):
    docs = [{"question": "1+1", "level": 3, "also": ["two"], "big": 2**70}, {"question": "2+2", "level": "hard"}]
    docs[1] |= {"also": "four", "big": 1}
    file = lines(tmp_path / "samples_t.jsonl", [sample(doc["question"], doc, n) for n, doc in enumerate(docs)])
    found = read(file, LM_EVAL)
    assert found["doc.level"].tolist() == ["3", "hard"] and found["doc.also"].tolist() == ['["two"]', "four"]
    write_parquet(found, tmp_path / "found.parquet")


def test_whole_numbers_beside_a_gap_stay_whole(tmp_path):
    rows = [{"problem_id": "a", "answer": 1, "rate": 0.5}, {"problem_id": "b", "rate": 1.0}, {"problem_id": "c"}]
    found = read(lines(tmp_path / "t.jsonl", rows), Format())
    assert found.answer.dtype == "Int64" and found.answer[0] == 1 and found.rate.tolist()[:2] == [0.5, 1.0]


@pytest.mark.parametrize("write", ["parquet", "jsonl", "json"])
def test_large_whole_numbers_beside_a_gap_keep_their_digits(tmp_path, write):
    file = tmp_path / f"t.{write}"
    if write == "parquet":
        pa.parquet.write_table(pa.table({"problem_id": [2**53 + 1, 2**53 + 2], "answer": [2**60 + 1, None]}), file)
    else:
        rows = [{"problem_id": 2**53 + 1, "answer": 2**60 + 1}, {"problem_id": 2**53 + 2}]
        lines(file, rows) if write == "jsonl" else file.write_text(json.dumps(rows))
    found = read(file, Format())
    assert found.problem_id.tolist() == [str(2**53 + 1), str(2**53 + 2)]
    assert found.answer.tolist()[0] == 2**60 + 1 and found.answer.isna().tolist() == [False, True]


@pytest.mark.parametrize("write", ["parquet", "jsonl"])
def test_golds_of_a_file_are_written_as_they_stand_there(tmp_path, write):
    rows = {"whole": [2**60 + 1, None, 7], "list": [[2**60 + 1], [2], []], "part": [0.5, 2.0, None]}
    expected = {"whole": [str(2**60 + 1), "", "7"], "list": ["[1152921504606846977]", "[2]", "[]"]}
    expected["part"] = ["0.5", "2", ""]
    for name, answers in rows.items():
        table = {"problem_id": list("abc"), "question": list("xyz"), "answer": answers}
        file = tmp_path / f"{name}.{write}"
        if write == "parquet":
            pa.parquet.write_table(pa.table(table), file)
        else:
            lines(file, [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)])
        found = import_problems(read(file, Format()), "math", cross_fitted=True)
        assert found.answer.tolist() == expected[name]


def test_rows_stay_together_whatever_index_a_file_has(tmp_path):
    rows = pd.DataFrame({"problem_id": list("abc"), "answer": pd.array([1, None, 3], dtype="Int64")}, index=[2, 1, 0])
    rows.to_parquet(tmp_path / "t.parquet")
    for found in (read(tmp_path / "t.parquet", Format()), read_table(tmp_path / "t.parquet")):
        assert found.problem_id.tolist() == list("abc") and found.answer.tolist()[::2] == [1, 3]
        assert found.index.tolist() == [0, 1, 2]


def test_a_number_of_thousands_of_digits_is_its_digits(tmp_path):
    (tmp_path / "t.jsonl").write_text('{"problem_id": "a", "answer": ' + "7" * 5000 + "}\n")
    assert read(tmp_path / "t.jsonl", Format()).answer[0] == "7" * 5000


def test_a_date_that_is_missing_is_no_text():
    assert as_written(pd.Timestamp("2024-01-02")) == "2024-01-02" and pd.isna(as_written(pd.NaT))


def test_a_list_among_texts_is_written_as_json(tmp_path):
    frame = pd.DataFrame(
        {"x": [np.array(["a", "b"], dtype=object), "c", Decimal("7.00"), np.arange(1500)]}, dtype=object
    )
    assert of_one_kind(frame).x.tolist() == ['["a", "b"]', "c", "7.00", json.dumps(list(range(1500)))]


def test_rows_are_not_chosen_by_a_list_that_is_not_there(tmp_path):
    file = lines(tmp_path / "t.jsonl", [{"problem_id": "a", "x": [1]}, {"problem_id": "b", "x": [2]}])
    with pytest.raises(UserError, match=r"no row is left of those where .*; 'x' has \[1\], \[2\]"):
        read(file, Format(where={"x": [[3]]}))


@pytest.mark.parametrize(("name", "content"), [("t.jsonl", '{"a": 1}\n[1, 2]\n'), ("t.json", '[{"a": 1}, 3]')])
def test_rows_that_are_no_objects_are_named(tmp_path, name, content):
    (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=rf"{name}: .*row 2 is no object with columns"):
        read(tmp_path / name, Format())


def test_a_question_that_is_a_list_is_named(tmp_path):
    rows = [{"problem_id": name, "question": [name], "answer": "1", "split": "train"} for name in "ab"]
    with pytest.raises(UserError, match=r"question of problem 'a' is no text, but \['a'\]; name the column"):
        import_problems(read(lines(tmp_path / "t.jsonl", rows), Format()), "math", cross_fitted=False)


def test_a_train_split_too_small_for_validation_is_named_and_an_empty_reason_is_none(tmp_path):
    rows = [
        {"problem_id": f"{n}", "question": f"{n}?", "answer": "1", "split": "train" if n < 4 else "test"}
        for n in range(9)
    ]
    with pytest.raises(UserError, match="4 problems are in train, of which a fifth would be for validation"):
        import_problems(read(lines(tmp_path / "t.jsonl", rows), Format()), "math", cross_fitted=False)
    rows = [{**row, "split": "test" if row["split"] == "train" else "train", "excluded_reason": ""} for row in rows]
    found = import_problems(read(lines(tmp_path / "t.jsonl", rows), Format()), "math", cross_fitted=False)
    assert found.split.value_counts().to_dict() == {"train": 4, "test": 4, "validation": 1}
    assert found.excluded_reason.isna().all()


def test_a_gap_is_no_value_that_rows_are_chosen_by(tmp_path):
    (tmp_path / "t.csv").write_text("problem_id,x\na,\nb,5\n")
    assert read(tmp_path / "t.csv", Format(where={"x": 5})).problem_id.tolist() == ["b"]
    rows = [{"problem_id": "a", "seed": 1, "hash": 2**63 + 9}, {"problem_id": "b"}]
    for seed in (1, "1"):
        found = read(lines(tmp_path / "t.jsonl", rows), Format(where={"seed": seed}))
        assert found.problem_id.tolist() == ["a"] and found["hash"].item() == 2**63 + 9


def test_rows_are_chosen_by_a_date_in_quotes(tmp_path):
    days = pd.to_datetime(["2024-01-01", "2024-01-02"])
    for column in (days, days.date):
        pd.DataFrame({"problem_id": ["a", "b"], "day": column}).to_parquet(tmp_path / "t.parquet")
        found = read(tmp_path / "t.parquet", Format(where={"day": "2024-01-02"}))
        assert found.problem_id.tolist() == ["b"]


@pytest.mark.parametrize(
    ("where", "left"),
    [({"level": 1}, ["a"]), ({"level": "1"}, ["a"]), ({"ok": True}, ["b"]), ({"level": [1, 2]}, ["a", "b"])],
)
def test_rows_of_a_csv_are_chosen_by_numbers_too(tmp_path, where, left):
    (tmp_path / "t.csv").write_text("problem_id,level,ok\na,1,False\nb,2,True\n")
    assert read(tmp_path / "t.csv", Format(where=where)).problem_id.tolist() == left


def test_rows_are_chosen_by_a_column_of_lists(tmp_path):
    rows = [{"problem_id": "a", "tags": ["x"]}, {"problem_id": "b", "tags": None}]
    assert read(lines(tmp_path / "t.jsonl", rows), Format(where={"tags": [["x"]]})).problem_id.tolist() == ["a"]


@pytest.mark.parametrize(
    ("encoding", "name", "how"),
    [("latin1", "samples_t.jsonl", LM_EVAL), ("utf-16", "samples_t.jsonl", LM_EVAL), ("latin1", "log.json", INSPECT)],
)
def test_logs_in_another_encoding_have_a_remedy(tmp_path, encoding, name, how):
    file = lines(tmp_path / name, [sample("Où?", {"question": "Où?" * 1000})], encoding)
    with pytest.raises(UserError, match=rf"{name}: it is not in UTF-8 .* iconv -f {encoding} -t utf-8") as refused:
        read(file, how)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators_are_named(tmp_path, mark):
    (tmp_path / "t.csv").write_text(mark.join(["problem_id", "question"]) + "\n")
    with pytest.raises(UserError, match=r"columns are separated by (semicolons|tabs); save it with commas"):
        read(tmp_path / "t.csv", Format())


def test_ids_by_task_where_a_policy_has_one_file_of_several(tmp_path):
    file = lines(tmp_path / "samples_sums.jsonl", [sample("1+1", {"question": "1+1"})])
    assert read(file, LM_EVAL).problem_id.item() == "0"
    assert read(file, Format(format="lm_eval", ids_by_task=True)).problem_id.item() == "sums/0"


def test_all_calls_of_the_model_are_counted_in_a_sample_of_inspect(tmp_path):
    usage = {"input_tokens": 100, "output_tokens": 5}
    used = {"m": {"input_tokens": 3000, "output_tokens": 900}, "judge": {"input_tokens": 7, "output_tokens": 7}}
    given = {"id": 1, "epoch": 1, "input": "1+1", "target": "2", "output": {"usage": usage}, "scores": {}}
    log = {"eval": {"task": "t", "model": "m"}, "samples": [given | {"model_usage": used}, given | {"id": 2}]}
    (tmp_path / "log.json").write_text(json.dumps(log))
    found = read(tmp_path / "log.json", INSPECT)
    assert found.prompt_tokens.tolist() == [3000, 100] and found.completion_tokens.tolist() == [900, 5]
    log["samples"][0]["scores"] = {"model_graded_qa": {"value": "C"}}  # by the same model, maybe
    (tmp_path / "log.json").write_text(json.dumps(log))
    assert read(tmp_path / "log.json", INSPECT).prompt_tokens.tolist() == [100, 100]


def of_questions(n=100, **columns):
    """A table without splits, every question twice."""
    rows = [{"problem_id": f"{n}", "question": f"{n // 2}?", "answer": "1"} for n in range(n)]
    return pd.DataFrame(rows).assign(**columns)


def test_problems_without_splits_are_dealt_by_their_questions():
    table = of_questions()
    found = import_problems(table, "math", cross_fitted=False, test_share=0.4)
    assert found.split.value_counts().to_dict() == {"train": 48, "test": 40, "validation": 12}
    assert found.groupby("question").split.nunique().eq(1).all()
    turned = import_problems(table[::-1], "math", cross_fitted=False, test_share=0.4)
    assert turned.set_index("problem_id").split.eq(found.set_index("problem_id").split).all()


def test_problems_of_a_group_are_dealt_together():
    table = of_questions(group=[f"g{n // 10}" for n in range(100)])
    found = import_problems(table, "math", cross_fitted=False, test_share=0.3)
    assert found.split.eq("test").sum() == 30
    assert found.groupby("group").split.nunique().eq(1).all()


def test_splits_that_are_there_are_not_dealt_again():
    with pytest.raises(UserError, match="have a column 'split' already: leave 'test_share' out"):
        import_problems(of_questions(split="train"), "math", cross_fitted=False, test_share=0.3)


def test_rows_that_are_longer_than_the_first_line_do_not_move_to_other_columns(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("q,a\nWhat is 1+1?,2,\nWhat is 2+2?,4,\n")
    assert read(path, Format()).to_dict("list") == {"q": ["What is 1+1?", "What is 2+2?"], "a": ["2", "4"]}
    path.write_text("q;p\nWhat is 1,5?;0,5\n")
    with pytest.raises(UserError, match="separated by semicolons; save it with commas"):
        read(path, Format())
    path.write_text("q,a\n1,What is 1+1?,2\n")
    with pytest.raises(
        UserError, match=r"p.csv: cannot be read as csv: its first line names 2 columns, and rows have more"
    ):
        read(path, Format())
