from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from evaluated import evaluated
from figure_frames import summary
from foretell.claims.findings import Finding, direction_of_difference, direction_of_excess, direction_of_match, verdict
from foretell.claims.measures import (
    effort_lowers_auroc,
    effort_raises_accuracy,
    human_difficulty_decoded_better,
    length_falls_with_success,
    probe_beats,
    probe_beats_chance,
    router_matches,
)
from foretell.claims.table import ClaimsSettings, check, read_subjects, to_markdown, untestable, untestable_of_all
from foretell.common.errors import UserError
from foretell.common.yaml_files import read_yaml

N = 400


def finding(direction):
    return Finding("", 0.0, 1.0, N, direction, "")


def test_a_difference_is_called_only_when_its_interval_excludes_zero():
    assert direction_of_difference(0.01, 0.2) == "same direction"
    assert direction_of_difference(-0.2, -0.01) == "opposite"
    assert direction_of_difference(-0.01, 0.2) == "inconclusive"


@pytest.mark.parametrize(
    ("difference", "saving", "expected"),
    [
        ((-0.009, 0.02), (0.1, 0.3), "same direction"),
        ((-0.011, 0.02), (0.1, 0.3), "inconclusive"),
        ((-0.009, 0.02), (-0.1, 0.3), "inconclusive"),  # may save nothing
        ((-0.03, -0.011), (0.1, 0.3), "opposite"),
        ((-0.009, 0.02), (-0.3, -0.1), "opposite"),
    ],
)
def test_to_match_at_lower_cost_takes_a_match_and_a_saving(difference, saving, expected):
    assert direction_of_match(difference, saving, margin=0.01) == expected


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
def outcomes():
    """One model at two efforts: right half of the time at low, 95 % of it at high."""
    draw = np.random.default_rng(0).permutation((np.arange(N) + 0.5) / N)
    ids = [f"p{i}" for i in range(N)]
    frame = pd.DataFrame({"problem_id": ids, "split": "test", "group": ids, "success_rate": 1 - draw})
    frame["completion_tokens"] = np.round(1000 * draw).astype(int)
    rights = {"m-low": draw < 0.5, "m-high": draw < 0.95}
    return {
        policy: frame.assign(**dict.fromkeys(("majority_correct", "greedy_correct"), pd.array(right, dtype="boolean")))
        for policy, right in rights.items()
    }


def subject_of(outcomes, predictions, cross_fitted=False):
    entry = {
        "answers": "integer",
        "policies": [{"policy": name, "model": "m", "effort": name.removeprefix("m-")} for name in outcomes],
        "pools": [],
        "cross_fitted": cross_fitted,
    }
    settings = ClaimsSettings.model_validate({"title": "t", "evidence": "analogue", "subjects": {"set": entry}})
    return read_subjects(settings, {"set": evaluated(outcomes, predictions, 200).resamples}, {})["set"]


@pytest.fixture
def subject(outcomes):
    """The probe sees success at low effort only."""
    rng = np.random.default_rng(0)
    predictions = {}
    for policy, frame in outcomes.items():
        scores = frame.success_rate if policy == "m-low" else rng.random(N)
        head = frame[["problem_id", "split"]].assign(probability=0.5)
        predictions[policy, "majority_correct", "linear"] = head.assign(score=scores)
        predictions[policy, "majority_correct", "tfidf"] = head.assign(score=rng.random(N))
        predictions[policy, "greedy_correct", "token_gbm"] = head.assign(score=np.nan)
    return subject_of(outcomes, predictions)


def test_accuracy_that_rises_with_effort_is_found(subject):
    result = effort_raises_accuracy(subject)
    assert result.direction == "same direction" and 0.35 < result.low < 0.45 < result.high < 0.55
    assert result.n == N and result.reason == "m"


def test_an_auroc_needs_fifty_failures_and_fifty_successes(subject):
    assert "failures" in effort_lowers_auroc(subject).reason  # 20 problems fail at high effort
    result = probe_beats(subject, "majority_correct", "tfidf")
    assert result.direction == "same direction" and result.reason == "m-low"


def test_a_claim_prints_the_values_of_the_evaluation(subject, outcomes):
    low = outcomes["m-low"]
    linear = roc_auc_score(low.majority_correct.astype(int), low.success_rate)
    assert f"AUROC {linear:.3f} against" in probe_beats(subject, "majority_correct", "tfidf").ours


def test_a_family_that_was_not_trained_makes_a_claim_not_testable(subject):
    result = probe_beats(subject, "majority_correct", "prompt_length")
    assert result.reason == "prompt_length was not trained to predict majority_correct"


def test_of_texts_alone_the_reason_is_that_there_is_no_probe_not_that_problems_are_few(subject):
    without = {key: value for key, value in subject.values.items() if key[2] != "linear"}
    of_texts = replace(subject, values=without)
    no_probe = "no probe of activations was trained to predict majority_correct on problems that are split"
    for result in (
        probe_beats(of_texts, "majority_correct", "tfidf"),
        probe_beats_chance(of_texts, "majority_correct"),
        effort_lowers_auroc(of_texts),
    ):
        assert result.direction is None and result.reason == no_probe


