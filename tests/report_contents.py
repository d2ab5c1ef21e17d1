"""A small study's report from frames with known answers: long names, wide tables, a policy that cannot be tested."""

import pandas as pd

from figure_frames import curves, outcomes, predictions, summary
from foretell.claims.front_page import FrontPageSettings
from foretell.common.storage import write_csv
from foretell.evaluation.measured import TOO_FEW
from foretell.figures import cost_accuracy, reliability, routing_summary
from foretell.figures.text import write_table
from foretell.report.made_from import MadeFrom
from foretell.report.page import Contents

POLICIES = ["a-policy-with-a-rather-long-name-0", "a-policy-with-a-rather-long-name-1"]
EXCLUDED = [None, "a lacks answers to it", *(f"its question is that of test problem '{each}'" for each in "xy")]
TITLE = "Own questions, <b>own</b> & {{ models }}"
CAPTION = "Shown of ``{{ snakemake.config['study'] }}``, 95 % intervals, *so far*."


def metrics():
    """AUROC of the probe and of TF-IDF; the second policy has too few failures."""
    rows = []
    for policy, value in zip(POLICIES, (0.8, None), strict=True):
        for family in ("linear", "tfidf"):
            why = "" if value else TOO_FEW.format(50)
            ends = {"value": value, "low": value and value - 0.1, "high": value and value + 0.1}
            counts = {"n": 90, "positives": 88 if value is None else 40, "negatives": 2 if value is None else 50}
            names = {"policy": policy, "target": "majority_correct", "family": family, "metric": "auroc"}
            rows.append({**names, **ends, **counts, "encoder": None, "split": "test", "resamples": 9, "reason": why})
    return pd.DataFrame(rows).astype({"value": float, "low": float, "high": float})


def claims():
    """One claim that can be tested, and one that cannot."""
    row = {"claim_id": "c", "claim": "It <i>works</i>", "reported": ".8", "subject": "own", "ours": ".7", "n": 90}
    ends = {"low": 0.01, "high": 0.2, "verdict": "analogue: same direction", "note": None}
    other = {"claim_id": "d", "claim": "No", "verdict": "not testable here", "note": "the study has no AIME problems"}
    return pd.DataFrame([{**row, **ends}, {**row, "low": None, "high": None, **other}])


def draw(module, frame, stem):
    """What the page shows of a figure."""
    module.draw(frame).savefig(stem.with_suffix(".svg"))
    write_csv(frame, stem.with_suffix(".csv"))


def problems():
    split, question = ["train", "train", "train", "test"], list("abcd")
    columns = {"problem_id": list("pqrs"), "split": split, "question": question, "group": None}
    return pd.DataFrame({**columns, "excluded_reason": EXCLUDED}, dtype="string")


def contents(folder, **changes):
    """What the page shows, with its figures and tables drawn into a folder."""
    answers = {name: outcomes([True, False] * 20).assign(k=4, completion_tokens=8.0) for name in POLICIES}
    found = {name: predictions(frame, [1.0, -1.0], [0.7, 0.3]) for name, frame in answers.items()}
    frame = reliability.collect(answers, found, "train")
    draw(reliability, frame, folder / "F4")
    routed = summary(POLICIES)
    frame = cost_accuracy.collect(curves(POLICIES), routed, "utility")
    draw(cost_accuracy, frame, folder / "F6")
    frame = routing_summary.collect(routed)
    write_table(frame, *routing_summary.layout(frame), folder / "T4")
    write_table(claims(), claims()[["claim"]], "A note.", folder / "T9")
    kinds = {("F4", "own"): "svg", ("F6", "pool"): "svg", ("T4", "pool"): "md", ("T9", "pool"): "md"}
    shown = {key: [folder / f"{key[0]}.{kind}", folder / f"{key[0]}.csv"] for key, kind in kinds.items()}
    pool = {
        "pool": "pool",
        "problem_set": "own",
        "policies": [{"policy": name} for name in POLICIES],
        "fewer_samples": True,
    }
    left = [{"problem_set": "programs", "reason": "no bubblewrap"}]
    page = {"title": TITLE, "evidence": "analogue", "reads_activations": True}
    page |= {"left_out": left, "models": [], "unrouted": [], "pools": [pool]}
    given = {
        "page": FrontPageSettings.model_validate(page),
        "config": {"study": "mine", "seed": 1, "statistics": {"resamples": 9}},
        "titles": {
            "F4": "Reliability",
            "F6": "Cost and accuracy",
            "T4": "Routing strategies",
            "T9": "What policies write",
            "F1": "Norms",
        },
        "captions": dict.fromkeys(["F4", "F6", "T4", "T9"], CAPTION),
        "shown": shown,
        "claims": claims(),
        "problems": {"own": problems()},
        "outcomes": {("own", name): frame for name, frame in answers.items()},
        "metrics": {"own": metrics()},
        "routing": {"pool": routed},
        "made_from": MadeFrom({}, [], {"q.csv": "0" * 64}, {}),
    }
    return Contents(**{**given, **changes})
