"""What a piece of Python says, however it is laid out and whichever version of Python reads it, and what it names."""

import ast
from collections.abc import Iterable, Iterator
from copy import copy
from itertools import groupby

# Load or store follows from where a name stands; the others have no effect when a program runs.
_WITHOUT_EFFECT = {"ctx", "kind", "type_comment", "type_params"}
_ANNOTATIONS = ("annotation", "returns")

# Decorators and functions that change nothing beside what they give. What is not known to be harmless counts.
_DECORATORS = (  # noqa: SIM905
    "abstractmethod cache cached_property classmethod contextmanager dataclass field_serializer field_validator final "
    "inference_mode lru_cache model_serializer model_validator no_grad overload override property setter "
    "singledispatch staticmethod styled total_ordering wraps _of_one_or_many"
).split()
_VALUES = (  # noqa: SIM905
    "abs arange array bool bytes cast chain compile dict enumerate fields float frozenset getLogger int isinstance "
    "items join keys len linspace list log lower maketrans max min namedtuple partial product range rc_context "
    "read_bytes registry resolve round set sorted split sqrt str strip sum sysconf system_call_filter tuple upper "
    "values zip _listed _of _of_folds"
).split()

Reference = tuple[str, tuple[str, ...]]  # a name, and the attributes that are taken of it: a.b.c is ("a", ("b", "c"))
Import = ast.Import | ast.ImportFrom
Function = ast.FunctionDef | ast.AsyncFunctionDef


def normalised(node: ast.AST) -> str:
    """A syntax tree as text, the same for all texts that do the same and on every version of Python.

    Left out are places, comments, docstrings and whatever is None or empty: newer versions add such fields.
    """
    if isinstance(node, ast.Constant):
        # ascii: which characters repr escapes depends on the version
        return f"{type(node.value).__name__} {node.value!a}"
    fields = []
    for name in node._fields:
        value = getattr(node, name, None)
        if name in _WITHOUT_EFFECT or value is None:
            continue
        if isinstance(value, list):
            items = [_item(item) for item in _pieces(node, value) if not is_docstring(item)]
            if not items:
                continue
            text = f"[{', '.join(items)}]"
        else:
            text = _item(value)
        fields.append(f"{name}={text}")
    return f"{type(node).__name__}({', '.join(fields)})"


def _item(value: object) -> str:
    return normalised(value) if isinstance(value, ast.AST) else ascii(value)


def _pieces(node: ast.AST, values: list[object]) -> list[object]:
    """A field's items; the text between the values in an f-string in one piece, since versions cut it differently."""
    if not isinstance(node, ast.JoinedStr):
        return values
    pieces: list[object] = []
    for is_text, group in groupby(node.values, lambda each: isinstance(each, ast.Constant)):
        if not is_text:
            pieces += group
        elif text := "".join(str(each.value) for each in group if isinstance(each, ast.Constant)):
            pieces.append(ast.Constant(text))
    return pieces


