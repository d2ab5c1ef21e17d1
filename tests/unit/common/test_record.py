"""A script that is run through record_job.py does what it does by hand, and what it made has a record."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from foretell.common.errors import UserError
from foretell.common.provenance import file_hash
from foretell.common.record import CHECKPOINT, hash_inputs, place_of_record, read_record, record_of, refuse_altered

SCRIPT = Path(__file__).parents[3] / "scripts" / "record_job.py"
COPY = (
    "import sys, pathlib\npathlib.Path(sys.argv[2]).write_text(pathlib.Path(sys.argv[1].split('=')[1]).read_text())\n"
)


@pytest.fixture
def job(tmp_path):
    """Runs a script that copies one file of a study to another."""
    results = tmp_path / "results" / "study"
    results.mkdir(parents=True)
    (results / "input.txt").write_text("content")
    (tmp_path / "copy.py").write_text(COPY)
    told = {"script": "copy", "wildcards": {}, "code": "x", "uses": [], "modules": []}
    options = ["--results", results, "--job", json.dumps(told), "--outputs", results / "output.txt"]
    command = [sys.executable, SCRIPT, *options, "--", tmp_path / "copy.py", f"id={results}/input.txt"]

    def run():
        return subprocess.run([*map(str, command), str(results / "output.txt")], text=True, capture_output=True)

    return results, run


def test_a_record_has_the_hashes_of_what_was_read_and_made(job):
    results, run = job
    assert run().returncode == 0
    record = read_record(place_of_record(results, results / "output.txt"))
    assert record.inputs == {"input.txt": file_hash(results / "input.txt")}
    assert record.made.sha256 == file_hash(results / "output.txt")
    assert (results / "provenance" / "environments" / f"{record.environment}.json").is_file()


def test_a_job_that_fails_leaves_no_record(job):
    results, run = job
    (results / "input.txt").unlink()
    assert run().returncode != 0
    assert not place_of_record(results, results / "output.txt").exists()


def test_a_damaged_record_of_an_input_is_one_message(job):
    results, run = job
    place = place_of_record(results, results / "input.txt")
    place.parent.mkdir()
    place.write_text("{")
    ended = run()
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert f"error: {place}: this is no record of a file: " in ended.stderr and "delete it" in ended.stderr


def test_an_input_that_was_altered_since_it_was_made_is_refused(job):
    """Truncated, corrupted, or another file in its place: what is made from it would be wrong without a word."""
    results, run = job
    assert run().returncode == 0
    made = results / "output.txt"
    inputs = hash_inputs(results, [made])
    made.touch()
    assert hash_inputs(results, [made]) == inputs
    for content in ("conten", "", "another"):
        made.write_text(content)
        for look in (lambda: hash_inputs(results, [made]), lambda: refuse_altered(results)):
            with pytest.raises(UserError, match=r"output\.txt: is not what copy wrote, .*; delete it, so that"):
                look()


def test_an_altered_file_of_a_checkpoint_is_refused(tmp_path):
    """Files of a checkpoint that was fetched have no records of their own."""
    weights = tmp_path / "models" / "one" / "model.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_text("weights")
    (weights.parent / CHECKPOINT).write_text(json.dumps({"sums": {weights.name: file_hash(weights)}}))
    assert len(hash_inputs(tmp_path, sorted(weights.parent.iterdir()))) == 2
    weights.write_text("others!")
    with pytest.raises(UserError, match=r"model\.safetensors: is not what .*source\.json says.*delete .*models/one"):
        hash_inputs(tmp_path, [weights])


def test_an_altered_record_of_a_checkpoint_is_refused(job):
    """Before what it says of other files is believed."""
    results, run = job
    assert run().returncode == 0
    described = results / CHECKPOINT
    (results / "output.txt").rename(described)
    (results / "provenance" / "output.txt.json").rename(results / "provenance" / f"{CHECKPOINT}.json")
    described.write_text("{")
    (results / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"source\.json: is not what copy wrote"):
        hash_inputs(results, [results / "config.json", described])


def test_files_of_a_checkpoint_share_the_record_of_their_folder(job):
    results, run = job
    assert run().returncode == 0
    weights, described = results / "model.safetensors", results / CHECKPOINT
    weights.write_text("weights")
    (results / "output.txt").rename(described)
    (results / "provenance" / "output.txt.json").rename(results / "provenance" / f"{CHECKPOINT}.json")
    described.write_text(json.dumps({"sums": {weights.name: file_hash(weights)}}))
    record = record_of(results, weights)
    assert (record.job.script, record.made.sha256) == ("copy", file_hash(weights))
    assert record_of(results, results / "other.json") is None
    described.write_text("{")
    with pytest.raises(UserError, match=r"source\.json: is damaged; delete"):
        record_of(results, weights)
