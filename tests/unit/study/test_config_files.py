"""Configurations that are broken as files, or hold values that no study can have: one message each."""

import copy

import pytest
import yaml

from broken_studies import message, set_key
from foretell.common.errors import UserError
from foretell.common.yaml_files import read_yaml
from foretell.study.config import complete


@pytest.fixture(scope="module")
def published(pytestconfig):
    return read_yaml(pytestconfig.rootpath / "config" / "config.yaml")


@pytest.fixture
def config(published):
    return copy.deepcopy(published)


UNREADABLE = {
    "tab": (b"study: a\nmodels:\n\tm: 1\n", "not valid YAML (line 3): ", "indent with spaces, not with tabs"),
    "latin-1": ("title: caf\u00e9\n".encode("latin-1"), "not UTF-8 (byte 11)", "save it in that encoding"),
    "utf-16": ("title: a\n".encode("utf-16"), "not UTF-8 (byte 1)", "save it in that encoding"),
    "binary": (b"study: \x00\n", "not valid YAML", "correct it"),
    "two documents": (b"study: a\n---\nstudy: b\n", "not valid YAML (line 2)", "correct it"),
    "list as key": (b"? [a]\n: 1\n", "a list or mapping is a key (line 1)", "put a text there"),
    "unquoted braces": (b"study: a\n{title}: b\n", "a list or mapping is a key (line 2)", "in quotes"),
    "open bracket": (b"study: [a\n", "not valid YAML (line 2)", "correct it"),
    "open quote": (b"study: 'a\n", "not valid YAML (line 2)", "correct it"),
    "unknown alias": (b"study: *a\n", "not valid YAML (line 1)", "correct it"),
    "no mapping to merge": (b"study:\n  <<: 3\n", "not valid YAML (line 2)", "correct it"),
    "python object": (b"study: !!python/object:os.system {}\n", "not valid YAML (line 1)", "correct it"),
    "no such day": (b"study: 2020-13-41\n", "not valid YAML: month must be in 1..12", "correct it"),
    "no whole number": (b"seed: !!int x\n", "not valid YAML: invalid literal", "correct it"),
    "twice": (b"study: a\nseed: 1\nstudy: b\n", "key 'study' stands twice (line 3)", "keep one of them"),
    "merged twice": (b"a: &a {b: 1}\nc:\n  <<: *a\n  <<: *a\n", "key '<<' stands twice (line 4)", "keep one"),
    "list": (b"- study\n", "must be a mapping", "of keys to values"),
    "text": (b"study\n", "must be a mapping", "of keys to values"),
    "nothing": (b"", "must be a mapping", "of keys to values"),
}


