"""Which scores a study is too small for, as far as its configuration and its own files tell before anything runs."""

from collections.abc import Iterator
from pathlib import Path

from foretell.common.errors import UserError
from foretell.study.problem_sets import Cities, File, GeneratedSet, HubSet
from foretell.study.study import Study

MOSTLY_RIGHT = 0.9  # a policy that is right on so many is no rare one
OFTEN_DIFFER = 0.1  # a router and the best single policy easily differ on so many


def too_small_for(study: Study) -> Iterator[str]:
    """One text per problem set or pool whose test problems are too few for a score, or few enough to limit it."""
    for name in study.reported():
        size = count_test(study, name)
        if size is None:
            continue
        yield from _too_small_for_auroc(name, size, study.config.statistics.fewest_per_class)
        for pool in study.pools_on(name):
            yield from _too_small_to_match(pool, size, study.config.routing.margin)


def count_test(study: Study, problem_set: str) -> int | None:
    """Test problems of a set, from its entry or the user's file; None where those do not say."""
    entry = study.problem_set(problem_set)
    if isinstance(entry, GeneratedSet | Cities):
        return entry.sizes.test
    if isinstance(entry, HubSet):
        return count_test(study, entry.test_of) if entry.test_of else entry.rows.test
    return _count_in_files(study, entry, test_only=True) if isinstance(entry, File) else None


def count_problems(study: Study, problem_set: str) -> int | None:
    """Problems of all splits, likewise."""
    entry = study.problem_set(study.origin(problem_set))
    if isinstance(entry, GeneratedSet | Cities):
        return sum(entry.sizes.model_dump().values())
    if isinstance(entry, HubSet):
        test = count_test(study, problem_set)
        return entry.rows.all or sum(filter(None, (entry.rows.train, entry.rows.validation, test))) or None
    return _count_in_files(study, entry, test_only=False) if isinstance(entry, File) else None


def _count_in_files(study: Study, entry: File, test_only: bool) -> int | None:
    from foretell.common.tables import read  # the formats take a while to import

    try:
        problems = read([Path(study.config.records) / file for file in entry.problems.files], entry.problems)
    except (UserError, OSError, ValueError):
        return None  # the job that imports the problems says what is wrong
    if "problem_id" not in problems:
        return None
    if test_only and entry.cross_fit is None:
        if "split" not in problems:
            return None
        problems = problems[problems.split.astype(str) == "test"]
    return int(problems.problem_id.astype(str).nunique())  # a log has a row per sample


def _too_small_for_auroc(problem_set: str, size: int, fewest: int) -> Iterator[str]:
    needs = f"an AUROC needs {fewest} failures and {fewest} successes ('statistics.fewest_per_class')"
    if size < 2 * fewest:
        yield f"problem set {problem_set!r} has {size} test problems and {needs}: none will be reported"
    elif fewest > (1 - MOSTLY_RIGHT) * size:
        yield (
            f"problem set {problem_set!r} has {size} test problems and {needs}: none will be reported for policies "
            f"that are right on less than {fewest / size:.1%} or more than {1 - fewest / size:.1%}"
        )


def _too_small_to_match(pool: str, size: int, margin: float) -> Iterator[str]:
    import numpy as np

    from foretell.routing.matching import largest_discordance, score_interval

    least = -score_interval(np.zeros(1), np.zeros(1), np.array([float(size)]))[0].item()
    differ = largest_discordance(size, margin)
    has = f"pool {pool!r} has {size} test problems: that a router matches the best single policy within {margin:g}"
    if least >= margin:
        yield (
            f"{has} ('routing.margin') cannot be shown, even if they differ on none; a margin of {least:.2g} could be"
        )
    elif differ < OFTEN_DIFFER * size:
        yield (
            f"{has} ('routing.margin') can be shown with 80 % power only where one of them alone is right on at most "
            f"{max(differ, 0) / size:.1%} of them"
        )
