import re
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.io import apply_wildcards, flag
from snakemake.path_modifier import PATH_MODIFIER_FLAG

ROOT = Path(workflow.current_basedir).parents[1]  # ours, also where another workflow uses this one as a module
SCRIPTS = ROOT / "scripts"
if not (SCRIPTS / "foretell").is_dir():
    raise WorkflowError(f"there is no library in {SCRIPTS}: use a whole clone of foretell, not its Snakefile alone")
sys.path.insert(0, str(SCRIPTS))

from foretell.common.code_hash import MEMORY
from foretell.common.errors import UserError
from foretell.completions.engines.installed import REMEDY, python_of_vllm
from foretell.grading.sandbox import why_unavailable
from foretell.models.weights import RECORD, WEIGHTS
from foretell.probes.families import FAMILIES
from foretell.study import files, jobs
from foretell.study.checks import missing_keys
from foretell.study.exports import why_not_exported
from foretell.study.failed import failures
from foretell.study.forgotten import without_note
from foretell.common.yaml_files import read_yaml
from foretell.study.figures import SUFFIXES, files_of, final_files, read_manifest, shown
from foretell.study.figures import folder_of as folder_of_label
from foretell.study.left_out import keep, not_graded_here
from foretell.study.open import open_study
from foretell.study.plan import jobs_for, jobs_of
from foretell.study.program import FOLDER, RUN, as_json, interpreter, program_parameters, settings_of
from foretell.study.sizes import too_small_for, without_pilots
from foretell.study.verification import Results

try:
    MANIFEST = read_manifest(read_yaml(ROOT / "config" / "figures.yaml"))
    study = open_study(
        config, workflow.configfiles if workflow.modifier.is_main_snakefile() else [], MANIFEST, ROOT, why_unavailable
    )
except (UserError, OSError) as error:
    raise WorkflowError(str(error)) from None

for name, reason in study.left_out.items():
    print(f"problem set {name!r} is left out: {reason}", file=sys.stderr)

RESULTS = Path("results") / study.id
# What figures, tables and the front page call the families that they show.
FAMILIES_OF_STUDY = sorted({f"FAMILIES.{name}" for each in study.problem_sets() for name in study.families(each)})


VLLM = python_of_vllm(ROOT, workflow.deployment_settings.deployment_method)


def refuse_what_is_missing():
    """An error where an engine is not installed, a server has no key, or a pilot no problems."""
    for missing in [*missing_keys(study), *without_pilots(study)]:
        raise WorkflowError(missing)
    if VLLM is None and (wanting := study.policies_by("completions", "generate_completions_with_vllm")):
        key = f"models.{study.policy(wanting[0]).model}.engine"
        raise WorkflowError(f"key '{key}': vllm is not installed: {REMEDY}")


if not workflow.modifier.is_main_snakefile():  # another workflow does not call `onstart`, where a run is refused
    refuse_what_is_missing()


def program(name, python=None, **options):
    """Parameters with which the shell command RUN runs the script of this name on a job's files.

    The options are those of `foretell.study.program.program_parameters`; without `settings`, the function of
    `foretell.study.jobs` that has the script's name gives them.
    """
    if "settings" not in options:
        options["settings"] = settings_of(name)
    python = python or interpreter(workflow.deployment_settings.deployment_method)
    return {"interpreter": python, **program_parameters(SCRIPTS / f"{name}.py", study, memory=MEMORY, **options)}


@cache
def force_what_is_stale():
    """Have made again what was made otherwise, as records say, where Snakemake has no note of it and sees no change.

    It is called by input functions, since the graph of jobs is there then, and it is not decided yet which ones run.
    """
    if not workflow.is_main_process or not workflow.modifier.is_main_snakefile():
        return
    stale = list(Results(RESULTS, SCRIPTS, MANIFEST, study).made_otherwise(without_note(RESULTS)))
    if stale:
        what = (
            "files were made with other settings, code or data, as their records say, and .snakemake has no note of it"
        )
        print(f"{RESULTS}: {len(stale)} {what}: what is asked for of them is made again", file=sys.stderr)
        workflow.dag.forcefiles.update(str(RESULTS / name) for name in stale)


def under_results(by_id):
    """Input function: the files that a function of `foretell.study.files` names for a job."""

    def files_of_job(wildcards):
        force_what_is_stale()
        return [f"results/{study.id}/{file}" for named in by_id(study, wildcards).values() for file in named]

    return files_of_job


def on_page(study, wildcards):
    """Figures and tables that the report shows."""
    return shown(study, MANIFEST)


def exportable(wildcards):
    """No file; an error where a pool has no router to take away."""
    if reason := why_not_exported(study, wildcards.pool):
        raise WorkflowError(f"pool {wildcards.pool!r} has no router to take away: {reason}")
    return []


def tables_of(figure):
    """Input function: the tables that a figure reads."""
    return under_results(figure.tables_of_job)


def arguments_of(figure):
    """Settings of a figure's job."""
    return lambda study, wildcards: {"module": figure.module, "arguments": figure.arguments(study, wildcards.set)}


