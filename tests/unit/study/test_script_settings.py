"""What rules tell scripts is what scripts take, and what they do not take is one message."""

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from foretell.common.yaml_files import read_yaml
from foretell.study import jobs
from foretell.study.config import complete
from foretell.study.figures import read_manifest
from foretell.study.program import as_json
from foretell.study.study import Study
from synthetic_studies import SYNTHETIC, all_settings

ROOT = Path(__file__).parents[3]
SCRIPT = {"cache_untrained_activations": "cache_activations"}  # rules whose script has another name


@pytest.fixture(scope="module")
def told():
    """What the jobs of all studies are told, by script."""
    manifest = read_manifest(read_yaml(ROOT / "config" / "figures.yaml"))
    written = [
        read_yaml(ROOT / "config" / f"{name}.yaml") for name in ("config", "recorded", "pocket", "norms", "paper")
    ]
    found = {}
    for config in [*written, *SYNTHETIC.values()]:
        study = Study(complete(config, "study.yaml"))
        for (rule, *_), value in all_settings(study).items():
            found.setdefault(SCRIPT.get(rule, rule), set()).add(as_json(value))
        found.setdefault("write_report", set()).add(as_json(jobs.write_report(study, SimpleNamespace())))
        for label in study.config.figures:
            script = "plot_figure" if label.startswith("F") else "write_table"
            for name in manifest[label].sets(study):
                value = {"module": manifest[label].module, "arguments": manifest[label].arguments(study, name)}
                found.setdefault(script, set()).add(as_json(value))
    return found


TAKES_SETTINGS = re.compile(r'add_argument\(\s*"--settings"')
SCRIPTS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py") if TAKES_SETTINGS.search(path.read_text()))


def complaint(script, settings, capsys):
    """What a script says of settings alone; its files are always missing, which is its complaint if nothing else is."""
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(script).main(["--settings", settings])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.count("error:") == 1 and "Traceback" not in said
    return said.split("error: ")[1]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_takes_what_every_study_tells_it(script, told, capsys):
    assert told[script], "some study runs this script"
    for settings in told[script]:
        assert complaint(script, settings, capsys).startswith("the following arguments are required: ")


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_names_a_key_that_it_does_not_know(script, told, capsys):
    settings = json.loads(min(told[script])) | {"no_such_key": 1}
    said = complaint(script, json.dumps(settings), capsys)
    assert said.startswith("argument --settings: ") and "no_such_key'" in said


@pytest.mark.parametrize(
    ("script", "change", "expected"),
    [
        ("split_by_group", {"seed": "one"}, "key 'seed': Input should be a valid integer"),
        ("generate_problems", {"sizes": {"train": 1, "test": 1}}, "key 'sizes.validation': Field required"),
        ("generate_problems", {"source": "sums"}, "'sums' is none of expressions, stack_programs"),
        ("generate_problems", {"language": {"operatrs": "+"}}, "key 'operatrs': Extra inputs"),
        ("generate_completions", {"dtype": "int4"}, "key 'dtype': Input should be 'auto'"),
    ],
)
def test_a_script_names_what_is_wrong_with_a_value(script, change, expected, told, capsys):
    assert expected in complaint(script, json.dumps(json.loads(min(told[script])) | change), capsys)


def test_wrong_settings_end_a_script_with_status_2_and_one_line(tmp_path):
    command = [sys.executable, str(ROOT / "scripts" / "split_by_group.py"), "--problems", "p.parquet"]
    command += ["--output", "q.parquet", "--settings", '{"sede": 1}']
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 2 and run.stdout == ""
    last = run.stderr.splitlines()[-1]
    assert last.startswith("split_by_group.py: error: argument --settings: ")
    assert "key 'seed': Field required" in last and "key 'sede': Extra inputs" in last
    assert "Traceback" not in run.stderr and not list(tmp_path.iterdir())
