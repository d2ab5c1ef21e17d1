"""How often monitoring raises an alarm on logs without drift, and on logs with a planted one.

Each log is drawn from a router's own test split, of which the other half stands for the study's: so nothing has drifted
but what is planted, whatever the study's calibration is. Every tenth request is explored.
"""

import argparse
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from foretell.deployment.choosing import choose_point, choose_policies
from foretell.deployment.drift import find_drift, holm
from foretell.deployment.folder import read_folder
from foretell.deployment.logged import Log
from foretell.deployment.reference import Reference

EXPLORATION = 0.1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("router", type=Path)
    parser.add_argument("--requests", type=int, nargs="+", default=[250, 1000])
    parser.add_argument("--batches", type=int, default=500)
    parser.add_argument("--level", type=float, default=0.01)
    args = parser.parse_args()

    description, tensors = read_folder(args.router)
    policies = [each.policy for each in description.policies]
    whole, chosen = Reference.of(tensors, policies, args.router), choose_point(description)
    constant = [each.probe.constant is not None for each in description.policies]
    known = whole.probability.shape[0] // 2
    print(f"{known} test problems, {len(policies)} policies, level {args.level:g}")
    print("drift | requests | batches with an alarm | by scores | by calibration | by foreign prompts")
    plans = {
        "none": lambda p, y, rng: (p, y),
        "scores lower by .3": lambda p, y, rng: (expit(logit(p) - 0.3), y),
        "accuracy lower by .1": lambda p, y, rng: (p, np.maximum(y - (rng.random(y.shape) < 0.1 / y.mean(axis=0)), 0)),
    }
    for name, plant in plans.items():
        for n in args.requests:
            alarms = []
            for seed in range(args.batches):
                rng = np.random.default_rng(seed)
                rows = rng.permutation(len(whole.unlikeness))
                test, new = rows[:known], rows[known : known + n]
                reference = Reference(whole.probability[test], whole.correct[test], whole.unlikeness[test])
                probability, correct = plant(whole.probability[new], whole.correct[new], rng)
                decided = choose_policies(description, chosen, probability)
                explored = rng.random(len(new)) < EXPLORATION
                sent = np.where(explored, rng.integers(len(policies), size=len(new)), decided)
                propensity = EXPLORATION / len(policies) + (1 - EXPLORATION) * (sent == decided)
                right, cost = correct[np.arange(len(new)), sent], np.zeros(len(new))
                unlikeness, asked = whole.unlikeness[new], np.ones(len(new), dtype=bool)
                log = Log(probability, unlikeness, decided, sent, sent, propensity, cost, right, asked)
                on_test = choose_policies(description, chosen, reference.probability)
                tests = find_drift(log, reference, on_test, policies, constant, description.unlike_above)
                adjusted = holm([each.p for each in tests])
                alarms.append({each.kind for each, p in zip(tests, adjusted, strict=True) if p <= args.level})
            shares = [
                np.mean([kind in each for each in alarms]) for kind in ("scores", "calibration", "foreign prompts")
            ]
            print(" | ".join([name, str(n), *(f"{share:.3f}" for share in (np.mean([*map(bool, alarms)]), *shares))]))


if __name__ == "__main__":
    main()
