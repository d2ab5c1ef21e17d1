"""Entries of the manifest of figures, beside the modules and captions that they name."""

import importlib
import inspect
from pathlib import Path

import pytest

from foretell.common.yaml_files import read_yaml
from foretell.study.figures import read_manifest

ROOT = Path(__file__).parents[3]
MANIFEST = read_manifest(read_yaml(ROOT / "config" / "figures.yaml"))
GIVEN = {
    "resampling": {"resamples", "seed"},
    **{key: {key} for key in ("efforts", "fallback", "investment", "family", "calibrated_on")},
}


@pytest.mark.parametrize("label", MANIFEST)
def test_an_entry_names_a_caption_and_a_module_that_takes_what_it_gives(label):
    entry = MANIFEST[label]
    assert (ROOT / "workflow" / "report" / f"{label}.rst").read_text().strip()
    module = importlib.import_module(f"foretell.figures.{entry.module}")
    assert callable(module.draw if label.startswith("F") else module.layout)
    given = {*entry.reads, *entry.settings, *(name for key in entry.takes for name in GIVEN[key])}
    assert given == set(inspect.signature(module.collect).parameters)
