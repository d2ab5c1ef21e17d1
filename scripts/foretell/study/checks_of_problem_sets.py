"""Checks of problem sets, and of what is imported or asked for those from files."""

from collections.abc import Iterator

from foretell.completions.policy import GOLD
from foretell.study.config import StudyConfig
from foretell.study.policies import PREDICTED, ModelPolicy
from foretell.study.problem_sets import ByGroup, Cities, File, GeneratedSet, HubSet, Records, Responded
from foretell.study.references import evaluated_on, fold_mistakes, routed, unknown


def problem_set_mistakes(config: StudyConfig) -> Iterator[str]:
    """Settings of problem sets that do not fit each other, or the policies that are routed on them."""
    for name, entry in config.problem_sets.items():
        key = f"problem_sets.{name}"
        if isinstance(entry, Records):
            yield from _records(key, entry, config)
        if isinstance(entry, File) and entry.metadata and entry.cross_fit:
            yield (
                f"key '{key}.metadata': {name!r} is cross-fitted, where no family reads columns; leave it out, or give "
                "the problems a column 'split'"
            )
        if GOLD in (getattr(entry, "metadata", None) or []):
            yield f"key '{key}.metadata': {GOLD!r} is the gold answer, which no family may read; leave it out"
        if isinstance(entry, File):
            yield from _renamed(key, entry)
        if isinstance(entry, Responded) and entry.responses and "reference_difficulty" in entry.renamed():
            yield (f"key '{key}.responses': the difficulty is a column of the problems already; leave out one of both")
        if isinstance(entry, GeneratedSet):
            yield from _ranges(key, entry)
        if isinstance(entry, ByGroup):
            yield from _by_group(name, entry.of, config)
        if isinstance(entry, GeneratedSet | Cities) and entry.sizes.train < config.probes.folds:
            folds = config.probes.folds
            yield f"key '{key}.sizes.train': the {folds} folds of 'probes.folds' need as many train problems"


def _renamed(key: str, entry: File) -> Iterator[str]:
    """Columns that go by another name."""
    names = {theirs: ours for ours, theirs in entry.problems.columns.items()}
    for column in entry.metadata or []:
        if column in names and column not in entry.problems.columns:
            called = f"the file's column {column!r} is called {names[column]!r} here"
            yield f"key '{key}.metadata': {called}, by the key 'problems.columns'; name it so"


def _records(key: str, entry: Records, config: StudyConfig) -> Iterator[str]:
    if (entry.halves is None) == (entry.folds is None):
        yield f"key '{key}': give either 'halves' or 'folds' (see config/README.md)"
    if entry.halves and entry.halves.validation == entry.halves.test:
        yield f"key '{key}.halves': the same half cannot both choose and report; use 0 and 1"
    if entry.folds:
        yield from fold_mistakes(f"{key}.folds", entry.folds, config.problem_sets, ("halves",))
        yield from _halves_of_folds(key, entry, config)


def _halves_of_folds(key: str, entry: Records, config: StudyConfig) -> Iterator[str]:
    """Folds that report the same half, or are not of the data set that they make up."""
    known = [config.problem_sets[fold] for fold in entry.folds or [] if fold in config.problem_sets]
    records = [each for each in known if isinstance(each, Records)]
    reported = [each.halves.test for each in records if each.halves]
    if len(set(reported)) < len(reported):
        yield f"key '{key}.folds': {', '.join(entry.folds or [])} report the same half; correct their 'halves'"
    if any(each.pilot_share is not None for each in [entry, *records]):
        yield f"key '{key}.folds': folds report all of their test together; leave 'pilot_share' out"
    if len({tuple(each.metadata or []) for each in records}) > 1:
        yield f"key '{key}.folds': {', '.join(entry.folds or [])} differ in 'metadata'; give them the same"
    if len({(each.problems, each.dataset) for each in [entry, *records]}) > 1 or len(records) < len(known):
        yield (
            f"key '{key}.folds': {', '.join(entry.folds or [])} are of another file or data set than "
            f"{key.removeprefix('problem_sets.')!r}"
        )


def _ranges(key: str, entry: GeneratedSet) -> Iterator[str]:
    for name in ("trained_operations", "evaluated_operations"):
        fewest, most = getattr(entry, name)
        if fewest > most:
            yield f"key '{key}.{name}': the fewest come first, as in [2, 4]"
    fewest, most = entry.evaluated_operations
    if entry.evaluated_shares is not None and fewest <= most and len(entry.evaluated_shares) != most - fewest + 1:
        yield (
            f"key '{key}.evaluated_shares': there are {len(entry.evaluated_shares)}; expressions of {fewest} to {most} "
            f"operations need {most - fewest + 1}"
        )


