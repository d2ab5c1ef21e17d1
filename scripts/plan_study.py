"""Say what a study will take, before anything runs: jobs, tokens, GPU hours, dollars, storage, and for which figure."""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from foretell.common.errors import UserError, run
from foretell.common.yaml_files import read_yaml
from foretell.grading.sandbox import why_unavailable
from foretell.study.checks import missing_keys
from foretell.study.counting import wrong_files
from foretell.study.estimates import COLUMNS, Assumptions, estimate, guesses
from foretell.study.figures import read_manifest
from foretell.study.left_out import not_graded_here
from foretell.study.open import merged, open_study
from foretell.study.plan import Planned, jobs_for, jobs_of
from foretell.study.sizes import too_small_for, without_pilots

ROOT = Path(__file__).resolve().parents[1]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "figures", nargs="*", help="labels of figures and tables, such as F6; without any, all of the study's"
    )
    parser.add_argument("--configfile", type=Path, nargs="+", default=[ROOT / "config" / "config.yaml"])
    for name, field in Assumptions.model_fields.items():
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, type=float, default=field.default, help=f"{field.description} (%(default)s)")
    args = parser.parse_args(argv)
    if missing := [file for file in args.configfile if not file.is_file()]:
        raise UserError(
            f"--configfile: there is no file {missing[0]}; the studies stand in config/, and figures after '--', as in "
            "--configfile config/paper.yaml -- F6"
        )

    try:
        assumed = Assumptions(**{name: getattr(args, name) for name in Assumptions.model_fields})
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"--{str(first['loc'][0]).replace('_', '-')}: {first['msg']}") from None
    manifest = read_manifest(read_yaml(ROOT / "config" / "figures.yaml"))
    study = open_study(merged(args.configfile), args.configfile, manifest, ROOT, why_unavailable)
    if unknown := [label for label in args.figures if label not in study.config.figures]:
        raise UserError(
            f"the study does not make {unknown[0]}; it makes {', '.join(study.config.figures)}: key 'figures'"
        )
    figures = {label: jobs_for(study, manifest[label]) for label in args.figures or study.config.figures}
    planned = _together(figures.values()) if args.figures else jobs_of(study)
    work = estimate(study, planned, assumed)

    rules = pd.Series([rule for rule, _ in planned]).value_counts(sort=False).rename("jobs")
    stages = rules.to_frame().join(work.groupby("rule")[list(COLUMNS)].sum(min_count=1))
    stages.loc["all, up to routing"] = stages.sum(min_count=1)
    alone = {label: estimate(study, jobs, assumed)[list(COLUMNS)].sum(min_count=1) for label, jobs in figures.items()}
    jobs = pd.Series({label: len(jobs) for label, jobs in figures.items()}, name="jobs")
    print(f"{study.config.title}\n")
    for heading, table in [
        ("rule", stages),
        ("where models are run", work.set_index(work.rule + " " + work.about)[list(COLUMNS)]),
        ("one figure or table alone", pd.concat([jobs, pd.DataFrame(alone).T], axis=1)),
    ]:
        print(f"{_shown(table, heading)}\n")
    print(f"Assumed, not measured: {assumed}.")
    print("Not counted: figures, tables and the report.")
    wrong = [*wrong_files(study), *without_pilots(study)]
    for text in wrong:
        print(f"Wrong: {text}")
    for text in not_graded_here(study, why_unavailable):
        print(f"Not gradable here: {text}.")
    for text in guesses(study):
        print(f"Not known: {text}.")
    for text in too_small_for(study):
        print(f"Small: {text}.")
    for text in missing_keys(study):
        print(f"Missing: {text}.")
    if wrong:
        sys.exit(1)


def _together(jobs: Iterable[list[Planned]]) -> list[Planned]:
    """Each job of several lists once."""
    return list({(rule, *of.items()): (rule, of) for listed in jobs for rule, of in listed}.values())


def _shown(table: pd.DataFrame, heading: str) -> str:
    """A table in columns: whole numbers with separators, small ones with two figures, nothing where there is none."""
    texts = table.astype(object).map(
        lambda value: "" if pd.isna(value) else f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
    )
    return (
        texts.rename_axis(heading)
        .reset_index()
        .to_markdown(index=False, colalign=["left", *["right"] * table.shape[1]], disable_numparse=True)
    )


if __name__ == "__main__":
    run(main)
