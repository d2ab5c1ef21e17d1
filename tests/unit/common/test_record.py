"""A script that is run through record_job.py does what it does by hand, and what it made has a record."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from foretell.common.provenance import file_hash
from foretell.common.record import place_of_record, read_record

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
