"""What a program does: a hash over the definitions that it can reach."""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from foretell.common.definitions import Definition, Import, Module
from foretell.common.errors import UserError
from foretell.common.provenance import file_hash, fingerprint
from foretell.common.storage import write_text

LIBRARY = "foretell"  # the folder beside the scripts
MEMORY = Path(".snakemake") / "code_hashes"  # in the folder in which a workflow runs

Attributes = tuple[str, ...]


def code_hash(
    script: Path, uses: Collection[str] = (), modules: Collection[str] = (), memory: Path | None = None
) -> str:
    """Hash of what a script does, with all of the library beside it that it can reach by name.

    Functions, classes and assignments are followed from name to name, through any number of modules, and what none of
    them names does not count; nor do docstrings, comments, layout, the order of functions, the folder's place and the
    version of Python. Where a module is loaded, also by an import that nothing names, its statements that are no
    definitions count, and definitions that call what may do more than give a value, such as `@register`. What is found
    in another way than by its name (by importlib, or as a subclass) is not followed, unless `modules` says so.

    Args:
        script: in the folder in which the library lies too. All of it counts.
        uses: the registries' entries that the job uses, each as `NAME.entry`: of an assignment `NAME = registry(...)`
            these entries count, with their order, and all if none of them is among `uses`.
        modules: dotted names of modules that the script loads by importlib. Their public names count.
        memory: a folder in which hashes are kept, so that other processes need not take the code apart as long as no
            file of it changes.

    Returns:
        16 hexadecimal digits. Files are read once per process.

    Raises:
        UserError: a file that counts is not Python, or imports what its module does not have.
    """
    return _remembered(script.resolve(), frozenset(uses), tuple(modules), memory)


@cache
def _remembered(script: Path, uses: frozenset[str], modules: tuple[str, ...], memory: Path | None) -> str:
    if memory is None:
        return _code_hash(script, uses, modules)
    asked = fingerprint(files=_content(script.parent), script=script.name, uses=sorted(uses), modules=modules)
    place = memory / asked
    if place.is_file():
        return place.read_text()
    found = _code_hash(script, uses, modules)
    with suppress(OSError):  # where nothing may be written, it is found out each time
        write_text(found, place)
    return found


@cache
def _content(folder: Path) -> dict[str, str]:
    """SHA-256 of every file that may count, this one too."""
    found = [*folder.glob("*.py"), *(folder / LIBRARY).rglob("*.py")]
    return {str(path.relative_to(folder)): file_hash(path) for path in found}


def _code_hash(script: Path, uses: frozenset[str], modules: tuple[str, ...]) -> str:
    reached = _program(script.parent).reach(script, uses, modules)
    return hashlib.sha256("\n".join(_lines(reached)).encode()).hexdigest()[:16]


def _lines(reached: Collection[Definition]) -> Iterator[str]:
    for each in sorted(reached, key=lambda each: (each.key, each.place)):
        yield f"{each.key} {each.digest}"
        yield from (f"{each.key}[{name}]" for name, entry in each.entries.items() if entry in reached)
    run = (each for each in reached if each.module.ordered and each.runs)
    yield from (each.key for each in sorted(run, key=lambda each: (each.module.name, each.place, each.key)))


@cache
def _program(folder: Path) -> "_Program":
    return _Program(folder)


