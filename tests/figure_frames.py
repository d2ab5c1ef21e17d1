"""Small frames with known answers, for the tests of figures and tables, and what holds of every figure."""

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg

SPLITS = ("train", "validation", "test")


def outcomes(correct, rates=None, prefix="p"):
    """Outcomes with the same labels on every split."""
    frames = []
    for split in SPLITS:
        ids = [f"{prefix}{split}{place}" for place in range(len(correct))]
        labels = pd.array(correct, dtype="boolean")
        frame = pd.DataFrame({"problem_id": ids, "split": split, "group": ids, "k": 8, "majority_correct": labels})
        frames.append(frame.assign(success_rate=rates if rates is not None else np.asarray(correct, dtype=float)))
    return pd.concat(frames, ignore_index=True)


def predictions(of, scores, probabilities):
    """Predictions with the same values on every split."""
    values = {"score": np.resize(scores, len(of)), "probability": np.resize(probabilities, len(of))}
    return of[["problem_id", "split"]].assign(**values)


def untrained(of):
    """Predictions of a probe that was not trained."""
    return of[["problem_id", "split"]].assign(score=np.nan, probability=np.nan)


def sweep(cells, metric="spearman"):
    """A sweep from {(layer, position, strength): values by fold}."""
    rows = [
        {"layer": key[0], "position": key[1], "strength": key[2], "fold": fold, "metric": metric, "value": value}
        for key, values in cells.items()
        for fold, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["layer", "position", "strength", "fold", "metric", "value"])


def point(strategy, accuracy, cost, split="test", **labels):
    """One row of the routing curves; its intervals reach 0.1 and half of the cost to either side."""
    empty = {"family": None, "policy": None, "samples": None, "calibrated_on": None, "operating_point": np.nan}
    ends = {"accuracy_low": accuracy - 0.1, "accuracy_high": accuracy + 0.1}
    costs = {"cost": cost, "cost_low": cost / 2, "cost_high": cost * 1.5}
    return {"split": split, "strategy": strategy, **empty, **labels, "accuracy": accuracy, **ends, **costs, "n": 40}


def curves(policies, samples=(1, 2), dearest=0.01):
    """Curves of a pool whose policies get dearer and better; `samples` None for a pool without fewer samples."""
    rows = []
    for split in ("validation", "test"):
        for place, policy in enumerate(policies, start=1):
            for count in samples or [8]:
                share = count / max(samples or [8])
                rows.append(
                    point("single", 0.5 + 0.03 * place * share, dearest * share * place / len(policies), split)
                    | {"policy": policy, "samples": count}
                )
        for value in (0.0, 0.5, 1.0):
            for router, calibrated_on in (("utility", "train"), ("cascade", "train"), ("oracle_utility", None)):
                labels = {"operating_point": value, "calibrated_on": calibrated_on}
                labels["family"] = None if calibrated_on is None else "linear"
                rows.append(point(router, 0.9 - 0.2 * value, dearest * (1 - 0.5 * value), split, **labels))
        rows += [point("random", 0.6, dearest / 2, split), point("oracle", 0.95, dearest / 4, split)]
        for place in (1, len(policies)):
            rows.append(point("hull", 0.5 + 0.03 * place, dearest * place / len(policies), split))
    table = pd.DataFrame(rows).assign(probing_cost=dearest / 10)
    return table.astype({"samples": "Int64"}).drop_duplicates(ignore_index=True)


def summary(policies, chosen_on=("validation",), charge=1.2, cost_basis="measured tokens", saving="bootstrap"):
    """A summary of the same pool; `charge` NaN where probing has no known price."""
    table = curves(policies, samples=None)
    table = table[table.split == "test"].drop(columns="split").assign(chosen_on=None, at_cost_of=None, criterion=None)
    routed = table.strategy.isin(["utility", "cascade", "oracle_utility"])
    parts = [table[~routed & (table.strategy != "hull")]]
    for split in chosen_on:
        chosen = table[routed & (table.operating_point == 0.5)].assign(chosen_on=split, criterion="match")
        mixed = chosen[chosen.strategy != "oracle_utility"]
        parts += [chosen, mixed.assign(strategy="hull", at_cost_of=mixed.strategy, operating_point=np.nan)]
    table = pd.concat(parts, ignore_index=True)
    for end in ("", "_low", "_high"):
        table["cost_with_probing" + end] = table["cost" + end] * np.where(table.chosen_on.notna(), charge, 1.0)
        over_text = ("accuracy_over_text", "saving_over_text", "gain_over_text")
        charged = ("saving_with_probing", "gain_over_hull_with_probing")
        names = ("accuracy_difference", "saving", "gain_over_hull", "hull_accuracy", *charged, *over_text)
        for name in names:
            table[name + end] = {"": 0.0, "_low": -0.05, "_high": 0.05}[end]
        table["hull_cost" + end] = table["cost" + end]
    constants = {"choice": "cheapest that matches", "best_single": policies[-1], "hull_policies": "100.0 % a"}
    return table.assign(
        **constants,
        cost_basis=cost_basis,
        saving_interval=saving,
        preferred=(table.strategy == "utility") & (table.chosen_on == "validation"),
        resolvable_margin=0.02,
        margin=0.01,
        matched="underpowered",
        text_family=None,
        n=40,
        resamples=9,
    )


def assert_nothing_is_cut_off(figure):
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    labels = [label for axes in figure.axes for label in (axes.xaxis.label, axes.yaxis.label, axes.title)]
    for artist in [*figure.legends, *(label for label in labels if label.get_text())]:
        box = artist.get_window_extent()
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, artist
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1, artist