def paths_of(label):
    """Files of a figure or table, the one that the report shows first."""
    folder = folder_of_label(label)
    return [f"results/{{study}}/{folder}/{{set}}/{label}.{suffix}" for suffix in SUFFIXES[folder]]


def outputs_of(label):
    """Outputs of a figure or table."""
    kind = "figure" if label[0] == "F" else "table"
    first, *others = paths_of(label)
    reported = report(
        first,
        caption=f"../report/{label}.rst",
        category=f"{kind.capitalize()}s",
        subcategory="{set}",
        labels={"label": label, kind: MANIFEST[label].title},
    )
    return [reported, *others]


def folder_of(output):
    """The folder that a job's outputs lie in."""
    return Path(output[0]).parent


def folder_of_policy(output):
    """The folder of a policy's probes, in which outputs lie by target and family."""
    return Path(output[0]).parents[2]


def folder_of_set(output):
    """The folder of a problem set's probes, in which outputs lie by policy, target and family."""
    return Path(output[0]).parents[3]


def stem_of(output):
    """What the names of a job's outputs share: all but the suffix."""
    return Path(output[0]).with_suffix("")


def countries(wildcards):
    """The table of countries of a set of cities."""
    return {"countries": ROOT / study.problem_set(wildcards.problem_set).countries}


def weights(wildcards):
    """The weights of a tiny model that is not trained anew, with the record of their training."""
    folder = ROOT / study.config.models[wildcards.model].weights
    return {"weights": folder / WEIGHTS, "training": folder / RECORD}


def recorded_rollouts(wildcards):
    """A policy's graded rollouts that are not sampled anew, with their record."""
    stem = ROOT / study.config.recorded_rollouts / wildcards.problem_set / wildcards.policy
    return {"table": Path(f"{stem}.parquet"), "record": Path(f"{stem}.json")}


def claims(wildcards):
    """The paper's claims."""
    return {"claims": ROOT / "config" / "claims.yaml"}


def everything(wildcards):
    """Outputs of every job up to routing, figures and tables."""
    force_what_is_stale()
    return [*outputs_of_jobs(jobs_of(study)), *(f"results/{study.id}/{file}" for file in final_files(study, MANIFEST))]


def every_job(wildcards):
    """One output of each of these jobs, which is enough to wait for all of them and takes less planning."""
    first = outputs_of_jobs(jobs_of(study), at_most=1)
    return [*first, *(f"results/{study.id}/{file}" for file in final_files(study, MANIFEST))]


def needed_for(label):
    """Input function: a figure or table on whatever the study has it for, and outputs of every job that it needs."""

    def needed(wildcards):
        if label not in study.config.figures:
            raise WorkflowError(f"key 'figures': has no {label}; name it there, to have it made")
        made = files_of(study, label, MANIFEST[label])
        return [*outputs_of_jobs(jobs_for(study, MANIFEST[label])), *(f"results/{study.id}/{file}" for file in made)]

    return needed


def outputs_of_jobs(planned, at_most=None):
    """Outputs of jobs, all or so many of each, which have the prefix already that another workflow may give this one."""
    return [
        flag(apply_wildcards(pattern, {"study": study.id, **of}), PATH_MODIFIER_FLAG)
        for rule, of in planned
        for pattern in getattr(rules, rule).output[:at_most]
    ]


def page(wildcards):
    """What the report is written with: how it looks, and what it says beside figures and tables."""
    folder = ROOT / "workflow" / "report"
    return {
        "template": folder / "page.html",
        "style": folder / "page.css",
        "captions": sorted(folder.glob("*.rst")),
        "manifest": ROOT / "config" / "figures.yaml",
    }


def explorer(wildcards):
    """What the explorer is written with: how it looks, and what it computes."""
    folder = ROOT / "workflow" / "report"
    return {"template": folder / "explorer.html", "script": folder / "explorer.js", "style": folder / "page.css"}


def named_after(rule_name, names):
    """Have what a profile sets for a rule hold for those that are made in its place and named after it."""
    settings = workflow.resource_settings
    for given in ("overwrite_threads", "overwrite_resources"):
        by_rule = getattr(settings, given)
        if rule_name in by_rule:
            setattr(settings, given, {**dict.fromkeys(names, by_rule[rule_name]), **by_rule})


def any_of(ids):
    """A wildcard constraint that allows just these ids."""
    return "|".join(map(re.escape, sorted(ids))) or "(?!)"


wildcard_constraints:
    study=re.escape(study.id),
    problem_set=any_of(study.config.problem_sets),
    model=any_of(study.config.models),
    policy=any_of(study.config.policies),
    encoder=any_of(study.encoders()),
    pool=any_of(study.config.pools),
    shard=any_of(study.shards),
    set=any_of([*study.config.problem_sets, *study.config.pools]),


named_after("generate_completions", ["generate_completions_with_vllm"])
named_after("train_probes", study.trained_alike())
named_after("train_joint_probes", study.joint())
named_after(
    "cross_fit_predictors", [f"cross_fit_predictors_{name}" for name in study.predicted_by("cross_fit_predictors")]
)
