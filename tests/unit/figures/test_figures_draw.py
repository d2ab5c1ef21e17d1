"""Figures: drawn for every number of policies, for what cannot be tested, and the same bytes every time."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from figure_frames import assert_nothing_is_cut_off, curves, outcomes, predictions, summary, sweep, untrained
from foretell.figures import cost_accuracy, effort, layers, reliability
from foretell.figures import predictions as histograms
from foretell.figures.style import (
    COLUMN,
    PAGE,
    legend_columns,
    look_of,
    styled,
    uneven_legend_columns,
    wrapped,
    write_figure,
)

COUNTS = [1, 4, 12]  # one panel, rows of two, and the most


def texts(figure):
    figure.draw_without_rendering()
    return [text.get_text() for axes in figure.axes for text in [*axes.texts, axes.title, axes._left_title]]


def many(count):
    """Outcomes and predictions of `count` policies, the last of which has no probe."""
    rng = np.random.default_rng(count)
    names = [f"a-rather-long-name-of-policy-{place}" for place in range(count)]
    frames = {name: outcomes(rng.random(40) < 0.6) for name in names}
    found = {name: predictions(frame, rng.normal(size=40), rng.random(40)) for name, frame in frames.items()}
    found[names[-1]] = untrained(frames[names[-1]])
    return frames, found


@pytest.mark.parametrize(("k", "what"), [(8, "majority vote"), (1, "answer")])
def test_of_one_sample_no_majority_is_spoken_of(k, what):
    frames, found = many(2)
    given = {name: frame.assign(k=k) for name, frame in frames.items()}
    legend = histograms.draw(histograms.collect(given, found)).legends[0]
    assert [text.get_text() for text in legend.get_texts()] == [f"{what} right", f"{what} wrong"]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize(("module", "further"), [(reliability, ["train"]), (histograms, [])])
def test_panels_for_any_number_of_policies_and_one_without_a_probe(module, further, count):
    figure = module.draw(module.collect(*many(count), *further))
    assert figure.get_figwidth() == (COLUMN if count == 1 else PAGE)
    assert sum(text.startswith("not testable") for text in texts(figure)) == 1
    assert figure.axes[0].get_ylabel(), "what the axes of a row show is said also where its first panel is empty"
    assert_nothing_is_cut_off(figure)


@pytest.mark.parametrize("count", COUNTS)
def test_heat_maps_share_one_colour_scale(count):
    cells = [(layer, position, 1.0) for layer in range(4) for position in (-2, -1)]
    sweeps = {f"p{i}": sweep({cell: [0.1 * cell[0] + i / 50] for cell in cells}) for i in range(count)}
    sweeps["p0"] = sweeps["p0"].iloc[:0]
    figure = layers.draw(layers.collect(sweeps))
    limits = {mesh.get_clim() for axes in figure.axes for mesh in axes.collections if isinstance(mesh, QuadMesh)}
    assert len(limits) <= 1
    assert figure.axes[0].get_ylabel() == "Token position", "also where the first panel is empty"
    assert texts(figure).count("probe not trained") == 1


def test_the_colour_scale_begins_behind_the_embedding():
    cells = {(0, -1, 1.0): [0.0], (0, -2, 1.0): [0.0], (1, -1, 1.0): [0.6], (1, -2, 1.0): [0.7]}
    figure = layers.draw(layers.collect({"p": sweep(cells)}))
    assert {mesh.get_clim() for axes in figure.axes for mesh in axes.collections if isinstance(mesh, QuadMesh)} == {
        (0.6, 0.7)
    }


def test_one_position_is_a_line_over_layers_with_the_range_of_the_folds():
    cells = {(layer, -1, 1.0): [value - 0.1, value + 0.1] for layer, value in enumerate((0.0, 0.6, 0.8, 0.7, 0.7))}
    figure = layers.draw(layers.collect({"p": sweep(cells), "q": sweep({})}))
    line, ring = figure.axes[0].lines
    assert line.get_ydata() == pytest.approx([0.0, 0.6, 0.8, 0.7, 0.7]) and ring.get_xdata() == [2]
    band = figure.axes[0].collections[0].get_paths()[0].vertices
    assert {round(y, 6) for x, y in band if x == 1} == {0.5, 0.7} and figure.axes[0].get_ylim()[0] > 0.4
    assert texts(figure).count("probe not trained") == 1
    assert_nothing_is_cut_off(figure)


def efforts(values):
    """A frame of F9 from {(model, effort): AUROC or None}."""
    rows = []
    for place, ((model, level), value) in enumerate(values.items()):
        for target, metric in effort.METRIC_OF.items():
            interval = {"value": value, "low": value - 0.1 if value else None, "high": value + 0.1 if value else None}
            accuracy = {"accuracy": 0.5 + place / 30, "accuracy_low": 0.4, "accuracy_high": 0.95}
            note = "" if value else "not testable: 2 failures of 90"
            names = {"policy": f"{model}-{level}", "model": model, "effort": level, "target": target, "metric": metric}
            rows.append({**names, **accuracy, **interval, "n": 90, "note": note})
    return pd.DataFrame(rows).astype({"value": float, "low": float, "high": float})


def test_efforts_are_joined_from_low_to_high_and_the_untestable_are_named():
    values = {("m", "high"): 0.6, ("m", "low"): 0.8, ("m", "medium"): 0.7, ("other", None): 0.5, ("third", "low"): None}
    figure = effort.draw(efforts(values))
    joined = next(line for line in figure.axes[0].lines if len(line.get_xdata()) == 3)
    assert joined.get_ydata().tolist() == [0.8, 0.7, 0.6]
    assert "third-low not testable: 2 failures of 90" in texts(figure)


def test_efforts_of_which_none_is_testable_still_make_a_figure():
    assert any("2 failures" in text for text in texts(effort.draw(efforts({("m", "low"): None}))))


def test_efforts_of_twelve_models():
    figure = effort.draw(efforts({(f"a-long-name-of-model-{i}", None): 0.5 + i / 50 for i in range(12)}))
    assert_nothing_is_cut_off(figure)


def plane(policies=("a", "b"), dearest=0.01, samples=(1, 2), router="utility", **options):
    table = cost_accuracy.collect(curves(list(policies), samples, dearest), summary(list(policies), **options), router)
    return cost_accuracy.draw(table)


def test_the_cost_axis_is_logarithmic_only_over_a_wide_range():
    assert plane().axes[0].get_xscale() == "linear"
    many = plane([f"p{i}" for i in range(12)])
    assert many.axes[0].get_xscale() == "log"
    assert_nothing_is_cut_off(many)


def test_nearly_equal_costs_are_drawn_apart():
    frame = cost_accuracy.collect(curves(["a", "b"], None), summary(["a", "b"]), "utility")
    for name in ("cost_usd_per_1000", "cost_usd_per_1000_low", "cost_usd_per_1000_high"):
        frame[name] = 10 + 0.01 * frame[name]
    axes = cost_accuracy.draw(frame).axes[0]
    spread = frame.cost_usd_per_1000.max() - frame.cost_usd_per_1000.min()
    assert spread > 0.2 * np.ptp(axes.get_xlim())
    assert plane().axes[0].get_xlim()[0] == 0


def charged_plane(charges, policies=2, others=None):
    """Axes of a plane with narrow intervals, one split per charge; `others` is what all else costs, if it is one cost.

    Returns:
        The axes, and per split where its charged star is, and whether that is on the cost axis.
    """
    splits = ["validation", "train"][: len(charges)]
    names = [f"p{i}" for i in range(policies)]
    frame = cost_accuracy.collect(curves(names), summary(names, splits), "utility")
    is_charged = frame.series == "chosen, probing charged"
    if others is not None:
        frame["cost_usd_per_1000"] = frame.cost_usd_per_1000.where(is_charged, others)
    frame.loc[is_charged, "cost_usd_per_1000"] = charges
    for end, factor in (("_low", 0.98), ("_high", 1.02)):
        frame[f"cost_usd_per_1000{end}"] = factor * frame.cost_usd_per_1000
    figure = cost_accuracy.draw(frame)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    stars = {each.get_label(): each.lines[0] for each in axes.containers}
    found = [stars[f"chosen on {split}, probing charged"] for split in splits]
    return axes, [(each.get_xdata()[0], each.get_transform() == axes.transData) for each in found]


@pytest.mark.parametrize(("policies", "cost"), [(2, 9.7), (2, 12), (2, 19.9), (12, 187)])
def test_a_charge_that_fits_stands_at_its_cost(policies, cost):
    """The cost axis of two policies is linear, that of twelve logarithmic."""
    axes, [(place, on_axis)] = charged_plane([cost], policies)
    assert on_axis and place == pytest.approx(cost) and cost < axes.get_xlim()[1]


@pytest.mark.parametrize(
    ("policies", "cost", "text"), [(2, 22.5, "22.5"), (2, 300, "300"), (12, 300, "300"), (12, 30_000, "30,000")]
)
def test_a_charge_that_dwarfs_all_costs_stands_at_the_end_with_its_amount(policies, cost, text):
    axes, [(place, on_axis)] = charged_plane([cost], policies)
    assert not on_axis and 0.9 < place < 1
    scale = axes.xaxis.get_transform()
    left, dearest, right = scale.transform([*axes.get_xlim(), 10])[[0, 2, 1]]
    assert (dearest - left) / (right - left) > 0.8  # the policies keep the axis
    assert [each.get_text() for each in axes.texts if each.get_text()] == [text]


@pytest.mark.parametrize("others", [0.0, 0.001])
def test_a_charge_beside_equal_costs_stands_at_the_end(others):
    axes, [(_, on_axis)] = charged_plane([15], others=others)
    assert not on_axis and axes.get_xlim()[0] >= 0 and axes.get_xlim()[1] < 2
    assert "per million" in axes.get_xlabel()  # the unit is for what keeps the axis


def test_charges_of_two_splits_are_both_seen():
    axes, [(near, near_on_axis), (_, far_on_axis)] = charged_plane([15, 150])
    assert near_on_axis and not far_on_axis and near < 0.95 * axes.get_xlim()[1]
    axes, far = charged_plane([150, 155])
    one, other = (each.get_window_extent() for each in axes.texts if each.get_text())
    assert not any(on_axis for _, on_axis in far) and not one.overlaps(other)


def test_free_policies_do_not_ask_for_a_logarithm():
    assert plane(dearest=0.0).axes[0].get_xscale() == "linear"


def test_assumed_costs_say_so_inside_the_figure():
    recorded = {"charge": np.nan, "cost_basis": "assumed", "chosen_on": ["validation", "train"]}
    figure = plane(samples=None, router="cascade", **recorded)
    figure.draw_without_rendering()
    assert figure.axes[0].get_title(loc="right") == "Costs are assumed, not measured"
    assert figure.axes[0].get_xlabel().startswith("Assumed cost")
    assert plane().axes[0].get_title(loc="right") == ""


def test_two_runs_write_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        frame = reliability.collect(*many(2), "train")
        write_figure(reliability.draw(frame), frame, tmp_path / name / "F4")
    for suffix in ("pdf", "svg", "png", "csv"):
        assert (tmp_path / "one" / f"F4.{suffix}").read_bytes() == (tmp_path / "two" / f"F4.{suffix}").read_bytes()
    assert {path.name for path in (tmp_path / "one").iterdir()} == {"F4.pdf", "F4.svg", "F4.png", "F4.csv"}


def test_twelve_policies_look_different():
    looks = look_of([f"p{i}" for i in range(12)])
    assert len({(look["color"], look["hatch"]) for look in looks.values()}) == 12
    assert len({look["marker"] for look in looks.values()}) == 12


def test_names_break_behind_hyphens_and_are_otherwise_unchanged():
    assert wrapped("qwen2.5-math-1.5b_instruct", 13) == "qwen2.5-math-\n1.5b_instruct"
    assert wrapped("one two", 20) == "one two"


def test_a_legend_has_at_least_one_column():
    assert legend_columns(["x" * 200], COLUMN) == 1


@styled
def test_a_legend_of_uneven_labels_is_no_wider_than_its_figure():
    labels = ["utility router, every λ", "hull of single policies", "oracle utility, every λ", "oracle"]
    labels += ["chosen on validation (falls back to best single policy)", "uniform random", "chosen by prompt length"]
    figure = Figure(figsize=(PAGE, 2), layout="constrained")
    lines = [figure.subplots().plot([0], [0])[0] for _ in labels]
    columns = uneven_legend_columns(labels, PAGE)
    legend = figure.legend(lines, labels, loc="outside lower center", ncols=columns, columnspacing=1.4)
    FigureCanvasAgg(figure).draw()
    assert columns >= 3 and legend.get_window_extent().width <= figure.bbox.width
    assert uneven_legend_columns(["x" * 200], COLUMN) == 1
