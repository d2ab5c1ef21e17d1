"""The documentation of a configuration, made from its types: tables of all keys, and a JSON schema."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo

from foretell.common.arguments import Settings
from foretell.study.config import StudyConfig
from foretell.study.fields import classes_in

MARK = "<!-- From here on made by `make docs`. -->"


def tables() -> str:
    """A section per class of settings, with a row per key, as Markdown."""
    shared = _shared(StudyConfig)
    sections = [_section("## The study", StudyConfig, "", shared)]
    for name, field in StudyConfig.model_fields.items():
        for below, classes in classes_in(field.annotation):
            sections.append(f"## {_heading(name)}\n\n{_oneline(field.description)}")
            several = len(classes) > 1
            sections += [
                _section(_subheading(each) if several else "", each, f"{name}.{below}", shared) for each in classes
            ]
    sections.append("## What stands in several places")
    sections += [_section(f"### {_words(each)}", each, "", shared) for each in shared]
    return "\n\n".join(filter(None, sections)) + "\n"


def json_schema() -> str:
    """The JSON schema of a study, as YAML, for editors."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **StudyConfig.model_json_schema()}
    return yaml.safe_dump(json.loads(json.dumps(schema)), sort_keys=False, allow_unicode=True, width=120)


def _shared(root: type[Settings]) -> list[type[Settings]]:
    """Classes that stand below more than one key, in the order in which they are met."""
    owners: Counter[type[Settings]] = Counter()

    def count(owner: type[Settings]) -> None:
        for field in owner.model_fields.values():
            for below, classes in classes_in(field.annotation):
                for each in classes:
                    owners[each] += 1 if below == "" else 0
                    if owners[each] <= 1:
                        count(each)

    count(root)
    return [each for each, number in owners.items() if number > 1]


def _section(heading: str, owner: type[Settings], prefix: str, shared: list[type[Settings]]) -> str:
    described = "" if owner is StudyConfig else _oneline(owner.__doc__)
    rows = [f"| `{key}` | {meaning} | {default} |" for key, meaning, default in _rows(owner, prefix, shared)]
    table = "\n".join(["| key | meaning | default |", "|---|---|---|", *rows])
    return "\n\n".join(filter(None, [heading, described if heading.startswith("###") else "", table]))


def _rows(owner: type[Settings], prefix: str, shared: list[type[Settings]]) -> Iterator[tuple[str, str, str]]:
    for name, field in owner.model_fields.items():
        if name == "source":
            continue
        inside = list(classes_in(field.annotation))
        if owner is StudyConfig and inside:
            meaning = f"{_oneline(field.description)} See [below](#{_heading(name).lower().replace(' ', '-')})."
            yield name, meaning, _default(field)
            continue
        found = [each for _, classes in inside for each in classes]
        links = [f"See [{_words(each).lower()}](#{_anchor(each)})." for each in found if each in shared]
        yield f"{prefix}{name}", " ".join([_meaning(field), *links]), _default(field)
        for below, classes in inside:
            for each in classes:
                if each not in shared:
                    yield from _rows(each, f"{prefix}{name}.{below}", shared)


def _meaning(field: FieldInfo) -> str:
    text = _oneline(field.description)
    choices = _choices(field.annotation)
    missing = [choice for choice in choices if f"`{choice}`" not in text]
    if choices and missing:
        text += f" One of {', '.join(f'`{choice}`' for choice in choices)}."
    return text.replace("|", r"\|")


def _choices(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return [str(choice) for choice in get_args(annotation)]
    return [choice for each in get_args(annotation) if not isinstance(each, str | int) for choice in _choices(each)]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default is None:
        return "none"
    if isinstance(field.default, Settings):
        return "see below"
    return f"`{json.dumps(field.default)}`"


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _subheading(owner: type[Settings]) -> str:
    source = owner.model_fields.get("source")
    if source is None:
        return f"### {_words(owner)}"
    return f"### `source: {get_args(source.annotation)[0]}`"


def _words(owner: type[Settings]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", owner.__name__).capitalize()


def _anchor(owner: type[Settings]) -> str:
    return _words(owner).lower().replace(" ", "-")


def _oneline(text: str | None) -> str:
    return " ".join((text or "").split())
