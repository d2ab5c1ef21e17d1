"""Figures and tables: the manifest's entries, what of a study they are about, and what they read."""

from collections.abc import Mapping
from string import Formatter
from typing import Any, Literal

from foretell.common.arguments import Settings
from foretell.study import jobs
from foretell.study.files import Files
from foretell.study.study import Study

Need = Literal[
    "splits",
    "norms",
    "efforts",
    "encoders",
    "linear",
    "success_rate",
    "fallback",
    "responses",
    "investment",
    "measured",
    "pilot",
]

# What a problem set or pool may have that a figure is about.
NEEDS: dict[Need, str] = {
    "splits": "problems for train, validation and test",
    "norms": "human norms (a column 'reference_difficulty', or 'responses'), with 'reference_difficulty' and "
    "'success_rate' among the targets",
    "efforts": "a model at several efforts",
    "encoders": "several encoders",
    "linear": "a linear probe that is trained here",
    "success_rate": "predictions of the success rate",
    "fallback": "a fallback",
    "measured": "a pool that is no fold of another one",
    "investment": "an entry under 'return_on_investment'",
    "pilot": "a pilot (a key 'pilot')",
    "responses": "responses of people or models (a key 'responses')",
}


class Figure(Settings):
    """An entry of `config/figures.yaml`."""

    module: str
    """Module of `foretell.figures`: `collect` makes its table, `draw` or `layout` shows it."""
    about: Literal["problem_set", "pool"]
    """What there is one for each of."""
    title: str
    """What it is called in the report."""
    reads: dict[str, str]
    """Arguments of `collect`, and the files under the study's results that they are. `{set}` is the problem set or
    pool, `{problem_set}` its problem set, `{family}` the family that routes; one file per `{policy}` or `{fold}`."""
    takes: list[str] = []
    """Further arguments of `collect` that the study gives: keys of TAKEN."""
    settings: dict[str, Any] = {}
    """Further arguments of `collect`, as they are."""
    needs: list[Need] = []
    """What a problem set or pool must have; NEEDS says it in words."""
    answers: list[str] | None = None
    """Kinds of answer that a problem set may have; all without it."""

    def sets(self, study: Study) -> list[str]:
        """Problem sets or pools that there is something to show for."""
        if self.about == "pool":
            return [name for name in study.config.pools if all(_has(study, name, need) for need in self.needs)]
        return [
            name
            for name in study.problem_sets()
            if (self.answers is None or study.answers(name) in self.answers)
            and all(_has(study, name, need) for need in self.needs)
        ]

    def lacks(self, study: Study) -> list[Need]:
        """What it needs and none of the study's problem sets or pools has."""
        names = study.config.pools if self.about == "pool" else study.problem_sets()
        return [need for need in self.needs if not any(_has(study, name, need) for name in names)]

    def tables(self, study: Study, name: str) -> Files:
        """Files that `collect` reads, by argument, or by argument and id."""
        files: Files = {}
        for argument, pattern in self.reads.items():
            for key, file in self._expanded(study, name, pattern).items():
                files["/".join(filter(None, (argument, key)))] = [file]
        return files

    def tables_of_job(self, study: Study, job: Any) -> Files:
        """The same for a job, whose wildcard `set` is the problem set or pool."""
        return self.tables(study, job.set)

    def _expanded(self, study: Study, name: str, pattern: str) -> dict[str, str]:
        problem_set = study.pool(name).problem_set if self.about == "pool" else name
        fields = {field for _, field, _, _ in Formatter().parse(pattern) if field}
        known = {"set": name, "problem_set": problem_set}
        if "family" in fields:
            known["family"] = study.family(problem_set)
        if "policy" in fields:
            return {policy: pattern.format(policy=policy, **known) for policy in study.policies(problem_set)}
        if "fold" in fields:
            return {fold: pattern.format(fold=fold, **known) for fold in study.folds(name)}
        return {"": pattern.format(**known)}

    def arguments(self, study: Study, name: str) -> dict[str, Any]:
        """Further arguments of `collect`."""
        taken: dict[str, Any] = {}
        for key in self.takes:
            taken |= TAKEN[key](study, name)
        return {**self.settings, **taken}


def _has(study: Study, name: str, need: Need) -> bool:
    match need:
        case "splits":
            return not study.is_cross_fitted(name)
        case "norms":
            return study.compares_difficulty(name)
        case "efforts":
            return study.has_efforts(name)
        case "encoders":
            return bool(study.compared_encoders(name))
        case "linear":
            return study.predictions_by(name) == "train_probes" and "linear" in study.families(name)
        case "success_rate":
            return "success_rate" in study.targets(name)
        case "measured":
            return name in study.measured()
        case "investment":
            return name in study.config.return_on_investment
        case "pilot":
            return name in study.piloted()
        case "responses":
            return study.fits_irt(study.origin(name))
        case "fallback":
            return study.pool(name).fallback is not None


def _fallback(study: Study, pool: str) -> dict[str, Any]:
    entry = study.pool(pool).fallback
    return {"fallback": None if entry is None else entry.model_dump()}


def _investment(study: Study, pool: str) -> dict[str, Any]:
    return {"investment": study.config.return_on_investment[pool].model_dump()}


TAKEN = {
    "resampling": lambda study, name: jobs.resampling(study),
    "efforts": lambda study, name: {"efforts": jobs.efforts(study, name)},
    "fallback": _fallback,
    "investment": _investment,
    "family": lambda study, name: {"family": study.family(name)},
    "calibrated_on": lambda study, name: {"calibrated_on": jobs.calibrated_on(study, name)},
}


SUFFIXES = {"figures": ("svg", "pdf", "png", "csv"), "tables": ("csv", "md", "tex")}


def folder_of(label: str) -> str:
    """Whether a label is of a figure or of a table."""
    return "figures" if label.startswith("F") else "tables"


SHOWN = {"figures": ("svg", "csv"), "tables": ("md", "csv")}  # what the report shows of each


def shown(study: Study, manifest: Mapping[str, Figure]) -> Files:
    """What the report shows of every figure and table, by label and problem set or pool: `F6/tiny`."""
    return {
        f"{label}/{name}": [f"{folder_of(label)}/{name}/{label}.{suffix}" for suffix in SHOWN[folder_of(label)]]
        for label in study.config.figures
        for name in manifest[label].sets(study)
    }


def files_of(study: Study, label: str, figure: Figure) -> list[str]:
    """Files of a figure or table, by their paths from the study's results."""
    folder = folder_of(label)
    return [f"{folder}/{name}/{label}.{suffix}" for name in figure.sets(study) for suffix in SUFFIXES[folder]]


def final_files(study: Study, manifest: Mapping[str, Figure]) -> list[str]:
    """Figures, tables, claims, if any, and front page of a study, by their paths from its results."""
    shown = [file for label in study.config.figures for file in files_of(study, label, manifest[label])]
    claims = ["claims.csv", "claims.md"] if study.config.claims else []
    return [*shown, *claims, "front_page.rst"]


def read_manifest(entries: dict[str, Any]) -> dict[str, Figure]:
    """Entries of the manifest by label."""
    return {label: Figure.model_validate(entry) for label, entry in entries.items()}
