"""The folder of a router that was fitted to a log loads, decides, is monitored and is fitted again like any other."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import binom

import monitor_router
import refresh_router
from exported_router import export, export_by_text, questions
from foretell.common.errors import UserError
from foretell.deployment.drift import compare_calibration, find_drift, holm
from foretell.deployment.explored_log import reordered
from foretell.deployment.folder import read_folder, router_id
from foretell.deployment.judging import Judged, Verdict
from foretell.deployment.logged import Log
from foretell.deployment.off_policy import OffPolicy
from foretell.deployment.reference import Reference
from foretell.deployment.refreshed import Refreshed
from foretell.deployment.refreshed_folder import reference_of
from foretell.deployment.refreshing import Evidence
from foretell.deployment.router import Router
from router_logs import POLICIES, log_of, prompts, write_log, write_router

SHIFT = np.array([1.0, -1.0])  # of log odds, by which the study's probabilities are wrong


@pytest.fixture(scope="module", params=["tfidf", "activations"])
def present(request, tmp_path_factory, model, tokenizer):
    """A router, and new prompts."""
    folder = tmp_path_factory.mktemp("study")
    texts = questions(700, seed=9)
    if request.param == "activations":
        return export(folder, model, tokenizer).folder, texts
    return export_by_text(folder, request.param).folder, [" ".join(text) for text in texts]


def served(router, texts, rng, shift):
    """The log of a service whose answers are right as often as the probabilities say, log odds shifted."""
    n, (probability, unlikeness) = len(texts), router.predict(texts)
    chosen = router.choose(probability)
    sent = np.where(rng.random(n) < 0.5, rng.integers(2, size=n), chosen)
    propensity = 0.25 + 0.5 * (sent == chosen)
    right = (rng.random((n, 2)) < expit(logit(probability) + shift))[np.arange(n), sent]
    cost = np.where(np.array(router.policies)[sent] == "small", 3.0, 2.0)  # the order of costs has changed
    return Log(probability, unlikeness, chosen, sent, sent, propensity, cost, right * 1.0, np.ones(n, dtype=bool))


def refresh(folder, file, outcomes, output, *more):
    """Run the script: its exit status."""
    given = ["--router", folder, "--log", file, "--outcomes", outcomes, "--output", output, *more]
    try:
        refresh_router.main([str(each) for each in given])
    except SystemExit as ended:
        return ended.code
    return 0


def test_a_router_is_fitted_to_its_log_and_is_one_like_any_other(present, tmp_path, capsys):
    folder, texts = present
    models, rng = folder.parents[1] / "models", np.random.default_rng(0)
    router = Router.load(folder, models)
    file, outcomes = write_log(folder, tmp_path, served(router, texts, rng, SHIFT))
    new_folder = tmp_path / "new"
    status = refresh(folder, file, outcomes, new_folder, "--margin", "0.05")
    said = capsys.readouterr().out
    assert (
        "700 decisions, of which 700 were answered" in said
        and "fitted to the first 350, judged on the other 350" in said
    )
    assert said.endswith(f"{new_folder}: router {router_id(new_folder)}\n") and "nan" not in said
    assert (status == 0) == any(said.splitlines()[-3].startswith(word) for word in ("better", "not worse"))

    new = Router.load(new_folder, models)
    assert router.policies == ["small", "large"] and new.policies == ["large", "small"]
    assert [each.mean_cost for each in new.description.policies] == pytest.approx([2e-6, 3e-6], rel=1e-6)
    (before, _), (after, _) = router.predict(texts[:50]), new.predict(texts[:50])
    shifts = (logit(after)[:, ::-1] - logit(before)).mean(axis=0)
    assert shifts.tolist() == pytest.approx(SHIFT.tolist(), abs=0.6) and shifts[0] > 0.3 and shifts[1] < -0.3
    kept = Reference.of(read_folder(new_folder)[1], new.policies, new_folder)
    predicted, unlikeness = new.predict(texts[350:400])
    assert np.abs(predicted - kept.probability[:50]).max() < 1e-5 and np.allclose(kept.unlikeness[:50], unlikeness)

    turned = reordered(served(new, texts, rng, 0.0), np.array([1, 0]))  # logs are written with the columns of POLICIES
    (tmp_path / "later").mkdir()
    file, outcomes = write_log(new_folder, tmp_path / "later", turned)
    monitor_router.main(["--router", str(new_folder), "--log", str(file), "--outcomes", str(outcomes)])
    said = capsys.readouterr().out
    assert "no alarm (5 tests" in said, "of scores, foreign prompts and calibration"
    assert "chosen on its log" in said and "chosen on test" not in said, "no test split has judged it"
    assert refresh(new_folder, file, outcomes, tmp_path / "newer") in (0, 3)
    newer = Router.load(tmp_path / "newer", models)
    assert np.abs(logit(newer.predict(texts[:50])[0]) - logit(after)).max() < 1.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("router")
    write_router(made)
    return made


def test_the_folder_says_what_it_was_made_from_and_what_was_measured(folder, tmp_path, capsys):
    file, outcomes = write_log(folder, tmp_path, log_of(np.random.default_rng(3), 3000))
    output = tmp_path / "new"
    status = refresh(folder, file, outcomes, output)
    said = capsys.readouterr().out
    card, manifest = (output / "README.md").read_text(), json.loads((output / "manifest.json").read_text())
    assert manifest["made_from"]["router"] == router_id(folder) and set(manifest["made_from"]) == {
        "router",
        "log",
        "outcomes",
    }
    assert router_id(folder) in card and said.splitlines()[-3] in card and "nan" not in card
    assert "## Before\n\n### Router of the pool `own`\n\n#### Limits\n\n- None is known.\n" in card
    assert status == 3 and said.splitlines()[-3].startswith("too few requests: 1500 that were held out do not tell")
    held_out = next(line for line in card.splitlines() if line.startswith("| accuracy "))
    cells = [cell.strip() for cell in held_out.split("|")[2:-1]]
    points = pd.read_csv(output / "operating_points.csv")
    chosen = read_folder(output)[0].chosen[0].operating_point
    row = points[(points.operating_point == chosen) & (points.split == "held out")].iloc[0]
    assert cells[1] == f"{row.accuracy:.3g} [{row.accuracy_low:.3g}, {row.accuracy_high:.3g}]"
    assert (points.probing_cost[points.operating_point == chosen] == 1e-6).all() and not points.isna().any().any()
    description = read_folder(output)[0]
    assert description.chosen_on == "fitted" and description.policies[0].accuracy["validation"] == 0.5


@pytest.mark.parametrize(
    ("price", "verdict", "said"),
    [
        (
            0.1,
            Verdict.BETTER,
            "better: accuracy less costs at the present router's price of cost is shown to be higher,",
        ),
        (0.0, Verdict.BETTER, "better: accuracy is shown to be higher"),
        (0.0, Verdict.NOT_WORSE, "not worse within 2 points: accuracy is shown to lie less than 2 points below"),
        (0.1, Verdict.NOT_WORSE, "not worse within 2 points: accuracy, and accuracy less costs at the present"),
        (0.1, Verdict.NO, "no: it is shown to be worse by more than 2 points, or so many requests"),
    ],
)
def test_a_verdict_is_put_into_words(price, verdict, said):
    judged = Judged(*[None] * 3, price, 0.1, 0.2, verdict)
    fitted = SimpleNamespace(rest=SimpleNamespace(log=log_of(np.random.default_rng(0), 5)))
    assert Refreshed(None, fitted, judged, 0.02).verdict.startswith(said)


def test_wrong_input_is_named_and_nothing_is_written(folder, tmp_path):
    log = log_of(np.random.default_rng(3), 300)
    file, outcomes = write_log(folder, tmp_path, log)
    with pytest.raises(UserError, match=r"there: is there already: name a new folder as --output"):
        (tmp_path / "there").mkdir()
        refresh(folder, file, outcomes, tmp_path / "there")
    other = shutil.copytree(folder, tmp_path / "other")
    (other / "manifest.json").write_text((other / "manifest.json").read_text() + " ")
    with pytest.raises(UserError, match=r"line 1: key 'router' is .*: give the log of this router"):
        refresh(other, file, outcomes, tmp_path / "new")
    outcomes.write_text("".join(f'{{"id": "other{n}", "correct": true}}\n' for n in range(3)))
    with pytest.raises(UserError, match=r"log\.jsonl: no outcome is of a request .*, 3 are of no request"):
        refresh(folder, file, outcomes, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_log_whose_columns_are_put_in_another_order_says_the_same():
    log = log_of(np.random.default_rng(0), 50)
    log = replace(log, answered=1 - log.sent)
    turned = reordered(log, np.array([1, 0]))
    assert np.array_equal(turned.probability, log.probability[:, ::-1])
    for name in ("chosen", "sent", "answered"):
        assert np.array_equal(getattr(turned, name), 1 - getattr(log, name))
    three = reordered(
        replace(log, probability=np.tile([0.1, 0.2, 0.3], (50, 1)), sent=np.arange(50) % 3), np.array([2, 0, 1])
    )
    assert three.probability[0].tolist() == [0.3, 0.1, 0.2] and three.sent[:3].tolist() == [1, 2, 0]


def test_calibration_beside_weighted_requests_is_that_of_all_of_them():
    half = np.full(40, 0.5)
    test_labels, weights = np.repeat([1.0, 0.0], [60, 40]), np.repeat([1.0, 4.0], [60, 40])
    found = compare_calibration("small", [(np.repeat([1.0, 0.0], 20), half, test_labels, np.full(100, 0.5), weights)])
    effective = (60 + 160) ** 2 / (60 + 640)
    shift = 60 / 220 - 0.5
    sampled = (60 / 220) * (160 / 220) * effective / (effective - 1)
    variance = 0.25 / 39 * 40 / 40 + max(sampled, 0.25) / effective
    assert found.statistic == pytest.approx(-shift / np.sqrt(variance)) and found.expected == pytest.approx(60 / 220)
    few = (np.ones(40), half, np.ones(60), np.full(60, 0.5), np.repeat([100.0, 1.0], [15, 45]))
    assert compare_calibration("small", [few]) is None, "15 that count do not"


def requests(rng, n, price):
    """The log of a router with another lambda, whose probes overstate how much they know; half is explored."""
    probability, labels, unlikeness = prompts(rng, n)
    chosen = (probability[:, 1] - price > probability[:, 0]).astype(int)
    sent = np.where(rng.random(n) < 0.5, rng.integers(2, size=n), chosen)
    propensity = 0.25 + 0.5 * (sent == chosen)
    cost, correct = np.ones(n), labels[np.arange(n), sent]
    return Log(probability, unlikeness, chosen, sent, sent, propensity, cost, correct, np.ones(n, dtype=bool))


def test_a_router_that_was_fitted_to_a_log_raises_alarms_no_more_often_than_stated():
    """Its reference is a log of another router, which tells more often of what that one chose."""
    raised = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        old, log = requests(rng, 3000, 0.0), requests(rng, 3000, 0.4)
        everyone, priced = np.full((3000, 2), 0.5), np.ones(3000, dtype=bool)
        outcome = OffPolicy(old.sent, old.propensity, old.correct, everyone, np.ones(3000))
        reference = reference_of(Evidence(old, outcome, outcome, priced))
        chosen = (reference.probability[:, 1] - 0.4 > reference.probability[:, 0]).astype(int)
        tests = find_drift(log, reference, chosen, POLICIES, [False, False], 2.5)
        assert [test.kind for test in tests].count("calibration") == 2 and np.isfinite([test.p for test in tests]).all()
        raised.append(bool((holm([test.p for test in tests]) <= 0.05).any()))
    assert np.sum(raised) <= binom.ppf(0.99, 300, 0.05)
