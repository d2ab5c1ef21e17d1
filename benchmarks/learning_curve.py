"""How many labelled problems a probe takes: AUROC on test after training on ever more problems of train.

python benchmarks/learning_curve.py results/gsm8k gsm8k [--sizes 50 100 200 350 500] [--draws 5]
reads the outcomes, activations and prompts of a finished study, draws so many of its train problems several times, and
has each family go through its whole protocol on them. Printed is the mean AUROC on all test problems, with the smallest
and the largest of the draws where there are several; `--families` and `--policies` name fewer.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from foretell.probes.inputs import Inputs, read_inputs
from foretell.probes.settings import ProbeSettings
from foretell.probes.training import train_probes

TARGET = "majority_correct"


def inputs_of(results: Path, problem_set: str, policy: str) -> tuple[Inputs, ProbeSettings]:
    """What the study trained a policy's probes from, as the record of their job says."""
    record = results / "provenance" / "probes" / problem_set / policy / TARGET / "linear" / "probe.json.json"
    job = json.loads(record.read_text(encoding="utf-8"))
    read = [results / name for name in job["inputs"]]
    prompts = next(path for path in read if path.parts[-3] == "prompts")
    activations = [path for path in read if "activations" in path.parts]
    outcomes = next(path for path in read if "outcomes" in path.parts)
    inputs = read_inputs(outcomes, results / "problems" / f"{problem_set}.parquet", prompts, activations)
    return inputs, ProbeSettings.model_validate(job["settings"] | {"targets": [TARGET]})


def aurocs(inputs: Inputs, settings: ProbeSettings, size: int, draw: int) -> dict[str, float]:
    """By family, AUROC on test after training on `size` problems of train."""
    drawn = np.random.default_rng(draw).permutation(inputs.train)[:size]
    split = inputs.outcomes.split.where(inputs.outcomes.split != "train", "unused")
    split.iloc[drawn] = "train"
    test = split.eq("test").to_numpy()
    labels = inputs.outcomes[TARGET].to_numpy(bool)[test]
    probes = train_probes(replace(inputs, outcomes=inputs.outcomes.assign(split=split)), settings)
    scores = {probe.family: probe.predictions.score.to_numpy(float)[test] for probe in probes}
    return {name: roc_auc_score(labels, each) if np.isfinite(each).all() else np.nan for name, each in scores.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="of a finished study")
    parser.add_argument("problem_set")
    parser.add_argument("--sizes", type=int, nargs="+", default=[50, 100, 200, 350, 500])
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--families", nargs="+", default=["linear", "prompt_length", "tfidf", "token_gbm"])
    parser.add_argument("--policies", nargs="+")
    args = parser.parse_args()
    outcomes = args.results / "outcomes" / args.problem_set
    for policy in args.policies or sorted(path.stem for path in outcomes.glob("*.parquet")):
        inputs, settings = inputs_of(args.results, args.problem_set, policy)
        settings = settings.model_copy(update={"families": args.families})
        rows = []
        for size in args.sizes:
            draws = args.draws if size < len(inputs.train) else 1
            found = pd.DataFrame([aurocs(inputs, settings, size, draw) for draw in range(draws)])
            rows.append({"train problems": min(size, len(inputs.train)), **found.apply(_in_words)})
        print(f"{policy}\n\n{pd.DataFrame(rows).to_markdown(index=False)}\n", flush=True)


def _in_words(values: pd.Series) -> str:
    ends = f" [{values.min():.3f}, {values.max():.3f}]" if len(values) > 1 else ""
    return f"{values.mean():.3f}{ends}"


if __name__ == "__main__":
    main()
