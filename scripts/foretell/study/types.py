"""Types that several parts of a study's configuration share."""

from collections.abc import Hashable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field, StringConstraints

T = TypeVar("T", bound=Hashable)


def _distinct(values: list[T]) -> list[T]:
    if len(set(values)) < len(values):
        twice = next(value for value in values if values.count(value) > 1)
        raise ValueError(f"{twice!r} stands there more than once")
    return values


Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", max_length=80)]
Text = Annotated[str, StringConstraints(min_length=1)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Seed = Annotated[int, Field(ge=0, lt=2**32)]  # what every library takes that is seeded
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Distinct = Annotated[list[T], AfterValidator(_distinct), Field(min_length=1, json_schema_extra={"uniqueItems": True})]
