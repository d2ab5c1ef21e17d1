"""Sample logs of lm-evaluation-harness (`--log_samples`), one row per completion and filter."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.storage import read_text

_TASK = re.compile(r"^samples_(.+?)(?:_\d{4}-\d\d-\d\dT[\d.:-]+)?$")  # of a file's name
_BETWEEN_EXAMPLES = "\n\n"  # unless a task has another
_FEW, _MOST = 3, 0.8  # prompts that show a template, and the share of them that must agree on it
_KNOWN = {  # what a record holds beside its metrics, where no key `metrics` names them
    "doc_id",
    "doc",
    "target",
    "arguments",
    "resps",
    "filtered_resps",
    "filter",
    "metrics",
    "doc_hash",
    "prompt_hash",
    "target_hash",
}


def read_lm_eval(path: Path) -> pd.DataFrame:
    """Read `samples_*.jsonl`, or the JSON list that versions up to 0.4.2 write, of one task.

    Args:
        path: the file. Its task is in the name.

    Returns:
        problem_id (doc_id), sample, task, prompt (what the model read, examples included; of a conversation the last
        message), prompt_characters (of all that it read), question (from the document's own texts that stand in the
        prompt to its end; the whole prompt where there are none), answer (the target), completion, filter (its place
        among a document's filters where the log does not name it), `metrics.NAME` (a metric of this filter; null where
        it stands for several completions) and `doc.NAME`. Of a task that compares likelihoods, the completion is the
        most likely continuation, and the answer the target's.

    Raises:
        UserError: it is no such log.
    """
    named = _TASK.match(path.stem)
    rows: list[dict] = []
    read: dict[tuple[str, str], tuple[str, Any]] = {}
    seen: Counter = Counter()
    for where, record in _records(path):
        try:
            name = str(record.get("filter", seen[record["doc_id"]]))
            seen[record["doc_id"]] += 1
            of_record = [{"task": named[1] if named else path.stem, "filter": name, **row} for row in _rows(record)]
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise UserError(
                f"{path}, {where}: no sample of lm-evaluation-harness ({error!r}); run it with --log_samples"
            ) from error
        rows += of_record
        read.update({(row["prompt"], str(row["problem_id"])): (row["prompt"], row["doc"]) for row in of_record})
    questions = dict(zip(read, _questions([*read.values()]), strict=True))
    for row in rows:
        row["question"] = questions[row["prompt"], str(row["problem_id"])]
    return pd.json_normalize(rows)


def _records(path: Path) -> list[tuple[str, Any]]:
    """What a file holds, and where. Only newlines end a line: texts have other separators as they are."""
    text = read_text(path)
    try:
        if text.lstrip().startswith("["):
            return [(f"sample {number}", record) for number, record in enumerate(json.loads(text), start=1)]
    except ValueError as error:
        raise UserError(f"{path}: no JSON list of samples: {error}") from error
    records = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            records += [(f"line {number}", json.loads(line))] if line.strip() else []
        except ValueError as error:
            raise UserError(f"{path}, line {number}: no JSON: {error}") from error
    return records


def _rows(record: dict) -> list[dict]:
    requests = [_request(each) for each in _listed(record["arguments"])]
    first = record["resps"][0]
    if isinstance(first[0], str):
        completions, answer = first, record["target"]
    else:
        completions, answer = [_likeliest(requests, record["resps"])], _continuation(requests, record["target"])
    prompt, characters = _said(requests[0][0])
    names = record["metrics"] if "metrics" in record else [name for name in record if name not in _KNOWN]
    grades = {name: record[name] if len(completions) == 1 else None for name in names}
    shared = {
        "problem_id": record["doc_id"],
        "prompt": prompt,
        "prompt_characters": characters,
        "answer": answer,
        "metrics": grades,
        "doc": record["doc"],
    }
    return [{**shared, "sample": sample, "completion": text} for sample, text in enumerate(completions)]


def _listed(group: Any) -> list:
    """The members of a list, or of an object that numbers them."""
    return list(group.values()) if isinstance(group, dict) else list(group)


def _request(arguments: Any) -> list:
    """What one request asked: the prompt, and a continuation or settings."""
    return [arguments] if isinstance(arguments, str) else _listed(arguments)


def _likeliest(requests: list[list], responses: list) -> str:
    """The continuation of the highest log-likelihood; nothing where there is just one, which was not chosen."""
    if len(responses) == 1:
        return ""
    likelihoods = [float(_scalar(response)) for response in responses]
    return str(requests[likelihoods.index(max(likelihoods))][1]).strip()


def _scalar(response: Any) -> Any:
    while isinstance(response, list):
        response = response[0]
    return response


def _continuation(requests: list[list], target: Any) -> Any:
    """The text of the target, where it is given as the place of a continuation."""
    place = str(target)
    if len(requests) > 1 and place.isdecimal() and int(place) < len(requests):
        return str(requests[int(place)][1]).strip()
    return target


def _said(text: str) -> tuple[str, int]:
    """The prompt, of a conversation given as JSON the last message of the user, and the characters of all messages."""
    if text.lstrip().startswith('[{"'):
        try:
            messages = [each for each in json.loads(text) if isinstance(each["content"], str)]
            *_, prompt = [each["content"] for each in messages if each["role"] == "user"]
            return prompt, sum(len(each["content"]) for each in messages)
        except (ValueError, KeyError, TypeError):
            return text, len(text)
    return text, len(text)


class _Place(NamedTuple):
    """Where a text of a document stands last in its prompt."""

    start: int
    end: int
    field: str


def _questions(read: Sequence[tuple[str, Any]]) -> list[str]:
    """Prompts without what stands before the documents' own texts, such as examples.

    A question begins with the document's longest text, or one before it. Where fields follow each other in the task's
    template, the same words stand between them in most prompts. A text that all documents have is an instruction.

    Args:
        read: prompts and documents of a task.
    """
    own = _own_fields([document for _, document in read])
    placed = [_placed(prompt, each) for (prompt, _), each in zip(read, own, strict=True)]
    between: Counter = Counter()
    for (prompt, _), places in zip(read, placed, strict=True):
        between.update((a.field, b.field, prompt[a.end : b.start]) for a, b in pairwise(places))
    both: Counter = Counter()  # of fields that may follow each other: documents that have them
    follow = {pair[:2] for pair in between}
    for each in own:
        both.update((a, b) for a, b in follow if a in each and b in each)
    questions = []
    for (prompt, _), places in zip(read, placed, strict=True):
        first = max(range(len(places)), key=lambda n: (places[n].end - places[n].start, n), default=None)
        while first:
            a, b = places[first - 1], places[first]
            words = prompt[a.end : b.start]
            few = len(read) < _FEW and _BETWEEN_EXAMPLES not in words
            if not few and between[a.field, b.field, words] < _MOST * max(both[a.field, b.field], _FEW):
                break
            first -= 1
        questions.append(prompt if first is None else prompt[places[first].start :])
    return questions


def _own_fields(documents: Sequence[Any]) -> list[dict[str, str]]:
    """Texts of each document by the name of their field, without those that are the same in all documents."""
    named = [document if isinstance(document, dict) else {"": document} for document in documents]
    texts = [{k: v.strip() for k, v in each.items() if isinstance(v, str) and v.strip()} for each in named]
    values: dict[str, set[str]] = {}
    for each in texts:
        for name, text in each.items():
            values.setdefault(name, set()).add(text)
    return [{k: v for k, v in each.items() if len(values[k]) > 1 or len(texts) == 1} for each in texts]


def _placed(prompt: str, fields: dict[str, str]) -> list[_Place]:
    """The texts that stand in a prompt, in their order, without those that stand inside another."""
    found = [_Place(at, at + len(text), name) for name, text in fields.items() if (at := prompt.rfind(text)) >= 0]
    outer = [a for a in found if not any(b != a and b.start <= a.start and a.end <= b.end for b in found)]
    apart: list[_Place] = []
    for place in sorted(outer):
        if not apart or place.start >= apart[-1].end:
            apart.append(place)
    return apart