def _by_group(name: str, of: str, config: StudyConfig) -> Iterator[str]:
    """A second split of problems that are not there, or of which nothing is computed here."""
    sets, key = config.problem_sets, f"problem_sets.{name}.of"
    if of not in sets:
        yield unknown(key, of, sets)
    else:
        origin = sets[of]
        cross_fitted = isinstance(origin, File) and origin.cross_fit is not None
        if isinstance(origin, Records | ByGroup | HubSet) or cross_fitted or _is_imported(of, config):
            yield f"key {key!r}: {of!r} cannot be split anew; name a set with splits on which models are run here"
    if any(pool.problem_set == name for pool in config.pools.values()):
        yield f"key 'pools': {name!r} is a second split, which is reported beside {of!r}; route over {of!r}"


def _is_imported(problem_set: str, config: StudyConfig) -> bool:
    return any(not isinstance(config.policies[p], ModelPolicy) for p in evaluated_on(problem_set, config))


def file_mistakes(config: StudyConfig) -> Iterator[str]:
    """Policies that do not fit a problem set from a file, or each other there."""
    for name, entry in config.problem_sets.items():
        if isinstance(entry, File):
            used = evaluated_on(name, config)
            if entry.recalibrate and used != _with(used, "predictions", config):
                yield (
                    f"key 'problem_sets.{name}.recalibrate': its policies have no 'predictions', whose probabilities "
                    "it would scale; those that are learnt here are scaled anyway"
                )
        if isinstance(entry, File | HubSet):
            yield from _policies_of_file(name, entry, config)


def _policies_of_file(name: str, problem_set: File | HubSet, config: StudyConfig) -> Iterator[str]:
    used = evaluated_on(name, config)
    read = {policy for policy in used if config.policies[policy].read_by is not None}
    cross_fitted = isinstance(problem_set, File) and problem_set.cross_fit is not None
    if cross_fitted:
        yield from _policies_of_cross_fitted(name, used, read, config)
    else:
        yield from _sources_of_predictions(name, used, read, config)
    if cross_fitted or not _with(used, "predictions", config):
        without = sorted(used - read - _with(used, "activations", config))
        if read and without:
            yield (
                f"key 'policies.{without[0]}.encoder' is missing: for {sorted(read)[0]!r}, on {name!r} too, a model "
                f"reads the prompts; name the one that reads them for {without[0]!r}"
            )
    elsewhere = {policy for other in config.problem_sets if other != name for policy in evaluated_on(other, config)}
    for policy in sorted(used & elsewhere):
        if not isinstance(config.policies[policy], ModelPolicy):
            yield f"key 'pools': {policy!r} is imported for {name!r} alone; it cannot also be on another problem set"


def _with(policies: set[str], key: str, config: StudyConfig) -> set[str]:
    return {policy for policy in policies if getattr(config.policies[policy], key, None) is not None}


def _sources_of_predictions(name: str, used: set[str], read: set[str], config: StudyConfig) -> Iterator[str]:
    """Keys that some policies of a problem set lack, so that its predictors would not be the same for all."""
    for key in PREDICTED:
        having = _with(used, key, config)
        lacking = sorted(used - having - (read if key == "activations" else set()))
        if having and lacking and lacking[0] in read:
            yield (
                f"key 'policies.{sorted(having)[0]}.{key}': {lacking[0]!r}, on {name!r} too, has a model and no "
                f"{key}; leave it out, and name a model that reads the prompts under 'encoder'"
            )
        elif having and lacking:
            yield f"key 'policies.{lacking[0]}.{key}' is missing: others on {name!r} have it; give all or none"


def _policies_of_cross_fitted(name: str, used: set[str], read: set[str], config: StudyConfig) -> Iterator[str]:
    """What a problem set that is cross-fitted cannot have: predictors from files, and routing by activations."""
    for key in PREDICTED:
        if having := sorted(_with(used, key, config)):
            yield (
                f"key 'policies.{having[0]}.{key}': {name!r} is cross-fitted, which predicts from questions alone; "
                "leave it out, or give the problems a column 'split'"
            )
    if by_model := sorted(read & routed(name, config)):
        yield (
            f"key 'pools': {', '.join(map(repr, by_model))} have a model and {name!r} is cross-fitted, where "
            f"success is read but not routed by; name them in 'problem_sets.{name}.policies' instead"
        )
