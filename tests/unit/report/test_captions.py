"""Captions say what holds of the study that they stand in."""

import pytest

from foretell.common.errors import UserError
from foretell.common.yaml_files import read_yaml
from foretell.report.captions import to_html
from foretell.study.config import complete


def test_a_caption_that_cannot_be_read_is_named():
    with pytest.raises(UserError, match=r"F6\.rst: the caption cannot be read"):
        to_html("{% if %}", {}, "F6.rst")


@pytest.mark.parametrize(("study", "chooses"), [("config", False), ("gsm8k", True)])
@pytest.mark.parametrize("label", ["F8", "T11"])
def test_fewer_samples_are_spoken_of_where_routers_may_choose_them(pytestconfig, study, chooses, label):
    root = pytestconfig.rootpath
    file, caption = root / "config" / f"{study}.yaml", root / "workflow" / "report" / f"{label}.rst"
    as_written = read_yaml(file)
    with_defaults = complete(as_written, str(file)).model_dump(exclude_none=True)
    for config in (as_written, with_defaults):
        text = to_html(caption.read_text(encoding="utf-8"), config, label)
        assert ("may choose fewer" in " ".join(text.split())) == chooses


@pytest.mark.parametrize("recalibrate", [False, True])
@pytest.mark.parametrize("label", ["F4", "T6"])
def test_platt_scaling_is_spoken_of_where_something_was_scaled(pytestconfig, label, recalibrate):
    caption = (pytestconfig.rootpath / "workflow" / "report" / f"{label}.rst").read_text(encoding="utf-8")
    given = {"source": "file", "recalibrate": recalibrate}
    config = {"policies": {"a": {"predictions": {"file": "p.csv"}}}, "problem_sets": {"s": given}, "pools": {}}
    assert ("Platt" in to_html(caption, config, label)) == recalibrate


@pytest.mark.parametrize("sensitivity", [None, 0.5])
def test_savings_on_assumed_costs_have_a_range_where_costs_are_varied(pytestconfig, sensitivity):
    caption = (pytestconfig.rootpath / "workflow" / "report" / "T4.rst").read_text(encoding="utf-8")
    pool, policy = {"choose_on": ["validation"], "cost_sensitivity": sensitivity}, {"assumption": "4 per token"}
    text = to_html(caption, {"pools": {"p": pool}, "policies": {"a": policy}, "problem_sets": {"s": {}}}, "T4.rst")
    assert "a: 4 per token" in text and ("the range that follows" in text) == bool(sensitivity)
