"""How often a router that is fitted to a log is called better, where nothing has changed and where something has.

Requests are drawn with replacement from a router's own test split, every policy of which is known: so accuracies and
costs are those of the study but for what is planted. Costs are the policies' means, without what reading costs.
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from foretell.deployment.choosing import choose_point, choose_policies
from foretell.deployment.folder import read_folder
from foretell.deployment.judging import Verdict, judge
from foretell.deployment.logged import Log
from foretell.deployment.reference import Reference
from foretell.deployment.refreshing import fit_router


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("router", type=Path)
    parser.add_argument("--requests", type=int, nargs="+", default=[5000, 20_000])
    parser.add_argument("--exploration", type=float, default=0.1)
    parser.add_argument("--margin", type=float, default=0.02)
    parser.add_argument("--logs", type=int, default=200)
    args = parser.parse_args()

    description, tensors = read_folder(args.router)
    policies = [each.policy for each in description.policies]
    test, chosen = Reference.of(tensors, policies, args.router), choose_point(description)
    means = np.array([each.mean_cost for each in description.policies])
    dear = np.arange(len(policies)) == len(policies) - 1
    plans = {  # what is added to the logged log odds, and what costs are multiplied by
        "nothing": (0.0, 1.0),
        "the dearest policy's log odds higher by 1": (1.0 * dear, 1.0),
        "the dearest policy at a tenth of its cost": (0.0, np.where(dear, 0.1, 1.0)),
    }
    print(f"{len(test.unlikeness)} test problems, {len(policies)} policies, {args.exploration:g} explored")
    print("planted | requests | verdicts | true difference in accuracy | in cost | better, or not worse, but truly not")
    everyone = np.arange(len(test.unlikeness))
    for name, (shift, factor) in plans.items():
        for n in args.requests:
            verdicts, true, wrong = Counter(), [], 0
            known = expit(logit(np.clip(test.probability, 1e-9, 1 - 1e-9)) + shift)
            old = choose_policies(description, chosen, known)
            for seed in range(args.logs):
                rng = np.random.default_rng(seed)
                rows, requests = rng.integers(len(test.unlikeness), size=n), np.arange(n)
                probability, decided = known[rows], old[rows]
                sent = np.where(rng.random(n) < args.exploration, rng.integers(len(policies), size=n), decided)
                propensity = args.exploration / len(policies) + (1 - args.exploration) * (sent == decided)
                right, cost = test.correct[rows][requests, sent], (means * factor)[sent]
                asked = np.ones(n, dtype=bool)
                log = Log(probability, requests * 0.0, decided, sent, sent, propensity, cost, right, asked)
                fitted = fit_router(description, log, args.router)
                found = judge(fitted, chosen, (0.0, 0.0), args.margin)
                places = zip(fitted.order, fitted.calibrations, strict=True)
                new = np.column_stack([each.probability(known[:, column]) for column, each in places])
                new = fitted.order[choose_policies(fitted.description, choose_point(fitted.description), new)]
                accuracy = (test.correct[everyone, new] - test.correct[everyone, old]).mean()
                costs = ((means * factor)[new] - (means * factor)[old]).mean()
                verdicts[found.verdict.value] += 1
                least = 0.0 if found.verdict == Verdict.BETTER else -args.margin
                wrong += found.verdict.shown and (accuracy < -args.margin or accuracy - found.price * costs < least)
                true.append((accuracy, costs / (means * factor)[old].mean()))
            accuracy, cost = np.mean(true, axis=0)
            print(f"{name} | {n} | {dict(verdicts)} | {accuracy:+.4f} | {cost:+.1%} | {wrong}", flush=True)


if __name__ == "__main__":
    main()
