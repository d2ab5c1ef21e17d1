"""Completions of one problem, graded."""

import pandas as pd

from foretell.grading.rollouts import grade
from foretell.grading.settings import GradingSettings


def completions(*texts, problem="a"):
    return pd.DataFrame({"problem_id": problem, "sample": range(len(texts)), "completion": texts})


def one(answer, *texts, kind="math", **options):
    problems = pd.DataFrame({"problem_id": ["p"], "answer": [answer], "answer_kind": [kind]})
    workers = options.pop("workers", 1)
    return grade(completions(*texts, problem="p"), problems, GradingSettings(**options), workers)
