"""Checks of problem sets from the hub."""

from collections.abc import Iterator

from foretell.study.config import StudyConfig
from foretell.study.policies import ImportedPolicy
from foretell.study.problem_sets import HubSet
from foretell.study.references import evaluated_on, unknown

DIVIDERS = ("date_split", "test_share", "sizes")
_DIVIDERS = "'date_split', 'test_share' or 'sizes'"
_OWN = ("split", "group", "answer_kind", "excluded_reason")  # columns of the contract that have keys of their own


def hub_mistakes(config: StudyConfig) -> Iterator[str]:
    """Data sets of the hub whose files, columns or splits do not fit each other or what is made of them."""
    for name, entry in config.problem_sets.items():
        if isinstance(entry, HubSet):
            key = f"problem_sets.{name}"
            yield from _files(key, entry)
            yield from _columns(key, entry)
            yield from _other_sets(name, entry, config)
            yield from _evaluated(name, entry, config)


def _files(key: str, entry: HubSet) -> Iterator[str]:
    given = [name for name in DIVIDERS if getattr(entry, name) is not None]
    if (entry.splits is None) == (entry.files is None):
        yield f"key '{key}': give either 'splits', or 'files' with {_DIVIDERS}"
    elif entry.splits is not None:
        if not entry.patterns():
            yield f"key '{key}.splits': it names no files; give train, test or both"
        if given:
            yield f"key '{key}.{given[0]}': it divides 'files', and here are 'splits'; leave one of them out"
    elif len(given) != 1:
        yield f"key '{key}.files': give one of {_DIVIDERS}, which divides them"
    elif entry.sizes is not None and entry.group is not None:
        yield f"key '{key}.sizes': it does not keep groups together; use 'test_share', or leave 'group' out"
    for name in ("mirror", "sha256"):
        if getattr(entry, name) is not None and entry.files is None:
            yield f"key '{key}.{name}': it is about 'files', and here are 'splits'; leave it out"
    if entry.pilot_share is not None and (entry.test_of or (entry.sizes and entry.sizes.pilot)):
        other = "test_of" if entry.test_of else "sizes.pilot"
        yield f"key '{key}.pilot_share': it divides test, and {other!r} says which problems are there; leave it out"
    if entry.mirror is not None and entry.sha256 is None:
        yield f"key '{key}.sha256' is missing: it tells that the mirror has the same problems"
    if entry.train_contains_test and not (entry.has("test") and "problem_id" in entry.columns):
        yield f"key '{key}.train_contains_test': it needs test files and 'columns.problem_id', to compare them by"


def _columns(key: str, entry: HubSet) -> Iterator[str]:
    if "question" not in entry.columns:
        yield f"key '{key}.columns.question' is missing: name the column that has the questions"
    for own in (own for own in _OWN if own in entry.columns):
        remedy = "use the key 'group'" if own == "group" else "rename it"
        yield f"key '{key}.columns.{own}': this column is made here; {remedy}"
    if entry.responses is not None and "problem_id" not in entry.columns:
        yield f"key '{key}.columns.problem_id' is missing: name the column of the ids that are in 'responses' too"
    elsewhere = "gold: tests" if entry.gold == "tests" else "choices" if entry.choices else None
    if elsewhere is None and "answer" not in entry.columns:
        yield f"key '{key}.columns.answer' is missing: name the column that has the answers"
    elif elsewhere is not None and "answer" in entry.columns:
        yield f"key '{key}.columns.answer': the answers are those of '{elsewhere}'; leave one of them out"
    if entry.choices and entry.gold != "column":
        yield f"key '{key}.gold': with 'choices' the gold is the right option's letter; leave it out"
    for kind, needs in (("code", entry.gold == "tests"), ("choice", entry.choices is not None)):
        if needs and entry.answer_kind != kind:
            yield f"key '{key}.answer_kind': with '{elsewhere}' it is {kind}"
    if missing := [column for column in entry.metadata or [] if column not in entry.columns]:
        known = ", ".join(entry.columns)
        yield f"key '{key}.metadata': {missing[0]!r} is not under 'columns', where are {known}; name the file's column"


def _other_sets(name: str, entry: HubSet, config: StudyConfig) -> Iterator[str]:
    sets, key = config.problem_sets, f"problem_sets.{name}"
    for other in entry.without_questions_of or []:
        if other not in sets:
            yield unknown(f"{key}.without_questions_of", other, sets)
        elif other == name:
            yield f"key '{key}.without_questions_of': its own test is kept out anyway; leave {name!r} out"
    if entry.test_of is None:
        return
    other_set = sets.get(entry.test_of)
    if other_set is None:
        yield unknown(f"{key}.test_of", entry.test_of, sets)
    elif entry.has("test"):
        yield f"key '{key}.test_of': it has a test of its own; leave one of them out"
    elif not isinstance(other_set, HubSet) or not other_set.has("test"):
        yield f"key '{key}.test_of': {entry.test_of!r} is no data set of the hub with a test"
    elif other_set.answer_kind != entry.answer_kind:
        yield f"key '{key}.test_of': answers of {entry.test_of!r} are {other_set.answer_kind}, here {entry.answer_kind}"


def _evaluated(name: str, entry: HubSet, config: StudyConfig) -> Iterator[str]:
    """Policies that are evaluated where probes cannot be trained, or that are imported in a way that is for files."""
    used = sorted(evaluated_on(name, config)) if entry.patterns() else []
    if used and not entry.has("train"):
        yield (
            f"key 'problem_sets.{name}.splits': there is no train, and probes of {used[0]!r} learn on it; give it, or "
            f"name {name!r} as another set's 'test_of' and evaluate on that"
        )
    if used and not entry.has("test") and entry.test_of is None:
        yield f"key 'problem_sets.{name}.splits': there is no test to report {used[0]!r} on; give it, or 'test_of'"
    for policy in used:
        imported = config.policies[policy]
        if isinstance(imported, ImportedPolicy) and imported.missing == "leave_out":
            yield f"key 'policies.{policy}.missing': 'leave_out' is for problem sets from files; use 'wrong' or 'error'"
        if isinstance(imported, ImportedPolicy) and imported.predictions is not None:
            yield f"key 'policies.{policy}.predictions': on {name!r}, from the hub, probes are trained; leave it out"
