"""Every policy's success, read from one encoder's activations."""

import numpy as np
import pandas as pd

from foretell.probes.families import LINEAR, linear
from foretell.probes.folds import assign_folds, fold_units
from foretell.probes.inputs import Inputs
from foretell.probes.settings import EncoderSettings
from foretell.probes.targets import TARGETS, LabelledTarget
from foretell.probes.trials import Trial, run_trials


def read_successes(inputs: Inputs, outcomes: dict[str, pd.DataFrame], settings: EncoderSettings) -> pd.DataFrame:
    """Train a linear probe for a target of every policy, all with the same folds.

    Args:
        inputs: of any of the policies; its activations are the encoder's.
        outcomes: per policy: problem_id and what the target is read from, of the inputs' problems.
        settings: the folds are of train; see `foretell.probes.folds.fold_units`.

    Returns:
        policy, problem_id, split, score (log odds; null where nothing could be trained), probability (null likewise).
    """
    target = TARGETS[settings.target]
    ids = inputs.outcomes.problem_id
    labels = {policy: target.labels(frame.set_index("problem_id").loc[ids]) for policy, frame in outcomes.items()}
    rows = inputs.train
    strata = np.column_stack(list(labels.values()))[rows]
    assigned = assign_folds(fold_units(inputs.outcomes)[rows], strata, settings.folds, settings.seed)
    targets = [LabelledTarget(policy, target, values, rows, assigned) for policy, values in labels.items()]
    trials = [Trial(target, LINEAR, None, target.labels[rows]) for target in targets]
    results = run_trials(linear(inputs, tuple(settings.strengths)), trials)
    head = inputs.outcomes[["problem_id", "split"]]
    frames = [
        head.assign(
            policy=target.name,
            score=np.nan if result is None else result.scores,
            probability=np.nan if result is None or result.platt is None else result.platt.probability(result.scores),
        )
        for target, result in zip(targets, results, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)[["policy", "problem_id", "split", "score", "probability"]]
