"""Check the paper's claims on a study's own results."""

import argparse
import json
from pathlib import Path

from foretell.claims.table import judge, read_subject, to_markdown
from foretell.common.errors import run
from foretell.common.storage import write_csv, write_text
from foretell.study.config import read_yaml


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=Path, required=True, help="the claims (YAML)")
    parser.add_argument("--results", type=Path, required=True, help="folder of the study's results")
    parser.add_argument("--settings", type=json.loads, required=True, help="title, evidence and subjects as JSON")
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--markdown", type=Path, required=True)
    args = parser.parse_args(argv)
    title, evidence = args.settings["title"], args.settings["evidence"]
    subjects = {
        problem_set: read_subject(args.results, problem_set, settings)
        for problem_set, settings in args.settings["subjects"].items()
    }
    table = judge(read_yaml(args.claims), subjects, evidence)
    write_csv(table, args.csv)
    write_text(to_markdown(table, title, evidence), args.markdown)


if __name__ == "__main__":
    run(main)