@pytest.mark.parametrize(("content", "mistake", "remedy"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_one_line_that_names_it(tmp_path, content, mistake, remedy):
    file = tmp_path / "study.yaml"
    file.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_yaml(file)
    text = str(caught.value)
    assert text.startswith(f"{file}: ") and "\n" not in text
    assert mistake in text and remedy in text


def test_merge_keys_share_entries_and_may_be_replaced(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text(
        "policies:\n  a: &a {samples: 1, top_k: 2}\n  b: &b\n    <<: *a\n    samples: 3\n"
        "pools:\n  c: {<<: *b, samples: 4}\n  d: {<<: [*b, *a]}\n"
    )
    assert read_yaml(file) == {
        "policies": {"a": {"samples": 1, "top_k": 2}, "b": {"samples": 3, "top_k": 2}},
        "pools": {"c": {"samples": 4, "top_k": 2}, "d": {"samples": 3, "top_k": 2}},
    }


def test_a_mark_of_the_byte_order_is_no_part_of_the_first_key(tmp_path):
    (tmp_path / "study.yaml").write_bytes(b"\xef\xbb\xbfstudy: a\n")
    assert read_yaml(tmp_path / "study.yaml") == {"study": "a"}


def test_braces_in_a_title_are_braces(config):
    config["title"] = "{params.arguments} {{ x }} {% y"
    assert complete(config, "config.yaml").title == "{params.arguments} {{ x }} {% y"


# As YAML, since what YAML makes of it is part of the mistake.
VALUES = [
    ("problem_sets.tiny_math.answer_pattern", "'[0-5]'", "has no group: put parentheses around the part that is"),
    ("problem_sets.tiny_math.answer_pattern", "'(?:[0-5])'", "has no group"),
    ("problem_sets.tiny_math.answer_pattern", "''", "has no group"),
    ("problem_sets.tiny_math.answer_pattern", "'([0-5]'", "is no regular expression"),
    ("problem_sets.tiny_math.answer_pattern", "5", "should be a valid string"),
    ("problem_sets.tiny_math.evaluated_operations", "[2, 1000000]", "less than or equal to 100, not 1000000"),
    ("problem_sets.tiny_math.trained_operations", "[1, 1000000]", "less than or equal to 100, not 1000000"),
    ("problem_sets.tiny_math.evaluated_operations", "[0, 2]", "greater than or equal to 1, not 0"),
    ("problem_sets.tiny_math.evaluated_operations", "[2]", "it needs at least 2, not [2]"),
    ("problem_sets.tiny_math.evaluated_operations", "[2, 3, 4]", "at most 2"),
    ("problem_sets.tiny_math.evaluated_operations", "[2.0, 4]", "valid integer, not 2.0"),
    ("problem_sets.tiny_math.evaluated_operations", "2", "valid list, not 2"),
    ("problem_sets.tiny_math.evaluated_shares", "[.nan, 0.2, 0.2, 0.2, 0.2]", "finite number, not nan"),
    ("problem_sets.tiny_math.evaluated_shares", "[0, 0.25, 0.25, 0.25, 0.25]", "greater than 0, not 0"),
    ("problem_sets.tiny_math.sizes.train", "1e3", "valid integer, not '1e3'"),
    ("problem_sets.tiny_math.sizes.train", "1000.0", "valid integer, not 1000.0"),
    ("problem_sets.tiny_math.sizes.train", "yes", "valid integer, not True"),
    ("problem_sets.tiny_math.sizes", "null", "it must be a mapping"),
    ("problem_sets.tiny_math", "null", "it must be a mapping"),
    ("models.small.price.input", ".nan", "finite number, not nan"),
    ("models.small.price.output", ".inf", "finite number, not inf"),
    ("models.small.price.output", "-.inf", "finite number, not -inf"),
    ("models.small.price.input", "1e-3", "'1e-3' is a text in YAML; write 1.0e-3"),
    ("models.small.price.input", "1e3", "'1e3' is a text in YAML; write 1.0e+3"),
    ("models.small.price.input", "1.5e3", "'1.5e3' is a text in YAML; write 1.5e+3"),
    ("models.small.price.input", "'0,5'", "valid number, not '0,5'"),
    ("models.small.price.input", "free", "valid number, not 'free'"),
    ("models.small.price", "0.1", "it must be a mapping"),
    ("models.small.learning_rate", "4e-3", "'4e-3' is a text in YAML; write 4.0e-3"),
    ("models.small.learning_rate", ".inf", "finite number, not inf"),
    ("models.small.seed", "-1", "greater than or equal to 0, not -1"),
    ("models.small.seed", "4294967296", "less than 4294967296"),
    ("seed", "1.5", "valid integer, not 1.5"),
    ("seed", "100000000000000000000", "less than 4294967296"),
    ("policies.small-low.temperature", "-0.1", "greater than or equal to 0, not -0.1"),
    ("policies.small-low.temperature", ".inf", "finite number, not inf"),
    ("policies.small-low.temperature", ".nan", "finite number, not nan"),
    ("policies.small-low.top_p", "1.1", "less than or equal to 1, not 1.1"),
    ("policies.small-low.top_p", ".nan", "finite number, not nan"),
    ("policies.small-low.top_k", "0", "greater than 0, not 0"),
    ("policies.small-low.stop", "'.'", "valid list, not '.'"),
    ("policies.small-low.effort", "no", "not False"),
    ("pools.tiny.budget", "1e-6", "'1e-6' is a text in YAML; write 1.0e-6"),
    ("pools.tiny.budget", ".inf", "finite number, not inf"),
    ("pools.tiny.accuracy", ".nan", "finite number, not nan"),
    ("probes.strengths", "[1e-3, 1.0]", "key 'probes.strengths.0': '1e-3' is a text in YAML; write 1.0e-3"),
    ("probes.strengths", "[.inf]", "key 'probes.strengths.0': Input should be a finite number"),
    ("probes.strengths", "[1.0, 1]", "stands there more than once"),
    ("probes.strengths", "[]", "it needs at least 1"),
    ("routing", "{margin: .nan}", "key 'routing.margin': Input should be a finite number"),
    ("study", "'tiny\\n'", "key 'study': String should match pattern"),
    ("study", '"tiny\\n"', "key 'study': String should match pattern"),
    ("study", "2020-01-01", "valid string, not datetime.date(2020, 1, 1)"),
    ("study", "no", "valid string, not False"),
    ("title", '"two\\nlines"', "must be one line"),
    ("title", '"a line\\n"', "must be one line"),
    ("title", "''", "at least 1 character"),
    ("title", "2026", "valid string, not 2026"),
    ("figures", "T2", "valid list, not 'T2'"),
    ("figures", '["T2\\n"]', "String should match pattern"),
]


@pytest.mark.parametrize(("key", "value", "expected"), VALUES, ids=[f"{key}: {value}" for key, value, _ in VALUES])
def test_a_value_that_no_study_can_have_is_one_message(config, opened, key, value, expected):
    read = yaml.safe_load(value)
    parent, _, last = key.rpartition(".")
    set_key(config, key, read) if read is not None else _at(config, parent).update({last: None})
    text = message(config, opened)
    assert f"key '{key}" in text and expected in text


def _at(config, path):
    for part in path.split("."):
        config = config[part]
    return config


@pytest.mark.parametrize("section", ["problem_sets", "models", "policies", "pools"])
def test_an_id_that_ends_in_a_newline_is_refused(config, opened, section):
    name, entry = next(iter(config[section].items()))
    config[section][f"{name}\n"] = entry
    assert "String should match pattern" in message(config, opened)


def test_rows_are_not_chosen_by_what_a_job_cannot_be_told(tmp_path, opened):
    day = yaml.safe_load("2020-01-01")
    problems = {"file": "p.csv", "where": {"day": day}}
    config = {
        "study": "own",
        "title": "Own",
        "evidence": "analogue",
        "problem_sets": {"own": {"source": "file", "problems": problems}},
        "policies": {},
        "figures": ["T4"],
    }
    assert "key 'problem_sets.own.problems.where.day': datetime.date(2020, 1, 1) must be" in message(config, opened)
