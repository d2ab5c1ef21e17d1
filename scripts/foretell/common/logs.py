"""Sample logs of evaluation tools, one row per completion.

Both give problem_id, sample, question, answer, completion, correct (their own grade; null where there is none for each
sample) and what the problem came with, by dots: `doc.subject`, `metadata.level`.
"""

import json
from pathlib import Path

import pandas as pd

from foretell.common.errors import UserError

TRUNCATED = {"max_tokens": "length", "model_length": "length", "length": "length"}
RIGHT = ("C", 1, 1.0, True)


def read_lm_eval(path: Path) -> pd.DataFrame:
    """Read `samples_*.jsonl` of lm-evaluation-harness (`--log_samples`) of a task that generates text.

    A document has one line per filter; the completions are the same in each, and the first filter's grade is taken.

    Raises:
        UserError: it is no such log, or its task does not generate.
    """
    rows, first_filter = [], None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            record = json.loads(line)
            first_filter = first_filter or record.get("filter")
            if record.get("filter") == first_filter:
                rows += _lm_eval_rows(record)
        except (KeyError, TypeError, IndexError, ValueError) as error:
            raise UserError(
                f"{path}, line {number}: no sample of an lm-evaluation-harness task that generates text ({error!r}); "
                "run it with --log_samples"
            ) from error
    return pd.json_normalize(rows)


def _lm_eval_rows(record: dict) -> list[dict]:
    completions = record["resps"][0]
    if not all(isinstance(text, str) for text in completions):
        raise TypeError("its responses are no texts")
    grade = record[record["metrics"][0]] if len(completions) == 1 and record.get("metrics") else None
    return [
        {
            "problem_id": record["doc_id"],
            "sample": sample,
            "question": record["arguments"]["gen_args_0"]["arg_0"],
            "answer": record["target"],
            "completion": completion,
            "correct": None if grade is None else grade in RIGHT,
            "doc": record["doc"],
        }
        for sample, completion in enumerate(completions)
    ]


def read_inspect(path: Path) -> pd.DataFrame:
    """Read a log of Inspect in its JSON form; a sample's epochs are its completions, the first scorer grades.

    Raises:
        UserError: it is no such log, it is in the binary form, or a sample ended in an error.
    """
    if path.suffix == ".eval":
        raise UserError(f"{path}: convert it first: inspect log convert {path.name} --to json --output-dir FOLDER")
    try:
        samples = json.loads(path.read_text(encoding="utf-8"))["samples"]
        broken = [sample["id"] for sample in samples if sample.get("error")]
        if broken:
            raise UserError(f"{path}: {len(broken)} samples ended in an error, the first is {broken[0]!r}: retry them")
        return pd.json_normalize([_inspect_row(sample) for sample in samples])
    except UserError:
        raise
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise UserError(f"{path}: no JSON log of Inspect ({error!r})") from error


def _inspect_row(sample: dict) -> dict:
    output, usage = sample["output"], sample["output"].get("usage") or {}
    reason = output["choices"][0].get("stop_reason") if output["choices"] else None
    score = next(iter((sample.get("scores") or {}).values()), None)
    target = sample["target"]
    return {
        "problem_id": sample["id"],
        "sample": sample["epoch"] - 1,
        "question": _text(sample["input"]),
        "answer": target if isinstance(target, str) else target[0],
        "completion": output["completion"],
        "prompt_tokens": usage.get("input_tokens"),
        "completion_tokens": usage.get("output_tokens"),
        "finish_reason": TRUNCATED.get(str(reason), "stop"),
        "correct": None if score is None else score["value"] in RIGHT,
        "metadata": sample.get("metadata") or {},
    }


def _text(messages: str | list[dict]) -> str:
    """The question: a text, or the last user message of a conversation."""
    if isinstance(messages, str):
        return messages
    content = [message["content"] for message in messages if message["role"] == "user"][-1]
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
