"""Probes of all policies at once: known answers of the models, and a whole job."""

import json

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, Ridge

import train_joint_probes
from foretell.probes.families import FAMILIES, jointly_fitted
from foretell.probes.joint import RANKS, JointBlock
from foretell.probes.latent_factors import AT_MEAN, Answers, Linear, factorise, fit_item_response
from foretell.probes.settings import JointSettings, ProbeSettings
from foretell.probes.targets import read_target_of_policies
from foretell.probes.trials import Trial, run_trials

POLICIES = ("a", "b", "c", "d")
TIGHT = 1e-9


def alone(x, labels, strength):
    """Logistic regression of each policy, by scikit-learn."""
    models = [
        LogisticRegression(C=1 / strength, tol=1e-12, max_iter=10_000, solver="newton-cholesky").fit(x, y)
        for y in labels.T
    ]
    return Linear(np.vstack([m.coef_ for m in models]), np.concatenate([m.intercept_ for m in models]))


def planted(seed, questions, scores_of):
    """Features, labels drawn from scores, and the scores."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(questions, 6))
    x -= x.mean(axis=0)
    scores = scores_of(x, rng)
    return x, (rng.random(scores.shape) < expit(scores)).astype(float), scores


def of_rank_one(x, rng):
    return np.outer(x @ [1.0, -0.5, 0, 0, 0.5, 0], [2.0, 1.0, -1.0, 1.5]) + np.array([0.5, 0, -0.5, 1])


def of_item_response(x, rng):
    discriminations = np.logaddexp(0, x @ [0.5, 0, 0, 0, 0, 0.5] + AT_MEAN)
    return np.outer(discriminations, [-1.5, -0.5, 0.5, 1.5]) - (x @ [0, 1, 0, 0.5, 0, 0])[:, None] - 0.25


def answers(x, labels):
    return Answers(x, labels, np.ones(labels.shape[1], dtype=bool))


@pytest.mark.parametrize("columns", [1, 4])
def test_at_full_rank_matrix_factorisation_is_logistic_regression_of_each_policy(columns):
    x, labels, _ = planted(0, 300, of_rank_one)
    expected = alone(x, labels[:, :columns], 3.0)
    rng = np.random.default_rng(1)  # from elsewhere than the answer
    start = Linear(rng.normal(size=(columns, 6)), np.zeros(columns))
    found = factorise(answers(x, labels[:, :columns]), start, 4, 3.0, TIGHT)
    np.testing.assert_allclose(found.factors @ found.mapping, expected.weights, atol=1e-5)
    np.testing.assert_allclose(found.intercepts, expected.intercepts, atol=1e-5)


def test_a_planted_factor_is_recovered_and_better_than_policies_alone():
    x, labels, _ = planted(2, 300, of_rank_one)
    new = np.random.default_rng(3).normal(size=(1000, 6))
    truth, start = of_rank_one(new, None), alone(x, labels, 1.0)
    found = factorise(answers(x, labels), start, 1, 1.0, TIGHT)
    assert np.corrcoef(found.factors[:, 0], [2.0, 1.0, -1.0, 1.5])[0, 1] ** 2 > 0.97
    errors = [np.square(each - truth).mean() for each in (found.scores(new), new @ start.weights.T + start.intercepts)]
    assert errors[0] < 0.8 * errors[1]


def test_planted_abilities_difficulties_and_discriminations_are_recovered():
    x, labels, scores = planted(4, 6000, of_item_response)
    found = fit_item_response(answers(x, labels), alone(x, labels, 1.0), 1, 1.0, 1e-7)
    np.testing.assert_allclose(found.abilities[:, 0], [-1.5, -0.5, 0.5, 1.5], atol=0.15)
    np.testing.assert_allclose(found.discrimination[0], [0.5, 0, 0, 0, 0, 0.5], atol=0.15)
    np.testing.assert_allclose(found.difficulty, [0, 1, 0, 0.5, 0, 0], atol=0.15)
    np.testing.assert_allclose(found.mean_difficulty, 0.25, atol=0.15)
    assert np.square(found.scores(x) - scores).mean() < 0.02


def test_a_policy_of_higher_abilities_is_nowhere_less_often_right():
    x, labels, _ = planted(5, 200, of_rank_one)  # where one policy is better where the others are worse
    found = fit_item_response(answers(x, labels), alone(x, labels, 1.0), 2, 1.0, 1e-6)
    better = type(found)(found.abilities + 1, found.discrimination, found.difficulty, found.mean_difficulty)
    far = 100 * x
    assert (better.scores(far) >= found.scores(far)).all()


@pytest.mark.parametrize("fit", [factorise, fit_item_response])
@pytest.mark.parametrize("graded", [False, True])
def test_where_a_fit_ends_the_loss_is_flat(fit, graded):
    x, labels, _ = planted(6, 150, of_item_response)
    labels = labels + np.random.default_rng(0).normal(size=labels.shape) if graded else labels
    kinds = np.full(4, not graded)
    data, strength = Answers(x, labels, kinds), 5.0
    start = Linear(np.vstack([Ridge(strength).fit(x, y).coef_ for y in labels.T]), labels.mean(axis=0))
    found = fit(data, start, 2, strength, TIGHT)
    arrays = vars(found)

    def total(changed):
        loss, _ = data.loss(type(found)(**changed).scores(x))
        if fit is factorise:
            return loss + strength / 2 * np.square(changed["factors"] @ changed["mapping"]).sum()
        features = sum(np.square(changed[name]).sum() for name in ("discrimination", "difficulty"))
        return loss + strength / 2 * features + np.square(changed["abilities"]).sum() / 2

    rng, step = np.random.default_rng(7), 1e-4
    for name, values in arrays.items():
        direction = rng.normal(size=values.shape)
        up, down = (total({**arrays, name: values + sign * step * direction}) for sign in (1, -1))
        assert abs(up - down) / (2 * step) < 1e-3, name
        assert up + down >= 2 * total(arrays) - 1e-9, name


@pytest.fixture(scope="module")
def study():
    """Questions whose words say how hard they are, and the outcomes of four policies, which agree on that."""
    rng = np.random.default_rng(8)
    hard = rng.random(240)
    easy, difficult = ("add", "two", "sum"), ("integral", "proof", "lemma")
    texts = [" ".join(rng.choice(difficult if rng.random() < p else easy) for _ in range(8)) for p in hard]
    ids = [f"p{i:03d}" for i in range(240)]
    head = pd.DataFrame({"problem_id": ids, "split": ["train", "train", "validation", "test"] * 60, "group": ids})
    scores = 6 * (0.5 - hard)[:, None] + [-1, -0.5, 0, 1]
    right = (rng.random((240, 4)) < expit(scores)).astype(float)
    outcomes = {p: head.assign(majority_correct=right[:, i]) for i, p in enumerate(POLICIES)}
    return pd.DataFrame({"problem_id": ids, "question": texts, "excluded_reason": None}), outcomes


def run(folder, study, policies=POLICIES):
    problems, outcomes = study
    folder.mkdir()
    problems.to_parquet(folder / "problems.parquet")
    for policy, frame in outcomes.items():
        frame.to_parquet(folder / f"{policy}.parquet")
    settings = {"targets": ["majority_correct"], "families": ["matrix_factorisation", "mirt"]}
    settings |= {"folds": 4, "strengths": [100.0], "seed": 1}
    named = [f"{policy}={folder / policy}.parquet" for policy in policies]
    files = ["--problems", str(folder / "problems.parquet"), "--outcomes", *named]
    train_joint_probes.main([*files, "--settings", json.dumps(settings), "--output", str(folder / "probes")])
    file = "majority_correct/{}/predictions.parquet"
    return {
        (policy, family): pd.read_parquet(folder / "probes" / policy / file.format(family))
        for policy in policies
        for family in settings["families"]
    }


@pytest.fixture(scope="module")
def predicted(tmp_path_factory, study):
    return run(tmp_path_factory.mktemp("joint") / "study", study)


def test_every_policy_gets_what_other_families_give(predicted, study):
    problems, outcomes = study
    for (policy, _), table in predicted.items():
        assert list(table) == ["problem_id", "split", "score", "probability"]
        assert table.problem_id.tolist() == problems.problem_id.tolist()
        right, test = outcomes[policy].majority_correct, table.split == "test"
        assert np.corrcoef(table.probability[test], right[test])[0, 1] > 0.3
        for split in ("train", "test"):  # out of fold on train, so calibrated on both
            of = table.split == split
            assert abs(table.probability[of].mean() - right[of].mean()) < 0.1


def test_the_order_of_policies_and_another_run_change_nothing(predicted, study, tmp_path):
    again = run(tmp_path / "again", study)
    turned = run(tmp_path / "turned", study, POLICIES[::-1])
    for key, table in predicted.items():
        pd.testing.assert_frame_equal(again[key], table)
        pd.testing.assert_frame_equal(turned[key], table)


def test_labels_of_validation_and_test_play_no_part(predicted, study, tmp_path):
    problems, outcomes = study
    other = {
        policy: frame.assign(majority_correct=frame.majority_correct.where(frame.split == "train", 0.0))
        for policy, frame in outcomes.items()
    }
    for key, table in run(tmp_path / "other", (problems, other)).items():
        pd.testing.assert_frame_equal(table, predicted[key])


def test_a_train_problem_is_scored_by_a_fit_that_saw_no_policys_answer_to_it():
    """Labels without any pattern, the same of every policy, which a fit that saw one would tell of the others."""
    rng = np.random.default_rng(9)
    texts = np.array([" ".join(rng.choice(list("abcdefgh"), 12)) for _ in range(200)], dtype=object)
    split = np.where(np.arange(200) < 190, "train", "validation")
    head = pd.DataFrame({"problem_id": [f"p{i}" for i in range(200)], "split": split, "group": texts})
    right = (rng.random(200) < 0.5).astype(float)
    targets = read_target_of_policies({p: head.assign(majority_correct=right) for p in "ab"}, "majority_correct", 5, 1)
    assert all(np.array_equal(each.folds, targets["a"].folds) for each in targets.values())
    trials = [Trial(target, "mirt", None, target.labels[target.rows]) for target in targets.values()]
    for result in run_trials([JointBlock(texts, (1, 2), (1.0,), fit_item_response)], trials):
        assert abs(np.corrcoef(result.scores[:190], right[:190])[0, 1]) < 0.25


def test_a_policy_that_never_fails_takes_no_part(predicted, study, tmp_path):
    problems, outcomes = study
    perfect = outcomes["a"].assign(majority_correct=1.0)
    found = run(tmp_path / "perfect", (problems, {**outcomes, "z": perfect}), [*POLICIES, "z"])
    of_perfect = found["z", "mirt"]
    assert of_perfect.score.isna().all() and of_perfect.probability.round(6).eq(round(121 / 122, 6)).all()
    reason = json.loads((tmp_path / "perfect/probes/z/majority_correct/mirt/probe.json").read_text())["reason"]
    assert reason == "all 120 train labels are 1"


def test_candidates_are_ranks_and_strengths_in_the_order_of_scores(study):
    texts = study[0].question.to_numpy(dtype=object)
    labels = np.column_stack([frame.majority_correct for frame in study[1].values()])
    block = JointBlock(texts, (1, 2), (1.0, 50.0), factorise)
    assert [(each["rank"], each["strength"]) for each in block.candidates] == [(r, s) for r in RANKS for s in (1, 50)]
    fitted = block.fit(np.arange(200), labels[:200], np.ones(4, dtype=bool))
    assert fitted.scores(np.arange(200, 230)).shape == (30, 4, len(block.candidates))
    for model, described in zip(fitted.models, block.candidates, strict=True):
        assert model.factors.shape == (4, described["rank"])
    size = [np.square(model.factors @ model.mapping).sum() for model in fitted.models]
    assert size[0] > size[1] and size[4] > size[5], "the larger penalty comes second"


def test_families_of_all_policies_are_refused_where_one_policy_is_trained():
    names = [family.name for family in jointly_fitted(FAMILIES)]
    assert names == ["matrix_factorisation", "mirt"] and all(FAMILIES[name].text_only for name in names)
    assert all(FAMILIES[name].build is None for name in names)
    with pytest.raises(ValidationError, match="'mirt' is none of linear"):
        ProbeSettings(targets=[], families=["mirt"], folds=2, strengths=[1.0], permutations=2, seed=1)
    with pytest.raises(ValidationError, match="'tfidf' is none of matrix_factorisation, mirt"):
        JointSettings(targets=[], families=["tfidf"], folds=2, strengths=[1.0], seed=1)
