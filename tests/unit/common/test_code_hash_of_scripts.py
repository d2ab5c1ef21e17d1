"""Hashes of the project's own scripts, beside what their loaded modules say that they reach."""

import ast
import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from foretell.common.code_hash import _program, code_hash
from reachable import reachable

SCRIPTS = Path(__file__).parents[3] / "scripts"


def test_neither_the_process_nor_the_order_of_calls_changes_a_hash():
    command = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]);"
        "from foretell.common.code_hash import code_hash;"
        "print(sorted((name, code_hash(Path(name))) for name in sys.argv[2:]))"
    )
    names = sorted(str(path) for path in SCRIPTS.glob("*.py"))[::5]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", command, str(SCRIPTS), *order],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed, order in (("1", names), ("2", names[::-1]))
    }
    assert len(outputs) == 1


@pytest.fixture(scope="module")
def truth():
    """What each script of the project reaches, as its loaded modules say."""
    return {path.stem: reachable(importlib.import_module(path.stem)) for path in SCRIPTS.glob("*.py")}


def changed_by(edit, folder):
    """The scripts of the project whose hash another text of a module changes."""
    shutil.copytree(SCRIPTS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    edit(folder)
    return {path.stem for path in SCRIPTS.glob("*.py") if code_hash(path) != code_hash(folder / path.name)}


def another_body(file, name):
    """Have a function of a file do something else."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    function.body.insert(0, ast.Pass())
    file.write_text(ast.unparse(tree), encoding="utf-8")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("common/metrics.py", "weighted_mean"),
        ("common/statistics.py", "percentile_interval"),
        ("common/statistics.py", "_mean_of_defined"),
    ],
)
def test_editing_a_function_changes_the_scripts_that_reach_it(module, name, truth, tmp_path):
    key = f"foretell.{module.removesuffix('.py').replace('/', '.')}:{name}"
    reaching = {script for script, reached in truth.items() if key in reached}
    assert reaching
    changed = changed_by(lambda folder: another_body(folder / "foretell" / module, name), tmp_path / "scripts")
    assert changed - {"write_config_docs"} == reaching - {"write_config_docs"}  # no rule's: it documents types


def test_everything_that_a_script_reaches_counts(truth):
    for script, reached in truth.items():
        counted = _program(SCRIPTS).reach(SCRIPTS / f"{script}.py", frozenset(), ())
        assert reached <= {f"{each.module.name}:{name}" for each in counted for name in each.names}, script


def test_neither_the_folders_place_nor_an_unused_function_changes_a_hash(tmp_path):
    def add(folder):
        with open(folder / "foretell" / "common" / "storage.py", "a", encoding="utf-8") as file:
            file.write("\n\ndef unused():\n    return 1\n")

    assert not changed_by(add, tmp_path / "scripts")
