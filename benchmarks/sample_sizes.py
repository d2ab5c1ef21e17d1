"""How many problems are needed, on recorded runs: python benchmarks/sample_sizes.py ../shared/data/paper_records.

Of test problems: the half width of the AUROC's 95 % interval over draws of so many, and the smallest margin by which a
router that differs from an equally accurate policy on a tenth of them is found to match. Of train problems: the AUROC
of TF-IDF of the question, over three draws.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from foretell.routing.matching import resolvable_margin

RUNS = {"r17": "Qwen2.5-Math-1.5B", "r28": "Qwen2.5-Math-7B", "r33": "gpt-oss-20b"}
SIZES, DRAWS, DISCORDANT = (100, 200, 500, 1000, 2000, 5000), 300, 0.1


def half_width(right: np.ndarray, score: np.ndarray, n: int) -> float:
    """Half width of the central 95 % of AUROCs of n problems drawn with replacement."""
    rng = np.random.default_rng(1)
    drawn = [rng.integers(0, len(right), n) for _ in range(DRAWS)]
    low, high = np.quantile([roc_auc_score(right[rows], score[rows]) for rows in drawn], [0.025, 0.975])
    return float(high - low) / 2


def of_words(train: pd.DataFrame, test: pd.DataFrame, n: int) -> float:
    """Mean AUROC on test of TF-IDF of the question that learnt on n problems."""
    scores = []
    for seed in range(3):
        part = train.sample(n, random_state=seed)
        grams = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), min_df=2, sublinear_tf=True, max_features=20_000
        )
        model = make_pipeline(grams, LogisticRegression(C=10, max_iter=300)).fit(part.question, part.label > 0)
        scores.append(roc_auc_score(test.label > 0, model.decision_function(test.question)))
    return float(np.mean(scores))


if __name__ == "__main__":
    records = Path(sys.argv[1])
    problems = pd.read_parquet(records / "problems.parquet")[["problem_id", "question"]]
    outcomes = pd.read_parquet(records / "outcomes.parquet").merge(problems, on="problem_id")
    for run, name in RUNS.items():
        train, test = (outcomes[(outcomes.run_id == run) & (outcomes.split == split)] for split in ("train", "test"))
        right, score = test.label.to_numpy() > 0, test.probe_score.to_numpy()
        rows = [
            {
                "problems": n,
                "AUROC +-": half_width(right, score, n),
                "margin": resolvable_margin(*np.array([[DISCORDANT * n / 2], [DISCORDANT * n / 2], [n]]))[0],
                "TF-IDF learnt on as many": of_words(train, test, n),
            }
            for n in SIZES
        ]
        print(f"{name}\n\n{pd.DataFrame(rows).round(3).to_markdown(index=False)}\n")
