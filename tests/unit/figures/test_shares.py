"""F8: shares of the policies, at each number of samples."""

import pandas as pd
import pytest

from figure_frames import assert_nothing_is_cut_off, summary
from foretell.figures import shares


@pytest.mark.parametrize("count", [2, 12])
def test_shares_add_up_to_the_whole(count):
    rows = [
        ("test", "linear", "utility", "train", p, f"policy{i}", 1 / count)
        for i in range(count)
        for p in (0.0, 0.5, 1.0)
    ]
    columns = ["split", "family", "router", "calibrated_on", "operating_point", "policy", "share"]
    table = pd.DataFrame(rows, columns=columns).assign(samples=8)
    parts = {part: summary(["a", "b"], cost_basis="assumed") for part in ("math-half-0", "math-half-1")}
    parts["math-half-1"].operating_point += 0.5
    figure = shares.draw(shares.collect(table, parts, "utility"))
    assert_nothing_is_cut_off(figure)
    top = max(path.vertices[:, 1].max() for path in figure.axes[0].collections[-1].get_paths())
    assert top == pytest.approx(100)


def test_parts_with_fewer_samples_are_paler_and_the_legend_names_policies_once():
    rows = [
        ("test", "linear", "utility", "train", p, policy, samples, 0.25)
        for policy, most in (("a", 1), ("b", 3))
        for samples in range(1, most + 1)
        for p in (0.0, 0.5, 1.0)
    ]
    columns = ["split", "family", "router", "calibrated_on", "operating_point", "policy", "samples", "share"]
    table = shares.collect(pd.DataFrame(rows, columns=columns), {"pool": summary(["a", "b"])}, "utility")
    figure = shares.draw(table)
    areas = figure.axes[0].collections
    colours = [tuple(area.get_facecolor()[0]) for area in areas]
    assert len({colour[:3] for colour in colours}) == 2 and colours[1][:3] == colours[2][:3] == colours[3][:3]
    assert [colour[3] for colour in colours] == pytest.approx([1, 0.25, 0.625, 1])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]
    assert_nothing_is_cut_off(figure)


def test_shares_at_uneven_points_stand_by_rank_under_their_values():
    points = [0.0, 0.001, 0.002, 0.5, 40.0]
    rows = [("test", "linear", "utility", "train", p, policy, 0.5) for policy in "ab" for p in points]
    columns = ["split", "family", "router", "calibrated_on", "operating_point", "policy", "share"]
    chosen = summary(["a", "b"])
    chosen["operating_point"] = 0.5
    table = pd.DataFrame(rows, columns=columns).assign(samples=8)
    figure = shares.draw(shares.collect(table, {"pool": chosen}, "utility"))
    assert_nothing_is_cut_off(figure)
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "0.001", "0.002", "0.5", "40"]
    assert {line.get_xdata()[0] for line in axes.lines} == {3}
