"""Difficulties estimated from responses, against the likelihood itself and known parameters."""

import mirt
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import log_expit, logsumexp

import fit_irt
from foretell.common.errors import UserError
from foretell.difficulty.item_response import fit, read_responses
from foretell.difficulty.reliability import of_estimates, of_expectations
from foretell.figures.item_response import collect, layout
from foretell.problems.imported import with_difficulties

DIFFICULTIES = np.linspace(-2, 2, 8)


def responses(respondents, difficulties, discriminations=1.5, asked=0.8, seed=1):
    """Simulated responses, some of them not asked for."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(size=(respondents, 1))
    right = rng.random((respondents, len(difficulties))) < 1 / (1 + np.exp(-discriminations * (ability - difficulties)))
    table = np.where(rng.random(right.shape) < asked, right.astype(float), np.nan)
    names = [f"q{index}" for index in range(len(difficulties))]
    return pd.DataFrame(table, index=[f"r{index}" for index in range(respondents)], columns=names)


@pytest.fixture(scope="module")
def fitted():
    table = responses(400, DIFFICULTIES)
    return table, *fit(table, "1pl")


def test_difficulties_maximise_the_marginal_likelihood(fitted):
    table, items, _ = fitted
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    given, right = table.notna().to_numpy()[:, None], table.eq(1).to_numpy()[:, None]

    def loss(parameters):
        logits = np.exp(parameters[0]) * (nodes[:, None] - parameters[1:])
        each = np.where(given, np.where(right, log_expit(logits), log_expit(-logits)), 0.0).sum(axis=2)
        return -logsumexp(each + np.log(weights / weights.sum()), axis=1).sum()

    best = minimize(loss, np.zeros(9)).x
    np.testing.assert_allclose(items.difficulty, best[1:], atol=2e-3)
    np.testing.assert_allclose(items.discrimination, np.exp(best[0]), atol=2e-3)


def test_errors_are_those_that_repeated_samples_show():
    """Standardised errors of 160 estimates have a variance of 1, with a standard error of .11."""
    found = [fit(responses(200, DIFFICULTIES[2:6], seed=seed), "1pl")[0] for seed in range(40)]
    errors = np.array([(each.difficulty - DIFFICULTIES[2:6]) / each.difficulty_se for each in found])
    assert abs(errors.mean()) < 0.4 and 0.6 < errors.var() < 1.5


def test_two_parameters_tell_problems_that_tell_respondents_apart():
    sharp = np.tile([0.6, 2.4], 5)
    items, people = fit(responses(1500, np.linspace(-1, 1, 10), sharp, asked=1.0), "2pl")
    assert items.discrimination[1::2].min() > 1.5 > 1.2 > items.discrimination[::2].max()
    assert len(people) == 1500 and people.ability_se.between(0, 1).all()


def test_a_problem_that_all_solve_or_none_has_no_difficulty(fitted):
    table = fitted[0].assign(easy=1.0, hard=0.0)
    items, _ = fit(table, "1pl")
    ends = items.set_index("problem_id").loc[["easy", "hard"]]
    assert ends.difficulty.isna().all() and ends.share_correct.tolist() == [1.0, 0.0]
    assert "solved" in ends.excluded_reason["easy"] and "failed" in ends.excluded_reason["hard"]
    np.testing.assert_allclose(items.difficulty[:8], fitted[1].difficulty, atol=1e-6)


def test_no_estimate_at_a_limit_passes_for_one_of_the_likelihood():
    """Far problems dragged the discrimination of all along, from .24 to .42."""
    far = responses(100, np.random.default_rng(2).normal(scale=4.0, size=30), discriminations=0.3, asked=1.0, seed=2)
    items, _ = fit(far, "1pl")
    assert items.excluded_reason.str.contains("more than 6 standard").any()
    assert items.difficulty.abs().max() < 6 and items.discrimination.max() < 0.35
    with pytest.raises(UserError, match=r"ends at 5, a limit.*all easier ones"):
        fit(responses(40, np.linspace(-1, 1, 20), discriminations=50.0, asked=1.0), "1pl")
    reversed_key = responses(500, DIFFICULTIES, asked=1.0).assign(q3=lambda table: 1 - table.q3)
    items, _ = fit(reversed_key, "2pl")
    assert "discrimination ends at 0.1" in items.excluded_reason[3] and items.difficulty.notna().sum() == 7


def test_problems_answered_at_random_do_not_fit():
    table = responses(300, np.linspace(-2, 2, 30))
    items, _ = fit(table.assign(random=np.random.default_rng(2).integers(2, size=300).astype(float)), "1pl")
    infit = items.set_index("problem_id").infit
    assert infit["random"] == infit.max() > 1.3 and infit.drop("random").between(0.75, 1.2).all()


def test_few_respondents_do_not_identify_the_order_and_many_do(fitted):
    few, _ = fit(responses(12, DIFFICULTIES / 4, asked=1.0), "1pl")
    known = few.dropna(subset="difficulty")
    assert of_estimates(known.difficulty.to_numpy(), known.difficulty_se.to_numpy()) < 0.8
    table, note = layout(collect(*fitted[1:]))
    assert table.Identified[0] == "yes" and table.Respondents[0] == "400" and "0.8" in note


def test_problems_that_share_no_respondent_are_groups_whose_order_is_not_identified(fitted):
    table, items, people = fitted
    assert items.group.eq(0).all() and "Groups" not in layout(collect(items, people))[0]
    apart = table.copy()
    apart.iloc[:200, :4], apart.iloc[200:, 4:] = np.nan, np.nan
    items, people = fit(apart, "1pl")
    assert items.group.tolist() == [1] * 4 + [0] * 4 or items.group.tolist() == [0] * 4 + [1] * 4
    joined = apart.assign(q4=apart.q4.fillna(1.0))  # asked of all: whoever had one of the others had it, too
    assert fit(joined, "1pl")[0].group.eq(0).all()
    shown, note = layout(collect(items, people))
    assert shown.Groups[0] == "2" and shown.Identified[0] == "no" and "common order is not identified" in note


def test_more_problems_than_the_memory_has_room_for_are_one_message(fitted, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(mirt, "fit_mirt", fail)
    with pytest.raises(UserError, match=r"standard errors of 8 difficulties take 0 GB of memory.*: give the job more"):
        fit(fitted[0], "1pl")


def test_reliabilities_are_those_of_their_formulas():
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert of_estimates(values, np.full(4, 0.5)) == pytest.approx(1 - 0.25 / (5 / 3))
    assert of_expectations(values, np.full(4, 0.5)) == pytest.approx((5 / 3) / (5 / 3 + 0.25))
    assert of_estimates(values, np.full(4, 9.0)) == 0.0 and np.isnan(of_estimates(values, np.array([1, 1, 1, np.nan])))


ROWS = pd.DataFrame({"respondent": [1, 1, 2], "problem_id": ["a", "b", "a"], "correct": ["true", "0", "1"]})


def test_responses_are_read_as_they_stand():
    table = read_responses(ROWS)
    assert table.index.tolist() == ["1", "2"] and table.columns.tolist() == ["a", "b"]
    np.testing.assert_array_equal(table, [[1, 0], [1, np.nan]])


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (ROWS.drop(columns="respondent"), "missing columns"),
        (ROWS.assign(correct=["true", "0.5", "1"]), "0.5"),
        (ROWS.assign(problem_id="a"), "twice"),
        (ROWS.assign(respondent=[1, None, 2]), "no respondent"),
        (ROWS.assign(problem_id=["a", None, "a"]), "no problem_id"),
    ],
)
def test_what_is_no_response_is_named(frame, message):
    with pytest.raises(UserError, match=message):
        read_responses(frame)


def test_responses_that_tell_nothing_are_refused():
    with pytest.raises(UserError, match=r"0 respondents and 0 problems.*1 all who were asked it failed"):
        fit(pd.DataFrame({"a": [1.0, 1.0], "b": [0.0, 0.0]}), "1pl")


def test_difficulties_come_to_the_problems_and_unknown_ids_are_named(tmp_path, capsys):
    table = responses(60, DIFFICULTIES).rename_axis("respondent").reset_index()
    long = table.melt("respondent", var_name="problem_id", value_name="correct").dropna()
    long.to_csv(tmp_path / "people.csv", index=False)
    files = {name: str(tmp_path / f"{name}.parquet") for name in ("difficulties", "respondents")}
    outputs = [word for name, file in files.items() for word in (f"--{name}", file)]
    fit_irt.main(["--table", str(tmp_path / "people.csv"), "--settings", '{"model": "1pl"}', *outputs])
    assert "reliability 0.9" in (said := capsys.readouterr().out) and "groups" not in said
    halves = long[long.respondent.isin(table.respondent[:30]) == long.problem_id.isin(["q0", "q1", "q2", "q3"])]
    halves.to_csv(tmp_path / "halves.csv", index=False)
    fit_irt.main(["--table", str(tmp_path / "halves.csv"), "--settings", '{"model": "1pl"}', *outputs])
    assert "; 2 groups of problems share no respondent: their scales may differ" in capsys.readouterr().out
    fit_irt.main(["--table", str(tmp_path / "people.csv"), "--settings", '{"model": "1pl"}', *outputs])
    items = pd.read_parquet(files["difficulties"])
    problems = pd.DataFrame({"problem_id": [*items.problem_id, "nobody's"]})
    found = with_difficulties(problems, items)
    assert found.reference_difficulty_se.notna().tolist() == [True] * 8 + [False]
    assert found.reference_difficulty.corr(pd.Series(DIFFICULTIES), method="spearman") > 0.9
    with pytest.raises(UserError, match="'q7'"):
        with_difficulties(problems.drop(index=7), items)
