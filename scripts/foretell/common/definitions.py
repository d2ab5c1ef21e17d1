"""Modules of a program and its library, taken apart into the definitions that they consist of."""

import ast
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from foretell.common import syntax
from foretell.common.errors import UserError


class Import(NamedTuple):
    """One name that an import statement binds.

    Attributes:
        name: that it binds.
        module: that is bound, or that the attribute is taken of; absolute.
        attribute: that is bound; None if the module is.
        loads: the module that is loaded, with its packages; of `import a.b`, which binds a, it is a.b.
        line: of the statement.
    """

    name: str
    module: str
    attribute: str | None
    loads: str
    line: int


@dataclass(eq=False)
class Definition:
    """A statement of a module, or of an import statement what binds one name.

    Attributes:
        module: in which it stands.
        place: among the module's definitions.
        names: that it binds; none of a statement that does something else, such as a call.
        nodes: what it says.
        entries: of a registry, by their names, each with what it says; they are no part of `nodes`.
    """

    module: "Module"
    place: int
    names: Sequence[str]
    nodes: Sequence[ast.AST]
    entries: dict[str, "Definition"] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Module and names."""
        return f"{self.module.name}:{','.join(self.names)}"

    @cached_property
    def digest(self) -> str:
        """Hash of what it says, wherever it stands."""
        return hashlib.sha256("\n".join(map(syntax.normalised, self.nodes)).encode()).hexdigest()

    @cached_property
    def references(self) -> set[syntax.Reference]:
        """The names that it uses."""
        return syntax.references(self.nodes)

    @cached_property
    def imports(self) -> list[Import]:
        """What it imports, at any depth."""
        return [each for statement in syntax.imports(self.nodes) for each in self.module.imported_by(statement)]

    @property
    def is_import(self) -> bool:
        """Whether it is an import statement."""
        return isinstance(self.nodes[0], syntax.Import)

    @cached_property
    def acts(self) -> bool:
        """Whether loading the module may do more with it than give names values."""
        return any(map(syntax.acts, self.nodes))

    @property
    def runs(self) -> bool:
        """Whether loading the module does more with it than bind a function or an import."""
        return self.acts or not isinstance(self.nodes[0], syntax.Function | syntax.Import)


class Module:
    """A file, taken apart.

    Attributes:
        name: dotted, as seen from the program's folder.
        file: None of a folder that is a package without `__init__.py`.
        folder: of a package, where its modules lie; else None.
        definitions: all, in the order of the file.
        symbols: per name, the definitions that may bind it.
        loose: the definitions that count wherever the module is loaded: what is done, not only defined.

    Raises:
        UserError: the file is not Python.
    """

    def __init__(self, name: str, file: Path | None, folder: Path | None) -> None:
        self.name, self.file, self.folder = name, file, folder
        self.definitions: list[Definition] = []
        self.symbols: dict[str, list[Definition]] = {}
        self.loose: list[Definition] = []
        for statement in _statements(file) if file else ():
            self._add(statement)

    @cached_property
    def ordered(self) -> bool:
        """Whether it may matter in which order loading the module runs its definitions."""
        return bool(self.loose) or any(sum(each.runs for each in same) > 1 for same in self.symbols.values())

    @cached_property
    def loads(self) -> list[str]:
        """Dotted names of what loading the module imports, and of what may be a module among it."""
        imports = [each for definition in self.definitions if definition.is_import for each in definition.imports]
        return [name for each in imports for name in (each.loads, f"{each.module}.{each.attribute}")]

    def imported_by(self, statement: syntax.Import) -> list[Import]:
        """The names that an import statement of this module binds.

        Raises:
            UserError: it is relative to something outside the library.
        """
        line = statement.lineno
        if isinstance(statement, ast.Import):
            return [
                Import(alias.asname, alias.name, None, alias.name, line)
                if alias.asname
                else Import(_top(alias.name), _top(alias.name), None, alias.name, line)
                for alias in statement.names
            ]
        source = self._absolute(statement)
        return [Import(alias.asname or alias.name, source, alias.name, source, line) for alias in statement.names]

    def _absolute(self, statement: ast.ImportFrom) -> str:
        if not statement.level:
            return statement.module or ""
        package = self.name.split(".")
        if not self.folder:
            package.pop()
        kept = package[: len(package) - statement.level + 1]
        if not kept:
            raise UserError(f"{self.file}, line {statement.lineno}: a relative import that leaves the library")
        return ".".join([*kept, *([statement.module] if statement.module else [])])

    def _add(self, statement: ast.stmt) -> None:
        if isinstance(statement, syntax.Import) and not syntax.imports_all(statement):
            for each in syntax.by_alias(statement):
                self._define([self.imported_by(each)[0].name], [each])
        elif isinstance(statement, syntax.Function | ast.ClassDef):
            self._define([statement.name], [statement])
        elif inside := syntax.for_types(statement):
            for nested in inside:
                self._add(nested)
        elif syntax.is_main_block(statement):
            self._define([], [statement])
        elif names := syntax.assigned_names(statement):
            self._assign(names, statement)
        elif not syntax.is_docstring(statement):
            self._do(statement)

    def _define(self, names: Sequence[str], nodes: Sequence[ast.AST]) -> Definition:
        definition = Definition(self, len(self.definitions), names, nodes)
        self.definitions.append(definition)
        for name in names:
            self.symbols.setdefault(name, []).append(definition)
        if names and definition.acts:
            self.loose.append(definition)
        return definition

    def _assign(self, names: Sequence[str], statement: ast.stmt) -> None:
        """A registry is taken apart further: its entries count one by one."""
        entries, others = syntax.registry_entries(statement)
        definition = self._define(names, [others])
        for name, entry in entries.items():
            definition.entries[name] = Definition(self, definition.place, [f"{','.join(names)}[{name}]"], [entry])

    def _do(self, statement: ast.stmt) -> None:
        definition = self._define([], [statement])
        self.loose.append(definition)
        for name in {*syntax.bound_names(statement), *(each.name for each in definition.imports)}:
            self.symbols.setdefault(name, []).append(definition)


def _top(name: str) -> str:
    return name.partition(".")[0]


def _statements(file: Path) -> list[ast.stmt]:
    try:
        return ast.parse(file.read_bytes(), filename=str(file)).body
    except SyntaxError as error:
        raise UserError(f"{file}, line {error.lineno}: {error.msg}") from error
