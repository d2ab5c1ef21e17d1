from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import brier_score_loss, roc_auc_score

from foretell.common.errors import UserError
from foretell.probes.cross_fit import complete
from foretell.probes.encoders import read_successes
from foretell.probes.folds import fold_units
from foretell.probes.groups import GroupRateBlock
from foretell.probes.inputs import Inputs
from foretell.probes.settings import EncoderSettings, ProbeSettings
from foretell.probes.training import train_probes

N = 400


class Given:
    """Activations of one layer and position that are held in memory."""

    def __init__(self, values):
        self.values, self.slices = values, [(0, -1)]

    def read(self, layer, position):
        return self.values


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    group = rng.choice([f"g{i:02d}" for i in range(40)], N)
    ability = dict(zip(np.unique(group), rng.normal(size=40), strict=True))
    difficulty = rng.normal(size=N)
    chance = expit(2 * np.array([ability[name] for name in group]) - 2 * difficulty)
    outcomes = pd.DataFrame(
        {
            "problem_id": [f"p{i:03d}" for i in range(N)],
            "split": np.repeat(["train", "validation", "test"], [200, 50, 150]),
            "group": group,
            "reference_difficulty": difficulty,
            "majority_correct": pd.array(rng.random(N) < chance, dtype="boolean"),
            "success_rate": chance,
        }
    )
    features = np.column_stack([chance + rng.normal(scale=0.2, size=N), rng.normal(size=(N, 3))])
    noise = rng.normal(size=(N, 4))
    questions = np.array(["q"] * N, dtype=object)
    return Inputs(outcomes, questions, None, Given(features), Given(noise))


def train(inputs, families, targets=("majority_correct",), **options):
    protocol = {"folds": 5, "strengths": [0.1, 10.0], "permutations": 2, "seed": 1}
    settings = ProbeSettings(targets=list(targets), families=families, **protocol, **options)
    return {(probe.family, probe.target): probe for probe in train_probes(inputs, settings)}


def test_the_group_rate_is_the_smoothed_mean_of_the_group_and_of_all_for_a_new_one():
    groups = np.array(["a", "a", "a", "b", "c"])
    fitted = GroupRateBlock(groups).fit(np.array([0, 1, 3]), np.array([[1.0], [1.0], [0.0]]), np.array([False]))
    scores = fitted.scores(np.array([2, 3, 4]))[:, 0, 0]
    assert scores == pytest.approx([(2 + 2 / 3) / 3, (0 + 2 / 3) / 2, 2 / 3])
    odds = GroupRateBlock(groups).fit(np.array([0, 1, 3]), np.array([[1.0], [1.0], [0.0]]), np.array([True]))
    assert expit(odds.scores(np.array([2]))[0, 0, 0]) == pytest.approx((2 + 2 / 3) / 3)


def test_reference_predictors_know_what_they_should_and_untrained_weights_nothing(inputs):
    probes = train(inputs, ["linear", "reference_difficulty", "group_rate", "untrained"])
    test = (inputs.outcomes.split == "test").to_numpy()
    labels = inputs.outcomes.majority_correct[test].astype(int)
    value = {family: roc_auc_score(labels, probe.predictions.score[test]) for (family, _), probe in probes.items()}
    assert value["linear"] > 0.8 and value["reference_difficulty"] > 0.65 and value["group_rate"] > 0.65
    assert abs(value["untrained"] - 0.5) < 0.12


def test_folds_hold_out_groups_only_where_the_split_does(inputs):
    assert set(fold_units(inputs.outcomes)) == set(inputs.outcomes.problem_id)  # test has the groups of train
    apart = inputs.outcomes.assign(group=inputs.outcomes.split + inputs.outcomes.group)
    assert set(fold_units(apart)) == set(apart.group)
    # so the mean of a group that is known is calibrated for problems of known groups
    probe = train(inputs, ["group_rate"])["group_rate", "majority_correct"]
    test = (inputs.outcomes.split == "test").to_numpy()
    labels = inputs.outcomes.majority_correct.astype(float)
    base = brier_score_loss(labels[test], np.full(test.sum(), labels[~test].mean()))
    assert brier_score_loss(labels[test], probe.predictions.probability[test]) < base - 0.02
    assert probe.description["platt"]["slope"] > 0.5


def test_metadata_are_features_value_by_value(inputs):
    easy = inputs.outcomes.group.isin([f"g{i:02d}" for i in range(0, 40, 2)])
    labels = pd.array(easy ^ (np.random.default_rng(1).random(N) < 0.1), dtype="boolean")
    columns = pd.DataFrame({"subject": np.where(easy, "b", "a"), "level": [1, None] * (N // 2)})
    given = replace(inputs, outcomes=inputs.outcomes.assign(majority_correct=labels), metadata=columns)
    probe = train(given, ["metadata"])["metadata", "majority_correct"]
    assert (probe.predictions.score[easy].min() > probe.predictions.score[~easy].max()) and probe.description["platt"]
    with pytest.raises(UserError, match="names under 'metadata', which the job was not given"):
        train(inputs, ["metadata"])


def test_probabilities_may_be_calibrated_on_validation_beside_train(inputs):
    train_rows = (inputs.outcomes.split == "train").to_numpy()
    shifted = inputs.outcomes.majority_correct.mask(train_rows, True).to_numpy(dtype=bool, copy=True)
    shifted[np.flatnonzero(train_rows)[:40]] = False
    outcomes = inputs.outcomes.assign(majority_correct=pd.array(shifted, dtype="boolean"))
    probe = train(replace(inputs, outcomes=outcomes), ["linear"], recalibrate=True)["linear", "majority_correct"]
    for split, column in (("train", "probability_train"), ("validation", "probability")):
        rows = (outcomes.split == split).to_numpy()
        assert probe.predictions[column][rows].mean() == pytest.approx(shifted[rows].mean(), abs=0.02)


def test_the_reference_difficulty_is_a_target_but_not_its_own_feature(inputs):
    probes = train(inputs, ["linear", "reference_difficulty"], ["reference_difficulty", "success_rate"])
    assert set(probes["linear", "reference_difficulty"].sweep.metric) == {"spearman"}
    assert probes["reference_difficulty", "reference_difficulty"].description["reason"].startswith("the feature is")
    assert probes["reference_difficulty", "success_rate"].description["reason"] is None


def test_a_missing_reference_difficulty_is_named_with_the_key(inputs):
    inputs.outcomes.loc[0, "reference_difficulty"] = np.nan
    with pytest.raises(UserError, match=r"1 of 400 problems have no reference_difficulty.*'probes\.families'"):
        train(inputs, ["linear", "reference_difficulty"])
    with pytest.raises(UserError, match=r"1 of 400 problems have no reference_difficulty.*'problems\.columns'"):
        complete(inputs.outcomes, "reference_difficulty")


def test_every_policy_is_read_from_the_encoder_on_the_same_problems(inputs):
    flipped = inputs.outcomes.assign(majority_correct=~inputs.outcomes.majority_correct)
    never = inputs.outcomes.assign(majority_correct=False)
    outcomes = {"own": inputs.outcomes, "opposite": flipped, "never": never}
    read = read_successes(
        inputs, outcomes, EncoderSettings(target="majority_correct", strengths=[0.1, 10.0], folds=5, seed=1)
    )
    assert read.groupby("policy", sort=False).size().to_dict() == dict.fromkeys(outcomes, N)
    scores = read.pivot(index="problem_id", columns="policy", values="score")
    np.testing.assert_allclose(scores.own, -scores.opposite, atol=1e-6)
    assert scores.never.isna().all()
