"""Entries of a study that apply to nothing, looked for once its other mistakes are corrected."""

from collections.abc import Iterator, Mapping

from foretell.study.config import StudyConfig
from foretell.study.figures import NEEDS, Figure
from foretell.study.left_out import evaluated
from foretell.study.study import Study


def unused(config: StudyConfig, manifest: Mapping[str, Figure]) -> Iterator[str]:
    """Policies that are evaluated nowhere, and figures that no problem set or pool has.

    A misspelt name leaves the right one unused too, so that this is asked of a study without other mistakes.

    Args:
        config: the whole study, before anything is left out of it.
        manifest: figures and tables by label.
    """
    used = evaluated(config.problem_sets, config.pools)
    for name in config.policies:
        if name not in used:
            yield f"key 'policies.{name}': no pool and no problem set names it; add it to one, or leave it out"
    study = Study(config)
    for label in config.figures:
        if not manifest[label].sets(study):
            yield f"key 'figures': {label!r} {_nothing(manifest[label], study)}"


def _nothing(figure: Figure, study: Study) -> str:
    """What a figure would be about, and the study does not have."""
    about = figure.about.replace("_", " ")
    answers = f" with answers of kind {' or '.join(figure.answers)}" if figure.answers else ""
    lacking = figure.lacks(study) or figure.needs
    needs = f" that has {' and '.join(NEEDS[need] for need in lacking)}" if lacking else ""
    return f"({figure.title}) is about a {about}{answers}{needs}, which the study lacks; leave it out"
