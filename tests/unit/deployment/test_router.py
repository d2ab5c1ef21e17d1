"""A router that was exported decides on new prompts as its study did, and says what it cannot do."""

import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import route
from decided import decides_alike
from exported_router import export, export_by_text, questions
from foretell.common.errors import UserError
from foretell.common.provenance import file_hash
from foretell.deployment.card import what_it_does
from foretell.deployment.chosen_points import asked_for
from foretell.deployment.description import RouterDescription
from foretell.deployment.folder import read_folder
from foretell.deployment.reference import Reference
from foretell.deployment.router import Router
from router_logs import write_router
from workflow_project import ROOT


@pytest.fixture(scope="module")
def exported(tmp_path_factory, model, tokenizer):
    return export(tmp_path_factory.mktemp("study"), model, tokenizer)


@pytest.fixture(scope="module")
def router(exported):
    return Router.load(exported.folder)


@pytest.fixture
def copied(exported, tmp_path):
    """The folder, taken away from the study."""
    return shutil.copytree(exported.folder, tmp_path / "away")


def seen_of(exported, router, family, success):
    """The policies that are chosen at any operating point, always where the study chose them."""
    decided = exported.decisions[exported.decisions.family == family]
    return decides_alike(router, decided, success, decided.problem_id.unique())[1]


def test_decisions_on_test_are_those_of_the_study_at_every_operating_point(exported, router):
    success, _ = router.predict(exported.questions["test"])
    assert router.policies == ["small", "large"] and np.abs(success - exported.probabilities).max() < 1e-5
    assert seen_of(exported, router, "linear", success) == {"small", "large"}


def test_a_decision_says_policy_probabilities_and_expected_cost(router, exported):
    question = exported.questions["test"][0]
    for decision in router.at("cascade", operating_point=0.0).route([question, {"question": question}]):
        assert (decision.policy, decision.expected_cost) == ("small", 1.0)
        assert list(decision.probabilities) == ["small", "large"]
    assert router.at("cascade", operating_point=1.0).route([question])[0].expected_cost == 4.0
    assert router.route([]) == []


def test_a_router_is_warm_once_every_reader_has_read(exported, router, monkeypatch):
    read = []
    for name, reader in router._readers.items():
        monkeypatch.setattr(
            reader, "read", lambda prompts, name=name, read_=reader.read: read.append((name, read_(prompts)))
        )
    router.warm_up()
    assert [name for name, states in read if states] == ["m-low"]


def test_a_prompt_that_is_longer_than_the_readers_context_is_refused(router):
    with pytest.raises(UserError, match=r"the prompt of problem '2' has 6\d\d\d tokens, and the model takes 2048"):
        router.route(["1+1", "1+" * 3000 + "1"])


def test_a_folder_says_what_its_operating_points_were_chosen_for(router):
    assert {each.criterion: each.value for each in router.description.chosen} == {"match": None, "budget": 0.5}


def test_of_a_budget_that_pays_for_probing_what_is_left_is_for_answers():
    row = SimpleNamespace(strategy="utility", family="linear", criterion="budget", operating_point=0.5)
    curves = pd.DataFrame({"operating_point": [0, 0.5], "probing_cost": [7.0, 0.25]})
    curves = curves.assign(strategy="utility", family="linear", split="validation")
    study = SimpleNamespace(criteria={"budget": 2.0}, family="linear", chosen_on="validation", budget_with_probing=True)
    assert asked_for(row, curves, study) == 1.75
    assert asked_for(row, curves.assign(probing_cost=np.nan), study) == 2.0
    study.budget_with_probing = False
    assert asked_for(row, curves, study) == 2.0


def test_where_the_study_fell_back_so_does_the_router(router, exported):
    cheap = router.at("utility", criterion="budget")
    assert (cheap.chosen.policy, cheap.chosen.operating_point) == ("small", None)
    assert {each.policy for each in cheap.route(exported.questions["test"])} == {"small"}


