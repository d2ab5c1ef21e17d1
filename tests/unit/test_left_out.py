import copy

import pytest

from foretell.study.config import check, read_yaml
from foretell.study.left_out import leave_out


@pytest.fixture
def config(pytestconfig):
    root = pytestconfig.rootpath
    schema, manifest = (read_yaml(root / f) for f in ("workflow/schemas/config.schema.yaml", "config/figures.yaml"))
    return check(read_yaml(root / "config" / "config.yaml"), schema, manifest, files="config.yaml")


def test_without_a_sandbox_exactly_tiny_code_is_left_out(config):
    before = copy.deepcopy(config)
    kept, left = leave_out(config, lambda: "no bubblewrap")
    assert left == {"tiny_code": "no bubblewrap"} and config == before
    expected = copy.deepcopy(before)
    for section in ("problem_sets", "pools"):
        del expected[section]["tiny_code"]
    for section in ("models", "policies"):
        for name in ("coder-small", "coder-large"):
            del expected[section][name]
    assert kept == expected


def test_with_a_sandbox_nothing_is(config):
    assert leave_out(config, lambda: None) == (config, {})


def test_a_set_that_must_not_be_left_out_stays_and_nobody_asks(config):
    config["problem_sets"]["tiny_code"]["without_sandbox"] = "stop"
    assert leave_out(config, lambda: pytest.fail("asked")) == (config, {})
