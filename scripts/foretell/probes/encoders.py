"""Every policy's success, read from one encoder's activations."""

import numpy as np
import pandas as pd

from foretell.probes.families import LINEAR, linear
from foretell.probes.folds import assign_folds
from foretell.probes.inputs import Inputs
from foretell.probes.targets import Target
from foretell.probes.trials import Trial, run_trials


def read_successes(
    inputs: Inputs, outcomes: dict[str, pd.DataFrame], strengths: list[float], folds: int, seed: int
) -> pd.DataFrame:
    """Train a linear probe for every policy's majority_correct, all with the same folds.

    Args:
        inputs: of any of the policies; its activations are the encoder's.
        outcomes: per policy: problem_id, majority_correct, in the inputs' order.
        strengths: L2 penalties to choose from.
        folds: of the cross-validation on train, by group.
        seed: of the folds.

    Returns:
        policy, problem_id, split, score (log odds; null where nothing could be trained), probability (null likewise).
    """
    labels = {policy: frame.majority_correct.to_numpy(dtype=float) for policy, frame in outcomes.items()}
    rows = inputs.train
    strata = np.column_stack(list(labels.values()))[rows]
    assigned = assign_folds(inputs.outcomes.group.to_numpy()[rows], strata, folds, seed)
    targets = [Target(policy, True, values, rows, assigned) for policy, values in labels.items()]
    trials = [Trial(target, LINEAR, None, target.labels[rows]) for target in targets]
    results = run_trials(linear(inputs, tuple(strengths)), trials)
    head = inputs.outcomes[["problem_id", "split"]]
    frames = [
        head.assign(
            policy=target.name,
            score=np.nan if result is None else result.scores,
            probability=np.nan if result is None else result.platt.probability(result.scores),
        )
        for target, result in zip(targets, results, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)[["policy", "problem_id", "split", "score", "probability"]]
