"""Sample logs of lm-evaluation-harness (`--log_samples`), one row per completion and filter."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd

from foretell.common.errors import UserError
from foretell.common.storage import read_text

_TASK = re.compile(r"^samples_(.+?)(?:_\d{4}-\d\d-\d\dT[\d.:-]+)?$")  # of a file's name
_BETWEEN_EXAMPLES = "\n\n"  # unless a task has another
_LEAST, _NO_CHANCE = 3, 40  # characters of a document's text that is looked for, and of one that no example has
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
        problem_id (doc_id), sample, task, prompt (what the model read, examples included), question (from the
        document's own texts that stand in the prompt to its end; the whole prompt where there are none), answer (the
        target), completion, filter (its place among a document's filters where the log does not name it),
        `metrics.NAME` (a metric of this filter; null where it stands for several completions) and `doc.NAME`. Of a task
        that compares likelihoods, the completion is the most likely continuation, and the answer the target's.

    Raises:
        UserError: it is no such log.
    """
    named = _TASK.match(path.stem)
    rows: list[dict] = []
    seen: Counter = Counter()
    for where, record in _records(path):
        try:
            name = str(record.get("filter", seen[record["doc_id"]]))
            seen[record["doc_id"]] += 1
            rows += [{"task": named[1] if named else path.stem, "filter": name, **row} for row in _rows(record)]
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise UserError(
                f"{path}, {where}: no sample of lm-evaluation-harness ({error!r}); run it with --log_samples"
            ) from error
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
    prompt = _prompt(requests[0][0])
    names = record["metrics"] if "metrics" in record else [name for name in record if name not in _KNOWN]
    grades = {name: record[name] if len(completions) == 1 else None for name in names}
    shared = {
        "problem_id": record["doc_id"],
        "prompt": prompt,
        "question": _question(prompt, record["doc"]),
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


def _prompt(text: str) -> str:
    """The prompt, of a conversation given as JSON the last message of the user."""
    if text.lstrip().startswith('[{"'):
        try:
            said = [message["content"] for message in json.loads(text) if message["role"] == "user"]
            return said[-1] if said else text
        except (ValueError, KeyError, TypeError):
            return text
    return text


def _question(prompt: str, document: Any) -> str:
    """The prompt without what stands before the document's own text, such as examples.

    From the document's longest text on, and from others before it that are not of an example: an empty line does not
    part them from it, or they are too long to be there by chance.
    """
    values = document.values() if isinstance(document, dict) else [document]
    texts = {value.strip() for value in values if isinstance(value, str)}
    texts = {text for text in texts if len(text) >= _LEAST and text in prompt}
    if not texts:
        return prompt
    start = prompt.rindex(max(texts, key=lambda text: (len(text), prompt.rindex(text))))
    for text in sorted(texts, key=prompt.rindex, reverse=True):
        place = prompt.rindex(text)
        between = prompt[place + len(text) : start]
        if place < start and (_BETWEEN_EXAMPLES not in between or len(text) >= _NO_CHANCE):
            start = place
    return prompt[start:]
