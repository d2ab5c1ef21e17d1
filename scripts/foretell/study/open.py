"""From the configuration that a workflow was given to a study that can run."""

from collections.abc import Callable, Sequence
from pathlib import Path

from foretell.common.errors import UserError
from foretell.common.yaml_files import read_yaml
from foretell.study.checks import missing_rollouts, mistakes
from foretell.study.config import complete
from foretell.study.figures import Figure
from foretell.study.left_out import decide, leave_out
from foretell.study.study import Study
from foretell.study.unused import unused


def merged(files: Sequence[Path]) -> dict:
    """What several files say, later ones over earlier ones: mappings key by key, all else as a whole."""
    config: dict = {}
    for file in files:
        _merge(read_yaml(file), config)
    return config


def _merge(over: dict, config: dict) -> None:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            _merge(value, config[key])
        else:
            config[key] = value


def open_study(
    config: dict,
    files: Sequence[str | Path],
    manifest: dict[str, Figure],
    root: Path,
    why_no_sandbox: Callable[[], str | None],
) -> Study:
    """Complete and check a configuration, and leave out what cannot run here.

    Args:
        config: the merged configuration.
        files: that it was read from; none where another workflow gives it.
        manifest: figures and tables by label.
        root: the project's folder.
        why_no_sandbox: tells why generated code cannot run here, None if it can.

    Raises:
        UserError: with every mistake found, one line each, naming file, key and remedy.
    """
    for file in files:
        read_yaml(Path(file))  # the workflow system's own loader lets a repeated key pass
    names = " + ".join(map(str, files)) or "config"
    completed = complete(config, names)
    _refuse(names, list(mistakes(completed, list(manifest), root)) or list(unused(completed, manifest)))
    left_out = decide(completed, Path("results") / completed.study, why_no_sandbox)
    study = Study(leave_out(completed, list(left_out)), left_out)
    _refuse(names, list(missing_rollouts(study, root)))
    return study


def _refuse(names: str, found: list[str]) -> None:
    if found:
        raise UserError("\n".join(f"{names}: {mistake}" for mistake in found))
