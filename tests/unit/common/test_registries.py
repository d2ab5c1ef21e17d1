"""What a new target, family or metric can rely on."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.common.syntax import registry_entries
from foretell.evaluation.catalogue import METRICS, NOTHING, REPORTED, metrics_of
from foretell.probes.families import FAMILIES, by_builder
from foretell.probes.targets import TARGETS, Target, read_targets

SCRIPTS = Path(__file__).parents[3] / "scripts"


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_a_target_is_chosen_and_reported_by_metrics_that_there_are(target):
    assert target.criterion.name in metrics_of(target) and set(REPORTED) & set(metrics_of(target))
    assert set(metrics_of(target)) <= set(METRICS)
    assert target.binary or not any(METRICS[name].both_classes for name in metrics_of(target))


def test_a_new_target_needs_one_entry(monkeypatch):
    entry = Target("unanimous", "whether all samples are right", True, "auroc")
    monkeypatch.setitem(TARGETS, "unanimous", entry)
    ids = [f"p{i}" for i in range(8)]
    outcomes = pd.DataFrame({"problem_id": ids, "group": ids, "split": "train", "unanimous": [True, False] * 4})
    (target,) = read_targets(outcomes, ["unanimous"], folds=2, seed=1)
    assert target.binary and target.criterion.name == "auroc"
    np.testing.assert_array_equal(target.labels, [1, 0] * 4)


def test_a_target_may_be_read_from_other_columns():
    rare = Target("rare", "hard problems", True, "auroc", read=lambda frame: frame.success_rate < 0.5)
    assert rare.labels(pd.DataFrame({"success_rate": [0.1, 0.9]})).tolist() == [1.0, 0.0]
    with pytest.raises(UserError, match="no column 'greedy_correct'"):
        TARGETS["greedy_correct"].labels(pd.DataFrame({"success_rate": [0.1]}))


def test_families_with_the_same_candidates_share_them_and_imported_ones_have_none():
    together = [
        [family.name for family in families] for _, families in by_builder(["tfidf", "permuted_labels", "linear"])
    ]
    assert together == [["linear", "permuted_labels"], ["tfidf"]]
    with pytest.raises(UserError, match="'imported' is not trained here"):
        by_builder(["imported"])
    assert [name for name, family in FAMILIES.items() if family.control] == ["permuted_labels"]


def test_base_rates_are_of_no_family():
    assert [name for name, metric in METRICS.items() if metric.values == NOTHING] == ["base_rate"]


def test_naming_targets_and_families_loads_nothing_heavy():
    assert loaded("foretell.probes.families, foretell.probes.settings, foretell.probes.targets", "scipy.stats") == "[]"


def test_planning_a_study_loads_nothing_heavy():
    """Each process of snakemake does that, those of a cluster's jobs among them."""
    assert (
        loaded("foretell.study.open, foretell.study.files, foretell.study.jobs, foretell.study.plan", "scipy") == "[]"
    )


def loaded(modules, *others):
    """Which heavy packages are loaded after importing modules."""
    heavy = ["torch", "transformers", "sklearn", "matplotlib", *others]
    program = f"import sys, {modules}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=SCRIPTS)
    return done.stdout.strip()


@pytest.mark.parametrize("file", sorted(SCRIPTS.rglob("*.py")), ids=lambda file: str(file.relative_to(SCRIPTS)))
def test_an_entry_is_named_by_a_text_so_that_it_counts_for_the_jobs_that_use_it_alone(file):
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        entries, rest = registry_entries(statement)
        assert not entries or rest.value.args == []
