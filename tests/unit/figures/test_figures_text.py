"""Tables for readers: rounding, Markdown and LaTeX."""

import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from evaluated import evaluated
from figure_frames import curves, outcomes, predictions, summary, untrained
from foretell.common.rounded import number, with_interval
from foretell.figures import auroc, calibration, routing_summary, routing_sweep
from foretell.figures.text import escape_latex, money, to_latex, to_markdown, write_table


def test_numbers_have_a_typographic_minus_and_no_signed_zero():
    assert number(-0.1234, 2) == "−0.12"
    assert number(0.1234, 1, scale=100, signed=True) == "+12.3"
    assert number(-0.001, 2) == "0.00"
    assert number(0.0, 1, signed=True) == "0.0"
    assert number(float("nan"), 2) == ""


def test_intervals_stand_in_brackets_where_they_are_known():
    assert with_interval(0.5, 0.4, 0.6, 2) == "0.50 [0.40, 0.60]"
    assert with_interval(0.5, np.nan, np.nan, 2) == "0.50"
    assert with_interval(np.nan, np.nan, np.nan, 2) == ""


def test_money_has_three_significant_digits():
    assert money(0.0017702, 0.00176131, 0.00177949) == "0.00177 [0.00176, 0.00178]"
    assert money(4.7216, 4.7216, 4.7216) == "4.72 [4.72, 4.72]"
    assert money(1234.5, np.nan, np.nan) == "1234"
    assert money(0.0, np.nan, np.nan) == "0.00"


def test_latex_prints_special_characters_as_they_stand():
    assert escape_latex(r"50 % of_a & b #1 {x} $y ~ ^ \z") == (
        r"50 \% of\_a \& b \#1 \{x\} \$y \textasciitilde{} \textasciicircum{} \textbackslash{}z"
    )
    assert escape_latex("λ ≥ −1 ± 2") == r"$\lambda$ $\geq$ $-$1 $\pm$ 2"


def test_markdown_keeps_pipes_inside_their_cell():
    assert r"a \| b" in to_markdown(pd.DataFrame({"name": ["a | b"]}), "note")


def test_intervals_stand_below_their_values_in_latex():
    lines = to_latex(pd.DataFrame({"a": ["x"], "b": ["1.0 [0.5, 1.5]"]}), "n = 3").splitlines()
    value = next(place for place, line in enumerate(lines) if line.startswith("x & 1.0"))
    assert "[}0.5, 1.5]" in lines[value + 1]
    assert r"\begin{tabular}{@{}ll@{}}" in lines


def readable():
    """Every table for readers, from small frames."""
    right = np.random.default_rng(1).random(120) < 0.5
    frames = {"small_low": outcomes(right), "b": outcomes([True] * 120)}
    found = {
        "small_low": predictions(frames["small_low"], right + np.arange(120) % 3, 0.5),
        "b": untrained(frames["b"]),
    }
    measured = evaluated(
        frames,
        {(policy, "majority_correct", "linear"): each for policy, each in found.items()}
        | {
            (policy, "majority_correct", "permuted_labels"): each.assign(permutation=0)
            for policy, each in found.items()
        },
        resamples=20,
    )
    recorded = {"charge": np.nan, "cost_basis": "assumed", "saving": "sensitivity ±50 %"}
    sweep = curves(["a", "b"])
    sweep = pd.concat([sweep.assign(operating_point=sweep.operating_point + shift) for shift in range(0, 16, 2)])
    return {
        "T2": (auroc, auroc.collect(metrics=measured.metrics, differences=measured.differences)),
        "T4": (routing_summary, routing_summary.collect(summary(["a", "b_1"], ["validation", "train"], **recorded))),
        "T5": (routing_sweep, routing_sweep.collect(sweep)),
        "T6": (calibration, calibration.collect(metrics=measured.metrics, family="linear", calibrated_on="train")),
    }


def test_what_cannot_be_tested_is_named_in_the_tables():
    tables = readable()
    assert "n/t" in to_markdown(*auroc.layout(tables["T2"][1]))
    assert "not trained" in to_markdown(*calibration.layout(tables["T6"][1]))


def test_assumed_costs_say_so_in_the_routing_table():
    _, frame = readable()["T4"]
    table, note = routing_summary.layout(frame)
    assert note.startswith("Costs are assumed, not measured.")
    assert "sensitivity ±50 %" in note
    assert "unknown" in table["With probing, USD per 1,000"].tolist()


def test_the_routing_table_says_which_router_and_family_would_have_been_chosen_of_all():
    _, frame = readable()["T4"]
    told = "the choosing split would take: utility router by linear probe (match, validation)."
    assert told in routing_summary.layout(frame)[1]
    assert "would take" not in routing_summary.layout(frame.assign(preferred=False))[1]


def test_every_table_writes_three_files_with_six_significant_digits(tmp_path):
    for label, (module, frame) in readable().items():
        write_table(frame, *module.layout(frame), tmp_path / label)
        back = pd.read_csv(tmp_path / f"{label}.csv")
        assert list(back) == list(frame)
        numbers = frame.select_dtypes(float)
        np.testing.assert_allclose(back[list(numbers)].astype(float), numbers, rtol=1e-5)
        assert {path.name for path in tmp_path.glob(f"{label}.*")} == {f"{label}.{s}" for s in ("csv", "md", "tex")}


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_every_table_compiles(tmp_path):
    for label, (module, frame) in readable().items():
        write_table(frame, *module.layout(frame), tmp_path / label)
    inputs = "\n".join(rf"\input{{{label}}}\clearpage" for label in readable())
    packages = r"\usepackage{booktabs}\usepackage{longtable}"
    (tmp_path / "all.tex").write_text(rf"\documentclass{{article}}{packages}\begin{{document}}{inputs}\end{{document}}")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "all.tex"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
