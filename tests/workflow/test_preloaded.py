"""A forked job is to its caller what a Python that was started for it is."""

import os
import subprocess
import sys

import pytest

import preloaded

SCRIPTS = {
    "said": "print('out'); print('err', file=sys.stderr)",
    "where": "print(os.getcwd(), os.environ['GIVEN'], sys.argv, sys.path[0])",
    "status": "sys.exit(3)",
    "message": "sys.exit('broken')",
    "raised": "raise ValueError('broken')",
    "exit function": "import atexit; atexit.register(print, 'last')",
    "modules": "print('preloaded' in sys.modules, 'foretell' in sys.modules)",
    "killed": "os.kill(os.getpid(), 9)",
}


def ended(python, script, folder):
    """Status, output and error output but for the places in a traceback, as bash sees them."""
    (folder / preloaded.SCRIPT).write_text(f"import os, sys\n{script}\n")
    command = ["bash", "-c", f'{python} {preloaded.SCRIPT} one "two words"; exit $?']
    environment = {**os.environ, "GIVEN": "a value"}
    run = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)
    return run.returncode, run.stdout, run.stderr.splitlines()[-1:]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_says_and_ends_what_it_does_in_a_python_of_its_own(script, tmp_path):
    forked = ended(preloaded.python(os.environ), SCRIPTS[script], tmp_path)
    status, said, errors = ended(sys.executable, SCRIPTS[script], tmp_path)
    if script == "killed":
        errors = []  # bash names the process that it started
    assert forked == (status, said, errors)


def test_a_job_ends_with_the_program_that_asked_for_it(tmp_path):
    (tmp_path / preloaded.SCRIPT).write_text("import signal\nprint('started', flush=True)\nsignal.pause()\n")
    command = [preloaded.python(os.environ), preloaded.SCRIPT]
    asking = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert asking.stdout.readline() == "started\n"
    asking.kill()
    assert asking.communicate(timeout=60) == ("", None), "nobody has its output open any more"
