"""What a program can reach, found on its loaded modules: their bytecode says which names it takes from where."""

import dis
import functools
import importlib
import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType

LIBRARY = "foretell"


def reachable(program: ModuleType) -> set[str]:
    """The library's functions and classes that a program can reach, each as module:name."""
    found: set[tuple[str, str]] = set()
    seen: set[int] = set()
    todo = [value for value in vars(program).values() if not isinstance(value, ModuleType)]
    while todo:
        value = todo.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if hasattr(value, "__wrapped__"):
            todo.append(value.__wrapped__)
        if isinstance(value, FunctionType | type) and _is_own(value.__module__, program):
            if value.__module__.startswith(LIBRARY):
                found.add((value.__module__, value.__qualname__.partition(".")[0]))
            todo += _used_by(value)
        elif isinstance(value, dict):
            todo += [*value, *value.values()]
        elif isinstance(value, list | tuple | set | frozenset):
            todo += value
        elif isinstance(value, functools.partial):
            todo += [value.func, *value.args, *value.keywords.values()]
        elif _is_own(type(value).__module__, program):
            todo += [type(value), *getattr(value, "__dict__", {}).values()]
    # a lambda, what dataclass makes and a parametrised class have no name there
    return {f"{module}:{name}" for module, name in found if name.isidentifier() and hasattr(sys.modules[module], name)}


def _is_own(module: str | None, program: ModuleType) -> bool:
    return module == program.__name__ or (module or "").startswith(LIBRARY)


def _used_by(value: FunctionType | type) -> list[object]:
    if isinstance(value, type):
        members = [
            getattr(each, "func", getattr(each, "fget", getattr(each, "__func__", each)))
            for each in vars(value).values()
        ]
        return [*value.__bases__, *(each for each in members if isinstance(each, FunctionType))]
    return [*_named(value.__code__, value.__globals__), *(value.__defaults__ or ())]


def _named(code: CodeType, names: dict[str, object]) -> Iterator[object]:
    """Values of global names, of attributes of modules, and of what is imported inside."""
    value: object = None
    for each in dis.get_instructions(code):
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            value = names.get(each.argval)
        elif each.opname in ("LOAD_ATTR", "LOAD_METHOD") and isinstance(value, ModuleType):
            value = getattr(value, each.argval, None)
        elif each.opname == "IMPORT_NAME":
            source = each.argval
            continue
        elif each.opname == "IMPORT_FROM" and source.startswith(LIBRARY):
            value = getattr(importlib.import_module(source), each.argval, None)
        else:
            value = None
        if not isinstance(value, ModuleType):
            yield value
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _named(constant, names)
