"""Write what is made from the types of a configuration: the tables of config/README.md, and the JSON schema."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.errors import UserError, run
from foretell.common.storage import write_text
from foretell.study.documentation import MARK, json_schema, tables


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", type=Path, required=True, help="its part behind the mark is replaced")
    parser.add_argument("--schema", type=Path, required=True, help="output (YAML)")
    args = parser.parse_args(argv)
    text = args.readme.read_text(encoding="utf-8")
    if MARK not in text:
        raise UserError(f"{args.readme} has no line {MARK!r}, behind which the tables go")
    write_text(f"{text.split(MARK)[0]}{MARK}\n\n{tables()}", args.readme)
    write_text(json_schema(), args.schema)


if __name__ == "__main__":
    run(main)
