import numpy as np
import pandas as pd
import pytest

from foretell.claims.findings import Finding, direction_of_difference, direction_of_excess, direction_of_match, verdict
from foretell.claims.measures import (
    Subject,
    effort_lowers_auroc,
    effort_raises_accuracy,
    human_difficulty_decoded_better,
    length_falls_with_success,
    probe_beats,
    router_matches,
)
from foretell.claims.table import judge, to_markdown
from foretell.study.config import read_yaml

N = 400


def finding(direction):
    return Finding("", 0.0, 1.0, N, direction, "")


def test_a_difference_is_called_only_when_its_interval_excludes_zero():
    assert direction_of_difference(0.01, 0.2) == "same direction"
    assert direction_of_difference(-0.2, -0.01) == "opposite"
    assert direction_of_difference(-0.01, 0.2) == "inconclusive"


@pytest.mark.parametrize(
    ("matched", "saving", "expected"),
    [
        ("yes", (0.1, 0.3), "same direction"),
        ("inconclusive", (0.1, 0.3), "inconclusive"),
        ("yes", (-0.1, 0.3), "inconclusive"),  # may save nothing
        ("no", (0.1, 0.3), "opposite"),
        ("yes", (-0.3, -0.1), "opposite"),
    ],
)
def test_to_match_at_lower_cost_takes_a_match_and_a_saving(matched, saving, expected):
    assert direction_of_match(matched, *saving) == expected


@pytest.mark.parametrize(
    ("difference", "saving", "expected"),
    [
        ((0.01, 0.02), (0.1, 0.3), "same direction"),
        ((-0.01, 0.02), (0.1, 0.3), "inconclusive"),
        ((0.01, 0.02), (-0.1, 0.3), "inconclusive"),
        ((-0.02, -0.01), (0.1, 0.3), "opposite"),
        ((0.01, 0.02), (-0.3, -0.1), "opposite"),
    ],
)
def test_to_exceed_at_lower_cost_takes_both(difference, saving, expected):
    assert direction_of_excess(difference, saving) == expected


def test_only_original_evidence_can_reproduce_a_claim():
    assert verdict(finding("same direction"), "analogue") == "analogue: same direction"
    assert verdict(finding("same direction"), "original") == "reproduced"
    assert verdict(finding("opposite"), "original") == "not reproduced"
    assert verdict(finding(None), "original") == verdict(finding(None), "analogue") == "not testable here"


@pytest.fixture
def subject():
    """One model at two efforts: right half of the time at low, 95 % of it at high; the probe sees low only."""
    rng = np.random.default_rng(0)
    draw = rng.permutation((np.arange(N) + 0.5) / N)
    outcomes, scores = {}, {}
    for policy, right in (("m-low", draw < 0.5), ("m-high", draw < 0.95)):
        outcomes[policy] = pd.DataFrame(
            {
                "problem_id": [f"p{i}" for i in range(N)],
                "group": [f"p{i}" for i in range(N)],
                "majority_correct": pd.array(right, dtype="boolean"),
                "greedy_correct": pd.array(right, dtype="boolean"),
                "success_rate": 1 - draw,
                "completion_tokens": np.round(1000 * draw).astype(int),
            }
        )
        scores[policy, "majority_correct", "linear"] = -draw if policy == "m-low" else rng.random(N)
        scores[policy, "majority_correct", "tfidf"] = rng.random(N)
    efforts = {"m-low": ("m", "low"), "m-high": ("m", "high")}
    return Subject("integer", outcomes, scores, {}, efforts, routing={}, resamples=200, seed=1)


def test_accuracy_that_rises_with_effort_is_found(subject):
    result = effort_raises_accuracy(subject)
    assert result.direction == "same direction" and 0.35 < result.low < 0.45 < result.high < 0.55


def test_an_auroc_needs_fifty_failures_and_fifty_successes(subject):
    assert "50 failures" in effort_lowers_auroc(subject).reason  # 20 problems fail at high effort
    result = probe_beats(subject, "majority_correct", "tfidf")
    assert result.direction == "same direction" and result.reason == "m-low"


def test_a_family_that_was_not_trained_makes_a_claim_not_testable(subject):
    assert probe_beats(subject, "majority_correct", "prompt_length").direction is None
    assert probe_beats(subject, "greedy_correct", "tfidf").direction is None


def test_completions_that_grow_as_success_falls_are_found(subject):
    assert length_falls_with_success(subject).direction == "same direction"


def cross_fitted(outcomes, target, noise):
    """Held-out scores in two partitions of five folds, each fold's fit with an offset of its own."""
    rng = np.random.default_rng(1)
    parts = []
    for partition in range(2):
        fold = rng.permutation(N) % 5
        score = outcomes[target] + rng.normal(scale=noise, size=N) + 10 * fold
        head = outcomes[["problem_id"]].assign(partition=partition, fold=fold, score=score)
        parts.append(head.assign(split="test"))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(("noise", "direction"), [(0.1, "same direction"), (3.0, "opposite")])
def test_human_difficulty_and_own_success_are_compared_within_held_out_folds(subject, noise, direction):
    assert "no human difficulty" in human_difficulty_decoded_better(subject).reason
    frame = subject.outcomes["m-low"]
    frame["reference_difficulty"] = np.random.default_rng(2).random(N)
    for target, spread in (("reference_difficulty", noise), ("success_rate", 0.5)):
        subject.cross_fitted["m-low", target, "linear"] = cross_fitted(frame, target, spread)
    result = human_difficulty_decoded_better(subject)
    assert result.direction == direction and result.low < result.high
    if direction == "same direction":
        assert "Spearman 0.9" in result.ours


def test_a_study_without_a_pool_cannot_test_routing(subject):
    assert router_matches(subject, "utility").direction is None


def test_every_claim_of_the_paper_gets_a_row_and_a_verdict(subject, pytestconfig):
    claims = read_yaml(pytestconfig.rootpath / "config" / "claims.yaml")
    table = judge(claims, {"set": subject}, "analogue")
    assert table.claim_id.tolist() == list(claims)
    untested = table[table.verdict == "not testable here"]
    assert untested.note.str.len().gt(10).all()
    assert "not its reproduction" in to_markdown(table, "title", "analogue")
    assert "reproduced" not in " ".join(table.verdict)
