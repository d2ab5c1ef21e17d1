"""YAML files, read strictly."""

from pathlib import Path

import yaml

from foretell.common.errors import UserError


class _StrictLoader(yaml.SafeLoader):
    """YAML in which keys are plain values, and each may stand only once in a mapping."""

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        """Read a mapping, or refuse its keys. Merge keys (`<<`) are not resolved yet, so that a key may replace one."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            where = f"{key.start_mark.name}: key {key.value!r}"
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise UserError(
                    f"{key.start_mark.name}: a list or mapping is a key (line {line}): put a text there, "
                    "in quotes if it has brackets or braces"
                )
            if key.value in seen:
                raise UserError(f"{where} stands twice (line {line}): keep one of them")
            seen.add(key.value)
        return node


def read_yaml(path: Path) -> dict:
    """Read one YAML file.

    Raises:
        UserError: the file is not UTF-8 or no YAML mapping, a value cannot be read, or a key stands twice.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8-sig"), _named_loader(path))
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 (byte {error.start + 1}): save it in that encoding") from None
    except yaml.MarkedYAMLError as error:
        raise UserError(f"{path}: not valid YAML{_line(error)}: {_problem(error)}") from None
    except UserError:
        raise
    except (yaml.YAMLError, ValueError) as error:
        raise UserError(f"{path}: not valid YAML: {' '.join(str(error).split())}; correct it") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: must be a mapping of keys to values")
    return content


def _named_loader(path: Path) -> type[_StrictLoader]:
    """The loader, with the file's name for its messages, which it takes from open files alone."""

    class Named(_StrictLoader):
        def __init__(self, stream: str):
            super().__init__(stream)
            self.name = str(path)

    return Named


def _line(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    return "" if mark is None else f" (line {mark.line + 1})"


def _problem(error: yaml.MarkedYAMLError) -> str:
    said = " ".join(filter(None, [error.context, error.problem]))
    return f"{said}; indent with spaces, not with tabs" if "'\\t'" in said else f"{said}; correct it"
