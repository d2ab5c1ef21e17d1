"""What is foreign among results; tests/workflow has the rest, on a finished study."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake.persistence.file import FilePersistence

from foretell.common.provenance import file_hash, fingerprint
from foretell.common.record import CHECKPOINT, Job, write_records
from foretell.study.forgotten import without_note
from foretell.study.verification import Results
from synthetic_studies import SYNTHETIC
from workflow_project import ROOT


def test_what_may_be_asked_for_by_its_name_alone_is_held_against_its_record(tmp_path, manifest):
    config = SYNTHETIC["invested"] | {"figures": ["T4"]}  # none that reads what an investment is worth
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    pages = tmp_path / "routing" / "own"
    pages.mkdir(parents=True)
    for name in ("explorer.html", "return.parquet", "other.html"):
        (pages / name).write_text("")
    findings = Results(tmp_path, ROOT / "scripts", manifest).verify().findings
    why = {each.path: each.why for each in findings if each.kind == "foreign"}
    assert why["routing/own/other.html"] == "nothing of the study makes it"
    for name in ("explorer.html", "return.parquet"):
        assert why[f"routing/own/{name}"] == "no record says what it was made from"


@pytest.fixture
def imported_study(tmp_path, manifest):
    """A page that was made from a table of the study, and that from a user's file."""
    (tmp_path / "results" / "own" / "problems").mkdir(parents=True)
    results, data = tmp_path / "results" / "own", tmp_path / "data.csv"
    (results / "config.yaml").write_text(yaml.safe_dump(SYNTHETIC["invested"] | {"figures": ["T4"]}))
    data.write_text("data")
    table, page = results / "problems" / "own.parquet", results / "report.html"
    job = Job(script="import_problems", wildcards={}, code="x", uses=[], modules=[])
    for file, made_from in ((table, {"./data.csv": data}), (page, {"problems/own.parquet": table})):
        file.write_text(file.name)
        write_records(job, None, results, {name: file_hash(each) for name, each in made_from.items()}, [file])
    return Results(results, ROOT / "scripts", manifest), table, data


def of(verified, path):
    return {each.kind for each in verified.findings if each.path == path} - {"stale"}


def test_a_users_file_is_found_from_any_folder_and_told_where_it_is_gone(imported_study):
    results, _, data = imported_study
    assert of(results.verify(), "problems/own.parquet") == set() and results.verify().not_compared == []
    data.write_text("other")
    assert any(each.why == "data.csv has changed since" for each in results.verify().findings)
    data.unlink()
    assert results.verify().not_compared == ["data.csv"]


def test_a_file_that_is_gone_with_its_record_is_missing(imported_study):
    results, table, _ = imported_study
    table.unlink()
    (results.folder / "provenance" / "problems" / "own.parquet.json").unlink()
    assert of(results.verify(), "problems/own.parquet") == {"missing"}
    assert results.verify().not_compared == []


def test_records_that_name_what_is_not_in_the_study_end_nothing(imported_study):
    results, _, _ = imported_study
    for change in ({"wildcards": {"policy": "zz"}}, {"settings_of": "price_outcomes"}, {"modules": ["nope.nope"]}):
        record = results.folder / "provenance" / "problems" / "own.parquet.json"
        said = json.loads(record.read_text())
        record.write_text(json.dumps({**said, "inputs": {"": "x"}, "job": {**said["job"], **change}}))
        assert any(each.path == "problems/own.parquet" for each in results.verify().findings)


def test_the_files_of_a_fetched_checkpoint_are_those_that_its_record_names(tmp_path, manifest):
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(SYNTHETIC["invested"] | {"figures": ["T4"]}))
    weights = tmp_path / "models" / "m" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_text("weights")
    described, page = weights.with_name(CHECKPOINT), tmp_path / "report.html"
    described.write_text(json.dumps({"sums": {weights.name: file_hash(weights)}}))
    page.write_text("")
    job = Job(script="download_model", wildcards={}, code="x", uses=[], modules=[])
    write_records(job, None, tmp_path, {}, [described])
    read = {f"models/m/{file.name}": file_hash(file) for file in (weights, described)}
    write_records(job.model_copy(update={"script": "write_report"}), None, tmp_path, read, [page])

    def kinds():
        findings = Results(tmp_path, ROOT / "scripts", manifest).verify().findings
        return {each.kind for each in findings if each.path == "models/m/model.safetensors"} - {"stale"}

    assert kinds() == set()
    weights.write_text("others!")
    assert kinds() == {"altered"}
    weights.unlink()
    assert kinds() == {"missing"}
    described.write_text("[]")
    assert kinds() == {"damaged"}


def test_a_configuration_that_names_other_policies_is_told(imported_study):
    results, table, _ = imported_study
    job = {"script": "evaluate_probes", "wildcards": {"problem_set": "own"}, "code": "x", "uses": [], "modules": []}
    for ids, told in ((["a", "b"], False), (["a", "b", "c"], True)):
        named = Job.model_validate({**job, "ids": {"outcomes": {"function": "outcomes", "ids": fingerprint(ids=ids)}}})
        write_records(named, None, results.folder, {}, [table])
        findings = results.verify().findings
        assert any(each.why == "the configuration has others for its outcomes now" for each in findings) is told


def test_what_snakemake_has_no_note_of_is_found_where_it_would_keep_one(tmp_path, monkeypatch):
    """Against its own names of notes, of long names too."""
    monkeypatch.chdir(tmp_path)
    results = Path("results") / "own"
    names = ["short.txt", f"{'long/' * 60}name.txt"]
    for name in names:
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text("")
    job = Job(script="x", wildcards={}, code="x", uses=[], modules=[])
    write_records(job, None, results, {}, [results / name for name in names])
    assert without_note(results) == sorted(names)
    memory = SimpleNamespace(_fetch_max_len=lambda _: 255)
    for name in names:
        note = Path(FilePersistence._record_path(memory, ".snakemake/metadata", str(results / name)))
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text("{}")
    assert without_note(results) == []
    (results / names[0]).unlink()
    Path(".snakemake/metadata").rename("gone")
    assert without_note(results) == [names[1]], "of files that are there"
