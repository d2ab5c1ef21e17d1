"""The environment that `--sdm conda` makes from a copy of environment.yml alone."""

import yaml


def test_it_has_the_packages_of_the_lock_without_a_second_file(pytestconfig):
    root = pytestconfig.rootpath
    *_, pip = yaml.safe_load((root / "environment.yml").read_text())["dependencies"]
    assert pip == {"pip": (root / "requirements.lock").read_text().split()}, "make docs writes them anew"
