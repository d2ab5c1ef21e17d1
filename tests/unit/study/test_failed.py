"""What a failed run says at its end."""

from foretell.study.failed import failures

LOG = """
[Thu Jan  1 00:00:00 2026]
Error in rule {rule}:
    message: None
    jobid: 1
    output: x1
    log: {log} (check log file(s) for error details)
    shell:
        false
Select jobs to execute...
"""


def test_every_failed_job_is_told_once_with_the_end_of_its_log(tmp_path):
    first, second = tmp_path / "first.log", tmp_path / "second.log"
    first.write_text("".join(f"line {number}\n" for number in range(100)))
    failed = LOG.format(rule="train", log=first)
    told = list(failures(failed + LOG.format(rule="grade", log=second) + failed))
    assert [each.splitlines()[0] for each in told] == [f"Failed: train, log {first}", f"Failed: grade, log {second}"]
    assert told[0].splitlines()[1] == "    line 85" and told[0].endswith("    line 99")
    assert told[1].endswith("(it wrote no log)")


def test_a_run_that_failed_without_a_job_tells_none():
    assert not list(failures("Building DAG of jobs...\nMissingInputException\n"))