def is_docstring(node: object) -> bool:
    """Whether a statement is nothing but a text, which does nothing wherever it stands."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def references(nodes: Iterable[ast.AST]) -> set[Reference]:
    """The names that pieces of code may take from their module, whether or not a local name hides them.

    Names in annotations that are written as text count too. What is only assigned does not.
    """
    found: set[Reference] = set()
    todo = list(nodes)
    while todo:
        node = todo.pop()
        reference = _reference(node)
        if reference:
            found.add(reference)
            continue
        if isinstance(node, ast.Global):
            found.update((name, ()) for name in node.names)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            found.add((node.target.id, ()))
        for field in _ANNOTATIONS:
            annotation = getattr(node, field, None)
            if annotation is not None:
                todo += _written_as_text(annotation)
        todo += ast.iter_child_nodes(node)
    return found


def _reference(node: ast.AST) -> Reference | None:
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or (isinstance(node.ctx, ast.Store) and not attributes):
        return None
    return node.id, tuple(reversed(attributes))


def _written_as_text(annotation: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                expression = ast.parse(node.value.strip(), mode="eval").body
            except (SyntaxError, ValueError):  # no type, as in Literal["a b"]; ValueError: it holds a null character
                continue
            yield expression
            yield from _written_as_text(expression)


def imports(nodes: Iterable[ast.AST]) -> list[Import]:
    """The import statements in pieces of code, at any depth."""
    return [each for node in nodes for each in ast.walk(node) if isinstance(each, Import)]


def imports_all(statement: Import) -> bool:
    """Whether it is of the form `from a import *`."""
    return statement.names[0].name == "*"


def by_alias(statement: Import) -> list[Import]:
    """One import statement for each name that a statement imports."""
    if isinstance(statement, ast.Import):
        split: list[Import] = [ast.Import([alias]) for alias in statement.names]
    else:
        split = [ast.ImportFrom(statement.module, [alias], statement.level) for alias in statement.names]
    return [ast.copy_location(each, statement) for each in split]


def bound_names(statement: ast.stmt) -> list[str]:
    """The names that a statement, with those inside it, may bind other than by imports."""
    names = []
    for node in ast.walk(statement):
        if isinstance(node, Function | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.append(node.id)
    return names


def assigned_names(statement: ast.stmt) -> list[str]:
    """The names that an assignment gives values to; none if it changes anything else, or is no assignment."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return []
    targets: list[ast.expr] = list(statement.targets) if isinstance(statement, ast.Assign) else [statement.target]
    names = []
    while targets:
        target = targets.pop(0)
        if isinstance(target, ast.Tuple | ast.List):
            targets = target.elts + targets
        elif isinstance(target, ast.Starred):
            targets.insert(0, target.value)
        elif isinstance(target, ast.Name):
            names.append(target.id)
        else:
            return []
    inside = ast.walk(statement.value) if statement.value else ()
    return names + [node.target.id for node in inside if isinstance(node, ast.NamedExpr)]


def registry_entries(statement: ast.stmt) -> tuple[dict[str, ast.expr], ast.stmt]:
    """Take `NAME = registry(Entry("a", ...), ...)` apart.

    Returns:
        The entries by their names, which are the first arguments of their calls, and the statement without them. An
        argument that names itself in no such way stays. No entries if the statement is no such assignment.
    """
    if not isinstance(statement, ast.Assign | ast.AnnAssign):
        return {}, statement
    call = statement.value
    if not isinstance(call, ast.Call) or _last_name(call.func) != "registry":
        return {}, statement
    entries: dict[str, ast.expr] = {}
    others = []
    for argument in call.args:
        match argument:
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if name not in entries:
                entries[name] = argument
            case _:
                others.append(argument)
    rest = copy(statement)
    rest.value = ast.Call(call.func, others, call.keywords)
    return entries, rest


def _last_name(node: ast.expr) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None


def acts(node: ast.AST) -> bool:
    """Whether loading a module may do more with a definition in it than give a name a value.

    It may where it calls something, as a decorator or in an expression, that is not known to make a value only.
    """
    if isinstance(node, Function | ast.ClassDef) and any(map(_decorator_acts, node.decorator_list)):
        return True
    if isinstance(node, Function | ast.Lambda):
        return any(map(acts, [*node.args.defaults, *filter(None, node.args.kw_defaults)]))
    if isinstance(node, ast.Call) and not _makes_a_value(node.func):
        return True
    return any(map(acts, ast.iter_child_nodes(node)))


def _decorator_acts(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return _last_name(called) not in _DECORATORS or any(map(acts, ast.iter_child_nodes(decorator)))


def _makes_a_value(called: ast.expr) -> bool:
    name = _last_name(called) or ""
    return name in _VALUES or name in _DECORATORS or name.lstrip("_")[:1].isupper()  # a class


def for_types(statement: ast.stmt) -> list[ast.stmt]:
    """What stands in a block that only type checkers read; nothing if the statement is none."""
    match statement:
        case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=body, orelse=[]):
            return body
    return []


def is_main_block(statement: ast.stmt) -> bool:
    """Whether a statement is what runs only where its file is run as a program."""
    match statement:
        case ast.If(
            test=ast.Compare(
                left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]
            ),
            orelse=[],
        ):
            return True
    return False