class _Program:
    """The scripts of a folder and the library beside them; what each definition uses is found out once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._modules: dict[str, Module | None] = {}
        self._uses: dict[Definition, set[Definition | Module]] = {}

    def reach(self, script: Path, uses: frozenset[str], modules: Collection[str]) -> set[Definition]:
        """Every definition that counts for a script."""
        start = _Search(self)
        start.whole(self.known(script.stem, str(script)))
        for name in modules:
            start.public(self.known(name, str(script)))
        reached: set[Definition | Module] = set()
        todo = list(start.found)
        while todo:
            each = todo.pop()
            if each in reached:
                continue
            reached.add(each)
            if isinstance(each, Module):
                todo += each.loose
                loaded = (name for name in each.loads if not self.is_foreign(name))
                todo += filter(None, map(self.module, [each.name.rpartition(".")[0], *loaded]))
            else:
                todo += self._used_by(each)
                names = {f"{','.join(each.names)}.{name}": entry for name, entry in each.entries.items()}
                todo += [entry for name, entry in names.items() if name in uses] or names.values()
        return {each for each in reached if isinstance(each, Definition)}

    def _used_by(self, definition: Definition) -> set[Definition | Module]:
        if definition not in self._uses:
            search = _Search(self)
            search.follow(definition)
            self._uses[definition] = search.found
        return self._uses[definition]

    def module(self, name: str) -> Module | None:
        """The module with a dotted name, if the folder has it."""
        if name not in self._modules:
            folder = self._folder.joinpath(*name.split("."))
            file, package = folder.with_name(f"{folder.name}.py"), folder / "__init__.py"
            if name and folder.is_dir():
                self._modules[name] = Module(name, package if package.is_file() else None, folder)
            else:
                self._modules[name] = Module(name, file, None) if name and file.is_file() else None
        return self._modules[name]

    def known(self, name: str, where: str) -> Module:
        """The module with a dotted name.

        Raises:
            UserError: the folder has no such module; the message says where it is asked for.
        """
        module = self.module(name)
        if module is None:
            raise UserError(f"{where}: there is no module {name!r} in {self._folder}")
        return module

    def is_foreign(self, name: str) -> bool:
        """Whether a module is neither of the library nor a script."""
        top = name.partition(".")[0]
        return top != LIBRARY and self.module(top) is None


class _Search:
    """What something uses, as far as other definitions need not be looked into; a module stands for its being loaded.

    Of a name, the attributes are what is taken of it: () where the thing itself is used, None where it is bound only.
    """

    def __init__(self, program: _Program) -> None:
        self._program = program
        self._seen: set[tuple[Module, Import, Attributes | None]] = set()
        self.found: set[Definition | Module] = set()

    def follow(self, definition: Definition) -> None:
        """Add what a definition names and imports.

        A local name that hides a name of the module is taken for both: too much is followed rather than too little.
        """
        module = definition.module
        self.found.add(module)
        for each in definition.imports:
            self._imported(module, each, None)
        for name, attributes in definition.references:
            for each in definition.imports:
                if each.name == name:
                    self._imported(module, each, attributes)
            if not self._named(module, name, attributes) and name == "globals":
                self.whole(module)

    def whole(self, module: Module) -> None:
        """Add all of a module or package."""
        self.found.update(module.definitions, [module])
        for path in module.folder.iterdir() if module.folder else ():
            inside = self._program.module(f"{module.name}.{path.stem}")
            if inside and path.name != "__init__.py":
                self.whole(inside)

    def public(self, module: Module) -> None:
        """Add what a module offers."""
        self.found.add(module)
        for name, definitions in module.symbols.items():
            if not name.startswith("_"):
                self.found.update(definitions)

    def _named(self, module: Module, name: str, attributes: Attributes | None) -> bool:
        """Add what a name of a module stands for; False if the module binds no such name."""
        for definition in module.symbols.get(name, ()):
            self.found.add(definition)
            for each in definition.imports:
                if each.name == name:
                    self._imported(module, each, attributes)
        return name in module.symbols

    def _imported(self, module: Module, each: Import, attributes: Attributes | None) -> None:
        """Add what an import statement of a module binds."""
        if (module, each, attributes) in self._seen or self._program.is_foreign(each.loads):
            return
        self._seen.add((module, each, attributes))
        where = f"{module.file}, line {each.line}"
        self.found.add(self._program.known(each.loads, where))
        source = self._program.known(each.module, where)
        if each.attribute is None:
            self._bound(source, attributes)
        elif each.attribute == "*":
            raise UserError(f"{where}: what * stands for cannot be followed; import from {each.module} by name")
        elif not self._attribute(source, each.attribute, attributes):
            raise UserError(f"{where}: {each.module} has no {each.attribute!r} to import")

    def _bound(self, module: Module, attributes: Attributes | None) -> None:
        """Add what is taken of a module; all of it where that is none of its names, as with `__file__`."""
        self.found.add(module)
        if attributes is not None and not (attributes and self._attribute(module, attributes[0], attributes[1:])):
            self.whole(module)

    def _attribute(self, module: Module, name: str, attributes: Attributes | None) -> bool:
        """Add what an attribute of a module stands for; False if there is none."""
        named = self._named(module, name, attributes)
        inside = self._program.module(f"{module.name}.{name}") if module.folder else None
        if inside:
            self._bound(inside, attributes)
        return named or inside is not None
