import re
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

BASE = Path(workflow.basedir).parent
SCRIPTS = BASE / "scripts"
sys.path.insert(0, str(SCRIPTS))

from foretell.study import reporting
from foretell.study.config import check, read_yaml
from foretell.common.errors import UserError
from foretell.grading.sandbox import why_unavailable
from foretell.study.left_out import leave_out
from foretell.common.provenance import code_hash
from foretell.study.study import Study, as_parameter

CONFIG_FILES = [str(file) for file in workflow.configfiles]

try:
    for file in CONFIG_FILES:
        read_yaml(Path(file))  # Snakemake's own loader lets a repeated key pass
    MANIFEST = read_yaml(BASE / "config" / "figures.yaml")
    SCHEMA = read_yaml(BASE / "workflow" / "schemas" / "config.schema.yaml")
    checked = check(config, SCHEMA, MANIFEST, files=" + ".join(CONFIG_FILES))
    study = Study(*leave_out(checked, why_unavailable))
except (UserError, OSError) as error:
    raise WorkflowError(str(error)) from None

for problem_set, reason in study.left_out.items():
    print(f"problem set {problem_set!r} is left out: {reason}", file=sys.stderr)


def script(name):
    """Path of a script. A Path is not tracked as a parameter, so that moving the folder reruns nothing."""
    return SCRIPTS / f"{name}.py"


def code(name):
    """Hash of what a script and the modules it imports do, so that an edit of a comment reruns nothing."""
    return code_hash(script(name))


def any_of(ids):
    """A wildcard constraint that allows just these ids."""
    return "|".join(map(re.escape, sorted(ids))) or "(?!)"


def results(pattern, **ids):
    """Paths under the study's results, one for each combination of the ids given as lists."""
    return expand(f"results/{study.id}/{pattern}", **ids)


def judged(wildcards):
    """The problem set that a job is about, and its policies: all that are judged on it, or those of the job's pool."""
    if hasattr(wildcards, "pool"):
        pool = study.pool(wildcards.pool)
        return pool["problem_set"], pool["policies"]
    return wildcards.problem_set, study.policies(wildcards.problem_set)


def of_each_policy(pattern, **ids):
    """Input function: one file per policy that a job is about."""

    def files(wildcards):
        problem_set, policies = judged(wildcards)
        return results(pattern, problem_set=problem_set, policy=policies, family=study.family(problem_set), **ids)

    return files


def option_per_policy(option, pattern):
    """Parameter function: `--option policy=path`, once per policy that a job is about."""

    def options(wildcards):
        problem_set, policies = judged(wildcards)
        ids = {"problem_set": problem_set, "family": study.family(problem_set)}
        paths = [results(pattern, policy=policy, **ids)[0] for policy in policies]
        return " ".join(f"{option} {policy}={path}" for policy, path in zip(policies, paths))

    return options


wildcard_constraints:
    study=re.escape(study.id),
    problem_set=any_of(study.config["problem_sets"]),
    model=any_of(study.config["models"]),
    policy=any_of(study.config["policies"]),
    encoder=any_of(study.models.encoders()),
    pool=any_of(study.config["pools"]),
    shard=any_of(study.shards()),
    set=any_of([*study.config["problem_sets"], *study.config["pools"]]),
