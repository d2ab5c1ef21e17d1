"""Values of what does not change, found out once."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

S = TypeVar("S")
P = ParamSpec("P")
T = TypeVar("T")


def remembered(method: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """A method of an immutable object that is computed once for each of its arguments.

    Values are kept with the object, unlike those of `functools.cache`, which needs its hash and keeps it alive. All
    callers get the same one and do not change it.
    """
    place = f"_remembered_{method.__name__}"

    @wraps(method)
    def once(self: S, *args: P.args, **kwargs: P.kwargs) -> T:
        values = vars(self).setdefault(place, {})
        key = (*args, *sorted(kwargs.items()))
        if key not in values:
            values[key] = method(self, *args, **kwargs)
        return values[key]

    return once