def test_completions_that_grow_as_success_falls_are_found(subject):
    assert length_falls_with_success(subject).direction == "same direction"


def test_unknown_lengths_test_nothing(outcomes):
    unknown = {policy: frame.assign(completion_tokens=pd.NA) for policy, frame in outcomes.items()}
    assert length_falls_with_success(subject_of(unknown, {})).reason == "completion tokens are not known"


def cross_fitted(outcomes, target, noise):
    """Held-out scores in two partitions of five folds, each fold's fit with an offset of its own."""
    rng = np.random.default_rng(1)
    parts = []
    for partition in range(2):
        fold = rng.permutation(N) % 5
        score = outcomes[target] + rng.normal(scale=noise, size=N) + 10 * fold
        head = outcomes[["problem_id"]].assign(partition=partition, fold=fold, score=score)
        parts.append(head.assign(split="test", probability=np.nan))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(("noise", "direction"), [(0.1, "same direction"), (3.0, "opposite")])
def test_human_difficulty_and_own_success_are_compared_within_held_out_folds(subject, outcomes, noise, direction):
    assert "no human difficulty" in human_difficulty_decoded_better(subject).reason
    frame = outcomes["m-low"]
    frame["reference_difficulty"] = np.random.default_rng(2).random(N)
    predictions = {
        ("m-low", target, "linear"): cross_fitted(frame, target, spread)
        for target, spread in (("reference_difficulty", noise), ("success_rate", 0.5))
    }
    read = subject_of({"m-low": frame}, predictions, cross_fitted=True)
    result = human_difficulty_decoded_better(read)
    assert result.direction == direction and result.low < result.high
    if direction == "same direction":
        assert "Spearman 0.9" in result.ours
    assert probe_beats(read, "success_rate", "linear").direction is None


def test_problem_sets_and_pools_without_their_files_are_refused(outcomes):
    entry = {"answers": "math", "policies": [{"policy": "m-low", "model": "m", "effort": None}], "pools": ["pool"]}
    settings = ClaimsSettings.model_validate({"title": "t", "evidence": "original", "subjects": {"set": entry}})
    with pytest.raises(UserError, match="problem set 'set' must stand both"):
        read_subjects(settings, {}, {})
    with pytest.raises(UserError, match="pool 'pool' stands under 'subjects'"):
        read_subjects(settings, {"set": evaluated(outcomes, {}, 20).resamples}, {})
    without = evaluated({"m-high": outcomes["m-high"]}, {}, 20).resamples
    with pytest.raises(UserError, match="--resamples of 'set' have no policy 'm-low'"):
        read_subjects(settings, {"set": without}, {"pool": None})


@pytest.mark.parametrize(("saving", "said"), [(0.25, "25.0 % lower cost"), (-0.25, "25.0 % higher cost")])
def test_a_router_that_costs_more_is_not_said_to_save_a_negative_share(subject, saving, said):
    frame = summary(["cheap", "dear"]).assign(saving=saving, saving_low=saving, saving_high=saving)
    assert f"at {said} " in router_matches(replace(subject, routing={"pool": frame}), "utility").ours


def test_a_study_without_a_pool_cannot_test_routing(subject):
    assert router_matches(subject, "utility").direction is None


def test_every_claim_of_the_paper_gets_a_row_and_a_verdict(subject, pytestconfig):
    claims = read_yaml(pytestconfig.rootpath / "config" / "claims.yaml")
    table = check(claims, {"set": subject}, "analogue")
    assert table.claim_id.tolist() == list(claims)
    untested = table[table.verdict == "not testable here"]
    assert untested.note.str.len().gt(10).all()
    assert "not its reproduction" in to_markdown(table, "title", "analogue")
    assert "reproduced" not in " ".join(table.verdict)


def test_claims_that_cannot_be_tested_are_counted_once_and_listed_by_reason():
    rows = [
        ("a", "s", "analogue: opposite", ""),
        ("a", "t", "not testable here", "no effort"),
        ("b", "s", "not testable here", "no AIME"),
        ("b", "t", "not testable here", "no AIME"),
        ("c", "s", "not testable here", "no code"),
        ("c", "t", "not testable here", "no pool"),
    ]
    table = pd.DataFrame(rows, columns=["claim_id", "subject", "verdict", "note"]).assign(claim="It works")
    assert untestable_of_all(table) == "2 of 3 claims" and untestable_of_all(table.head(2)) == ""
    listed = untestable(table)[["claim_id", "subject", "note"]].values.tolist()
    assert listed == [["a", "t", "no effort"], ["b", "all", "no AIME"], ["c", "s", "no code"], ["c", "t", "no pool"]]
