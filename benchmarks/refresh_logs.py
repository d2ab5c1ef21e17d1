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
from foretell.deployment.judging import judge
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
    print("planted | requests | verdicts | decided otherwise | difference in accuracy | in cost, share of the present")
    for name, (shift, factor) in plans.items():
        for n in args.requests:
            verdicts, judged = Counter(), []
            for seed in range(args.logs):
                rng = np.random.default_rng(seed)
                rows, requests = rng.integers(len(test.unlikeness), size=n), np.arange(n)
                probability = expit(logit(np.clip(test.probability[rows], 1e-9, 1 - 1e-9)) + shift)
                decided = choose_policies(description, chosen, probability)
                sent = np.where(rng.random(n) < args.exploration, rng.integers(len(policies), size=n), decided)
                propensity = args.exploration / len(policies) + (1 - args.exploration) * (sent == decided)
                right, cost = test.correct[rows][requests, sent], (means * factor)[sent]
                everyone = np.ones(n, dtype=bool)
                log = Log(probability, requests * 0.0, decided, sent, sent, propensity, cost, right, everyone)
                found = judge(fit_router(description, log, args.router), chosen, (0.0, 0.0), args.margin)
                verdicts[found.verdict.value] += 1
                share = found.cost.difference.value / found.cost.present.value
                judged.append((found.differing, found.accuracy.difference.value, share))
            otherwise, accuracy, cost = np.mean(judged, axis=0)
            print(f"{name} | {n} | {dict(verdicts)} | {otherwise:.3f} | {accuracy:+.4f} | {cost:+.3f}", flush=True)


if __name__ == "__main__":
    main()
