"""The keys of a configuration, found by walking over its types."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from foretell.common.arguments import Settings


@dataclass(frozen=True)
class Key:
    """A key of a configuration.

    Attributes:
        path: dotted, with `*` for ids.
        owner: the class that has it.
        field: its description, default and type.
    """

    path: str
    owner: type[Settings]
    field: FieldInfo


def keys_of(owner: type[Settings], prefix: str = "") -> Iterator[Key]:
    """All keys of a class of settings, at every depth."""
    for name, field in owner.model_fields.items():
        path = f"{prefix}{name}"
        yield Key(path, owner, field)
        for below, classes in classes_in(field.annotation):
            for each in classes:
                yield from keys_of(each, f"{path}.{below}")


def classes_in(annotation: Any) -> Iterator[tuple[str, list[type[Settings]]]]:
    """Classes of settings in a type, with what stands before their keys: `*.` where they are by id."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield "", [annotation]
    elif origin is dict:
        for _, classes in classes_in(arguments[1]):
            yield "*.", classes
    elif origin is Annotated or origin is list:
        yield from classes_in(arguments[0])
    elif origin in (Union, types.UnionType):
        classes = [each for option in arguments for _, found in classes_in(option) for each in found]
        if classes:
            yield "", classes
