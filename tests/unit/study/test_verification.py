"""What is foreign among results; tests/workflow has the rest, on a finished study."""

import yaml

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