def test_prompts_unlike_those_of_training_are_flagged(router, exported):
    flagged = [each.unlike for each in router.route(exported.questions["train"])]
    assert np.mean(flagged) < 0.05
    assert all(each.unlike for each in router.route(["(" * 30, "+" * 30, "1+" * 20 + "1"]))


def test_lines_come_out_as_they_went_in(exported, monkeypatch, capsys):
    question = questions()[0]
    lines = [json.dumps(question), "", json.dumps({"id": 7, "question": question})]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines)))
    route.main(["--router", str(exported.folder), "--operating-point", "0"])
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert second.pop("id") == 7 and "id" not in first
    assert first["router"] == second["router"] == file_hash(exported.folder / "manifest.json")
    assert first["policy"] == second["policy"] == max(first["probabilities"], key=first["probabilities"].get)
    monkeypatch.setattr("sys.stdin", io.StringIO("5+5"))
    with pytest.raises(UserError, match=r"line 1 of the input is no JSON.*; a prompt stands in double quotes"):
        route.main(["--router", str(exported.folder)])


def test_the_folder_keeps_what_its_study_saw_on_test(exported, router):
    folder = exported.folder
    kept = Reference.of(read_folder(folder)[1], router.policies, folder)
    success, unlikeness = router.predict(exported.questions["test"])
    assert np.array_equal(kept.probability, exported.probabilities) and np.abs(success - kept.probability).max() < 1e-5
    assert np.allclose(kept.unlikeness, unlikeness, rtol=1e-4)
    accuracy = [each.accuracy["test"] for each in router.description.policies]
    assert kept.correct.mean(axis=0).tolist() == pytest.approx(accuracy)
    with pytest.raises(UserError, match="has nothing to compare a log with: export the router again"):
        Reference.of({}, router.policies, folder)


def test_a_folder_that_was_taken_away_needs_the_models_and_says_which(copied, exported, tmp_path):
    with pytest.raises(UserError, match=r'models/m/.*: not there.*--models; it comes from {"source": "path"'):
        Router.load(copied)
    models = exported.folder.parents[1] / "models"
    assert Router.load(copied, models).route(["1+1"])
    other = shutil.copytree(models, tmp_path / "other")
    (other / "m" / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"other/m/config.json: is not the file"):
        Router.load(copied, other)


@pytest.mark.parametrize("file", ["router.json", "probes.safetensors"])
def test_a_folder_whose_files_were_changed_is_refused(copied, file):
    (copied / file).write_bytes((copied / file).read_bytes() + b" ")
    with pytest.raises(UserError, match=rf"{file}: is not what .*manifest.json says"):
        Router.load(copied)


def test_what_is_no_router_and_what_was_not_chosen_are_named(router, tmp_path, copied):
    with pytest.raises(UserError, match=r"manifest\.json: not there"):
        Router.load(tmp_path)
    with pytest.raises(UserError, match="it chose utility for match, utility for budget, cascade for match"):
        router.at("cascade", criterion="accuracy")
    with pytest.raises(UserError, match="prompt 2 has no text as its field 'question'"):
        router.route(["1+1", {"text": "1+1"}])
    manifest = json.loads((copied / "manifest.json").read_text())
    (copied / "manifest.json").write_text(json.dumps({**manifest, "schema": 0}))
    with pytest.raises(UserError, match="schema 0, but this code reads 2"):
        Router.load(copied)


def test_the_card_has_numbers_with_intervals_and_n(exported):
    card = (exported.folder / "README.md").read_text()
    assert "| `small` |" in card and "0.75 [0.70, 0.80]" in card and "(18 problems)" in card
    assert "| utility | no setting is within the budget: cheapest policy | `small` alone |" in card
    assert "nan" not in card and "None" not in card
    assert "--router FOLDER --models MODELS" in card and 'load("FOLDER", "MODELS")' in card
    assert "underpowered" not in card and "| too few problems |" in card
    assert "*too few problems*: 18 problems do not tell" in card


