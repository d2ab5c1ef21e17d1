"""What a result was made from: code and content hashes."""

import ast
import hashlib
import json
from functools import cache
from pathlib import Path

_BLOCK = 1 << 20


def imported_files(script: Path) -> list[Path]:
    """The script and every module of its own folder that it imports, directly or not.

    Importing `package.module` also runs `package/__init__.py`, so that file counts too.
    """
    root, found, todo = script.parent, set(), [script]
    while todo:
        file = todo.pop()
        if file in found:
            continue
        found.add(file)
        for name in _imported_names(file):
            parts = name.split(".")
            for length in range(1, len(parts) + 1):
                stem = root.joinpath(*parts[:length])
                todo += [path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()]
    return sorted(found)


def _imported_names(file: Path) -> list[str]:
    """Absolute dotted names that a file imports anywhere, functions included."""
    names = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), filename=str(file))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


@cache
def code_hash(script: Path) -> str:
    """Hash of what a script does: its syntax tree and its imports', without docstrings, comments and layout."""
    digest = hashlib.sha256()
    for file in imported_files(script):
        digest.update(f"{file.relative_to(script.parent).as_posix()}\n{_syntax(file)}".encode())
    return digest.hexdigest()[:16]


@cache
def _syntax(file: Path) -> str:
    tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_docstring(body[0]):
            body[0].value.value = ""
    return ast.dump(tree)


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content, as hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def folder_hash(folder: Path) -> str:
    """SHA-256 over the names and contents of the files in a folder."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\n{file_hash(path)}\n".encode())
    return digest.hexdigest()


def fingerprint(**parts: object) -> str:
    """Short hash of named JSON values: the key under which an interrupted job finds its finished chunks."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:24]
