"""Where the engine `vllm` is installed: it wants other versions of packages, so it has an environment of its own."""

import importlib.util
import sys
from collections.abc import Collection
from pathlib import Path

ENVIRONMENT = Path(".venv-vllm")  # in the project's folder
REMEDY = "install it with `make vllm`, or have conda install it (`--sdm conda`)"


def python_of_vllm(root: Path, deployed: Collection[object]) -> Path | None:
    """The Python that runs scripts with vLLM; None where there is none.

    Args:
        root: the project's folder.
        deployed: methods by which Snakemake provides a rule's software; where there is one, it provides vLLM too.
    """
    if deployed:
        return Path("python")
    own = root / ENVIRONMENT / "bin" / "python"
    if own.is_file():
        return own
    return Path(sys.executable) if importlib.util.find_spec("vllm") else None