def test_a_card_says_where_every_prompt_goes_and_why_a_probe_has_no_score(exported, tmp_path):
    assert "unknown: no probe was trained" in (exported.folder / "README.md").read_text()
    write_router(tmp_path)
    routes = RouterDescription.model_validate_json((tmp_path / "router.json").read_text())
    assert what_it_does(routes).startswith("A prompt goes to one of 2 policies")
    fallback = {"operating_point": None, "policy": "large", "choice": "no setting matches: best single policy"}
    falls_back = routes.model_copy(update={"chosen": [routes.chosen[0].model_copy(update=fallback)]})
    assert what_it_does(falls_back).startswith(
        "**Every prompt goes to `large`** unless another operating point is asked for (no setting matches: best single "
        "policy, on validation)."
    )


@pytest.fixture(scope="module", params=["tfidf", "word_tfidf"])
def by_text(request, tmp_path_factory):
    """A router by the questions' texts, and its family."""
    return export_by_text(tmp_path_factory.mktemp("texts"), request.param), request.param


def test_a_router_by_texts_decides_as_its_study_did_and_needs_no_model(by_text, tmp_path):
    made, family = by_text
    router = Router.load(shutil.copytree(made.folder, tmp_path / "away"), models=tmp_path / "none")
    success, _ = router.predict(made.questions["test"])
    assert np.abs(success - made.probabilities).max() < 1e-12
    assert seen_of(made, router, family, success) == {"small", "large"}
    assert router.description.readers == {} and router.warm_up() is None
    with pytest.raises(UserError, match="prompt 2 has no text as its field 'question', which the router reads"):
        router.route(["1 + 1", {"text": "1 + 1"}])


def test_a_router_by_texts_flags_those_of_unseen_words(by_text):
    made, _ = by_text
    router = Router.load(made.folder)
    train, foreign = (router.route(each) for each in (made.questions["train"], ["Wie spät ist es?", ""]))
    assert not any(each.unlike for each in train) and all(each.unlike for each in foreign)


def test_a_router_by_texts_is_loaded_without_torch(by_text):
    code = f"import sys; from foretell.deployment.router import Router; Router.load({str(by_text[0].folder)!r})"
    finished = subprocess.run(
        [sys.executable, "-c", f"{code}.route(['1 + 1']); assert not {{'torch', 'transformers'}} & set(sys.modules)"],
        env={"PYTHONPATH": str(ROOT / "scripts")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr


def test_predictions_for_routerarena_are_written_as_the_documents_say(by_text, pytestconfig, tmp_path, monkeypatch):
    made, _ = by_text
    documents = (pytestconfig.rootpath / "docs" / "DEPLOYMENT.md").read_text(encoding="utf-8")
    code = next(each for each in re.findall(r"```python\n(.*?)```", documents, re.DOTALL) if "global index" in each)
    rows = [
        {"global index": "a_0", "prompt": "", "prompt_formatted": "1 + 1"},
        {"global index": "b_7", "prompt": "2 * 3"},
    ]
    monkeypatch.chdir(tmp_path)
    Path("router_data.json").write_text(json.dumps(rows))
    exec(code.replace("results/tiny/routers/tiny", str(made.folder)), {})
    found = json.loads(Path("predictions.json").read_text())
    assert [(each["global index"], each["prompt"]) for each in found] == [("a_0", "1 + 1"), ("b_7", "2 * 3")]
    expected = [each.policy for each in Router.load(made.folder).route(["1 + 1", "2 * 3"])]
    assert [each["prediction"] for each in found] == expected
    assert all(each[name] is None for each in found for name in ("generated_result", "cost", "accuracy"))


def test_the_card_of_a_router_by_texts_says_what_it_reads(by_text):
    made, family = by_text
    card = (made.folder / "README.md").read_text()
    unit = "characters" if family == "tfidf" else "words"
    assert "the question's text alone" in card and f"| 1 to 2 {unit} |" in card and "parts of their texts" in card
    assert "activations" not in card and "nan" not in card and "None" not in card and "--models" not in card
    assert set(json.loads((made.folder / "manifest.json").read_text())["packages"]) == {
        "numpy",
        "scipy",
        "scikit-learn",
    }
