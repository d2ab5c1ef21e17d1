"""Problem sets that a study does without on a machine that cannot run generated code.

That is decided for each when the study is first run with it, and kept with the results: a sandbox that is installed
later does not change a finished study.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from foretell.common.errors import UserError
from foretell.common.storage import write_json
from foretell.study.config import StudyConfig
from foretell.study.models import Tiny
from foretell.study.policies import AnyPolicy
from foretell.study.pools import AnyPool, SinglePool
from foretell.study.problem_sets import AnyProblemSet, ByGroup
from foretell.study.study import Study

FILE = "left_out.json"
_KEPT, _LEFT = "kept: its programs run here in a sandbox", "left out: "


def decide(config: StudyConfig, results: Path, why_no_sandbox: Callable[[], str | None]) -> dict[str, str]:
    """Which problem sets are left out, and why.

    Args:
        config: the study.
        results: folder of its results, where an earlier run's decision lies.
        why_no_sandbox: tells why generated code cannot run here, None if it can; asked only if that matters.
    """
    decided = _decided(results)
    reasons = {name: decided[name] if name in decided else why_no_sandbox() for name in _optional(config)}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def kept_reasons(results: Path) -> dict[str, str]:
    """What a finished study does without, and why."""
    return {name: reason for name, reason in _decided(results).items() if reason is not None}


def keep(config: StudyConfig, left_out: dict[str, str], results: Path) -> None:
    """Keep what was decided for later runs of the study; what was decided earlier stands.

    Args:
        config: the study without what is left out.
        left_out: as `decide` gives it.
        results: folder of the study's results.
    """
    decided = _decided(results)
    kept = {**dict.fromkeys(_optional(config)), **left_out, **decided}
    if kept != decided:
        write_json({name: _KEPT if why is None else f"{_LEFT}{why}" for name, why in kept.items()}, results / FILE)


def _decided(results: Path) -> dict[str, str | None]:
    """Per problem set that an earlier run decided on, why it is left out, or None where it is not."""
    file = results / FILE
    try:
        said = TypeAdapter(dict[str, str | None]).validate_json(file.read_bytes()) if file.is_file() else {}
    except ValidationError:
        raise UserError(f"{file}: is damaged; delete it, so that the next run decides again") from None
    return {name: None if text in (None, _KEPT) else text.removeprefix(_LEFT) for name, text in said.items()}


def _optional(config: StudyConfig) -> list[str]:
    entries = config.problem_sets.items()
    return [name for name, entry in entries if getattr(entry, "without_sandbox", None) == "leave_out"]


def not_graded_here(study: Study, why_no_sandbox: Callable[[], str | None]) -> Iterator[str]:
    """What stays in the study although its answers cannot be graded on this machine, told before they are generated.

    Of a problem set that says only in its file which of its problems ask for code, this does not know.
    """
    for name, entry in study.config.problem_sets.items():
        graded = any(study.made_by("rollouts", policy) == "grade_rollouts" for policy in study.policies(name))
        if entry.answers == "code" and graded and (why := why_no_sandbox()):
            yield (
                f"problem set {name!r}: this machine cannot grade its answers, and where they are not graded yet, "
                f"grade_rollouts stops on it: {why}"
            )


def leave_out(config: StudyConfig, names: list[str]) -> StudyConfig:
    """A study without some problem sets, and without the splits, pools, policies and models that serve them alone.

    What a model that stays is trained on stays too, though nothing is evaluated on it any more.
    """
    sets = {name: entry for name, entry in config.problem_sets.items() if not _belongs_to(entry, name, names)}
    pools = {name: pool for name, pool in config.pools.items() if pool.problem_set not in names}
    idle = evaluated(config.problem_sets, config.pools) - evaluated(sets, pools)
    policies = {name: policy for name, policy in config.policies.items() if name not in idle}
    unasked = _models(config.policies) - _models(policies)
    models = {name: model for name, model in config.models.items() if name not in unasked}
    learnt = {model.problem_set for model in models.values() if isinstance(model, Tiny)}
    sets = {name: entry for name, entry in config.problem_sets.items() if name in {*sets, *learnt}}
    return config.model_copy(update={"problem_sets": sets, "models": models, "policies": policies, "pools": pools})


def _belongs_to(entry: AnyProblemSet, name: str, names: list[str]) -> bool:
    return (entry.of if isinstance(entry, ByGroup) else name) in names


def evaluated(sets: dict[str, AnyProblemSet], pools: dict[str, AnyPool]) -> set[str]:
    """Policies that are evaluated."""
    lists = [pool.policies for pool in pools.values() if isinstance(pool, SinglePool)]
    lists += [entry.evaluated for entry in sets.values()]
    return {policy for policies in lists for policy in policies}


def _models(policies: dict[str, AnyPolicy]) -> set[str]:
    return {model for entry in policies.values() for model in entry.models}
