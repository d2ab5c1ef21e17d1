"""Which scores a study is too small for, as far as its configuration and its own files tell before anything runs."""

from collections.abc import Iterator

from foretell.study.study import Study

MOSTLY_RIGHT = 0.9  # a policy that is right on so many is no rare one


def too_small_for(study: Study) -> Iterator[str]:
    """One text per problem set or pool whose problems or groups are too few for a score, or few enough to limit it."""
    from foretell.routing.too_few import too_few_groups, too_few_to_choose, too_few_to_match
    from foretell.study.counting import count  # both take a while to import, which planning need not wait for

    for name in study.reported():
        counted = count(study, name)
        if not counted.test:  # unknown, or refused by the job that imports them
            continue
        yield from _too_small_for_auroc(name, counted.test, study.config.statistics.fewest_per_class)
        if counted.groups is not None:
            yield from too_few_groups(name, counted.groups, counted.test)
        for pool in study.pools_on(name):
            yield from too_few_to_match(pool, counted.test, study.config.routing.margin)
            if counted.validation is not None:
                yield from too_few_to_choose(pool, counted.validation)
            if counted.pilot and pool in study.piloted():
                yield from _too_small_for_pilot(study, pool, counted.pilot)


def without_pilots(study: Study) -> Iterator[str]:
    """Pools with a pilot, for which no problem is kept, as far as files on this computer tell."""
    from foretell.study.counting import count

    for pool in study.piloted():
        name = study.pool(pool).problem_set
        if count(study, name).pilot == 0:
            yield (
                f"pool {pool!r} has a pilot, and no problem of {name!r} is in the split 'pilot': set "
                f"'problem_sets.{name}.pilot_share', or say 'pilot' in the column 'split' of its file"
            )


def _too_small_for_pilot(study: Study, pool: str, size: int) -> Iterator[str]:
    from foretell.deployment.pilot import least_margin
    from foretell.deployment.replay_pilot import ERROR

    pilot = study.pool(pool).pilot
    assert pilot is not None
    margin = study.config.routing.margin if pilot.margin is None else pilot.margin
    least = least_margin(size, ERROR)
    if least > margin:
        yield (
            f"pool {pool!r} has {size} problems for its pilot, after which it cannot be shown that a router is less "
            f"accurate by less than {margin:g} ('pilot.margin'), even if all answers are right; {least:.2g} could be"
        )


def _too_small_for_auroc(problem_set: str, size: int, fewest: int) -> Iterator[str]:
    needs = f"an AUROC needs {fewest} failures and {fewest} successes ('statistics.fewest_per_class')"
    if size < 2 * fewest:
        yield f"problem set {problem_set!r} has {size} test problems and {needs}: none will be reported"
    elif fewest > (1 - MOSTLY_RIGHT) * size:
        yield (
            f"problem set {problem_set!r} has {size} test problems and {needs}: none will be reported for policies "
            f"that are right on less than {fewest / size:.1%} or more than {1 - fewest / size:.1%}"
        )
