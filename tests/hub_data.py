"""Miniature data sets in the layout of those of the hub, with their files, columns and forms of values."""

import base64
import csv
import io
import json
import pickle
import zlib

import pandas as pd

from hub_server import COMMIT


def parquet(frame):
    """A frame as the content of a parquet file."""
    content = io.BytesIO()
    pd.DataFrame(frame).to_parquet(content, index=False)
    return content.getvalue()


def lines(rows):
    """Rows as the content of a file of JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def table(rows):
    """Rows as the content of a CSV file."""
    content = io.StringIO()
    writer = csv.DictWriter(content, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return content.getvalue().encode()


def math(train=20, test=10):
    """MATH: the gold is the solution's last box; one question stands in train and in test."""

    def rows(first, number):
        return {
            "problem": [f"What is ${place}+1$, modulo 3?" for place in range(first, first + number)],
            "level": [f"Level {place % 5 + 1}" for place in range(number)],
            "type": ["Algebra", "Number Theory"] * (number // 2),
            "solution": [
                f"It is \\boxed{{x}}, so \\boxed{{{place % 3 + 1}}}." for place in range(first, first + number)
            ],
        }

    reported = rows(train, test)
    reported["problem"][0] = "what is $ 3 + 1 $, modulo 3"
    return {"data/train-0.parquet": parquet(rows(0, train)), "data/test-0.parquet": parquet(reported), "README.md": b""}


MATH = {
    "source": "hub",
    "id": "someone/math",
    "revision": COMMIT,
    "splits": {"train": "data/train-*.parquet", "test": "data/test-*.parquet"},
    "rows": {"train": 20, "test": 10},
    "columns": {
        "question": "problem",
        "answer": "solution",
        "level": "level",
        "subject": "type",
        "reference_difficulty": "number",
    },
    "extract": {"number": {"column": "level", "pattern": r"Level (\d)"}},
    "gold": "last_box",
}


def gsm8k():
    """GSM8K: the gold stands after hashes."""
    rows = {"question": [f"{n} apples?" for n in range(10)], "answer": [f"Count.\n#### {n},000" for n in range(10)]}
    asked = {"question": ["7 pears?", "8 pears?"], "answer": ["#### 7", "#### 8"]}
    return {"main/train-0.parquet": parquet(rows), "main/test-0.parquet": parquet(asked)}


def aime():
    """AIME 1983-2024: one file; years before 2000 had one exam."""
    rows = [
        {
            "ID": f"{year}-{part + '-' if part else ''}{number}",
            "Year": year,
            "Problem Number": number,
            "Question": f"In {year} {part} find {number}.",
            "Answer": number % 3 + 1,
            "Part": part,
        }
        for year, part in ((1983, ""), (2001, "I"), (2001, "II"))
        for number in range(1, 16)
    ]
    return {"AIME_Dataset_1983_2024.csv": table(rows)}


def aime2025():
    """AIME 2025: a file per exam."""
    return {
        f"aime2025-{part}.jsonl": lines([{"question": f"{part} {n}?", "answer": str(n % 3 + 1)} for n in range(15)])
        for part in ("I", "II")
    }


def e2h_amc(train=20, test=30):
    """E2H-AMC of Easy2Hard-Bench: competition problems with difficulties from the solve rates of people."""

    def rows(first, number):
        return [
            {
                "contest": ["AMC 10", "AIME"][n % 2],
                "rating": 100.0 * n,
                "rating_std": 10.0 + n,
                "rating_quantile": n / (train + test),
                "tag": "A",
                "subtest": None,
                "year": 2000 + n % 5,
                "month": None,
                "index": n,
                "problem": f"Compute {n}, modulo 3, plus 1.",
                "answer": str(n % 3 + 1),
                "solution": "So.",
                "item_difficulty": n / (train + test),
            }
            for n in range(first, first + number)
        ]

    return {
        "E2H-AMC/train-00000-of-00001.parquet": parquet(rows(0, train)),
        "E2H-AMC/eval-00000-of-00001.parquet": parquet(rows(train, test)),
        "E2H-GSM8K/eval-00000-of-00001.parquet": parquet([{"question": "other", "answer": "1"}]),
    }


GSM8K = {
    "id": "someone/gsm8k",
    "revision": COMMIT,
    "splits": {"train": "main/train-*.parquet", "test": "main/test-*.parquet"},
    "columns": {"question": "question", "answer": "answer"},
    "gold": "after_hashes",
}


def gpqa(main=20, diamond=8):
    """GPQA: options in columns; main has the problems of diamond."""
    rows = [
        {
            "Question": f"Which is {n}?",
            "Correct Answer": f"{n}\n",
            "Incorrect Answer 1": f"{n}1",
            "Incorrect Answer 2": f"{n}2",
            "Incorrect Answer 3": f"{n}3",
            "Record ID": f"rec{n}",
            "High-level domain": "Physics",
            "Subdomain": "Optics",
        }
        for n in range(1, main + 1)
    ]
    return {"gpqa_main.csv": table(rows), "gpqa_diamond.csv": table(rows[:diamond])}


GPQA = {
    "id": "someone/gpqa",
    "revision": COMMIT,
    "splits": {"train": "gpqa_main.csv", "test": "gpqa_diamond.csv"},
    "train_contains_test": True,
    "rows": {"train": 12, "test": 8},
    "columns": {"problem_id": "Record ID", "question": "Question", "domain": "High-level domain"},
    "choices": {
        "correct": "Correct Answer",
        "incorrect": ["Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3"],
    },
    "answer_kind": "choice",
}


def polymath(languages=("de", "en", "zh"), levels=("low", "top"), number=10):
    """PolyMath: a file per language and level, with the same problems in each language."""
    return {
        f"{language}/{level}.parquet": parquet(
            {
                "id": [f"{level}-{language}-{n}" for n in range(number)],
                "question": [f"{language} {level} {n}" for n in range(number)],
                "answer": [f"${n % 3 + 1}$" for n in range(number)],
            }
        )
        for language in languages
        for level in levels
    }


POLYMATH = {
    "id": "someone/polymath",
    "revision": COMMIT,
    "files": "*/*.parquet",
    "test_share": 0.2,
    "rows": {"all": 60, "train": 48, "test": 12},
    "columns": {
        "problem_id": "id",
        "question": "question",
        "answer": "answer",
        "language": "language",
        "reference_difficulty": "level",
    },
    "extract": {
        "language": {"column": "path", "pattern": "^([a-z]+)/"},
        "level": {"column": "path", "pattern": r"/([a-z]+)\.parquet$"},
        "number": {"column": "id", "pattern": r"-(\d+)$"},
    },
    "group": ["level", "number"],
    "difficulty_order": ["low", "top"],
}


def packed(value):
    """Private tests as they are published: base64 of zlib of a pickle."""
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def livecodebench(number=9):
    """LiveCodeBench: programs that read standard input, or methods; private tests are packed, or JSON."""
    piped = [{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]
    called = [{"input": "[1, 2]\n3", "output": "6", "testtype": "functional"}]

    def row(number, month, cases, private, metadata, starter):
        return {
            "question_title": "Add",
            "question_content": f"Add the numbers of {number}.",
            "platform": "leetcode" if starter else "atcoder",
            "question_id": f"q{number}",
            "contest_id": f"c{number // 4}",
            "contest_date": f"2024-{month + 4:02}-01T00:00:00",
            "starter_code": starter,
            "difficulty": ["easy", "medium", "hard"][number % 3],
            "public_test_cases": json.dumps(cases),
            "private_test_cases": private,
            "metadata": json.dumps(metadata),
        }

    starter = "class Solution:\n    def add(self, numbers: List[int], more: int) -> int:\n        "
    rows = [
        row(n, 9 * n // number, piped, packed(json.dumps(piped * 2)), {}, "")
        if n % 2
        else row(n, 9 * n // number, called, json.dumps(called), {"func_name": "add"}, starter)
        for n in range(number)
    ]
    files = {"test.jsonl": rows[: number - 5], **{f"test{7 - n}.jsonl": [rows[-n]] for n in range(5, 0, -1)}}
    return {name: lines(content) for name, content in files.items()}


LIVECODEBENCH = {
    "id": "someone/code",
    "revision": COMMIT,
    "files": "test*.jsonl",
    "date_split": {"column": "contest_date", "test_from": "2024-10-01"},
    "rows": {"all": 9, "train": 6, "test": 3},
    "columns": {
        "problem_id": "question_id",
        "question": "question_content",
        "platform": "platform",
        "reference_difficulty": "difficulty",
    },
    "group": ["platform", "contest_id"],
    "difficulty_order": ["easy", "medium", "hard"],
    "gold": "tests",
    "answer_kind": "code",
}


PAPER = {
    "DigitalLearningGmbH/MATH-lighteval": math,
    "openai/gsm8k": gsm8k,
    "gneubig/aime-1983-2024": aime,
    "opencompass/AIME2025": aime2025,
    "furonghuang-lab/Easy2Hard-Bench": e2h_amc,
    "Idavidrein/gpqa": gpqa,
    "livecodebench/code_generation_lite": livecodebench,
    "Qwen/PolyMath": polymath,
}
