"""What is foreign among results; tests/workflow has the rest, on a finished study."""

import json

import yaml

from foretell.common.provenance import file_hash
from foretell.common.record import CHECKPOINT, Job, write_records
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
    _, findings = Results(tmp_path, ROOT / "scripts", manifest).verify()
    why = {each.path: each.why for each in findings if each.kind == "foreign"}
    assert why["routing/own/other.html"] == "nothing of the study makes it"
    for name in ("explorer.html", "return.parquet"):
        assert why[f"routing/own/{name}"] == "no record says what it was made from"


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
        _, findings = Results(tmp_path, ROOT / "scripts", manifest).verify()
        return {each.kind for each in findings if each.path == "models/m/model.safetensors"} - {"stale"}

    assert kinds() == set()
    weights.write_text("others!")
    assert kinds() == {"altered"}
    weights.unlink()
    assert kinds() == {"missing"}
    described.write_text("[]")
    assert kinds() == {"damaged"}
