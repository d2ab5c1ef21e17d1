import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from foretell.evaluation.measured import OF_RARER_CLASS
from foretell.figures import answer_length, families
from foretell.figures.answer_length import DIFFICULTY, SUCCESS


@pytest.fixture
def outcomes():
    """Answers of a policy that grow with difficulty; another's lengths were not recorded."""
    rng = np.random.default_rng(0)
    difficulty = rng.permutation(60).astype(float)
    ids = [f"p{place}" for place in range(120)]
    frame = pd.DataFrame({"problem_id": ids, "group": ids, "split": ["test", "train"] * 60, "k": 4})
    frame["reference_difficulty"] = np.repeat(difficulty, 2)
    frame["success_rate"] = np.repeat(rng.integers(0, 5, 60) / 4, 2)
    frame["prompt_tokens"] = 10
    frame["completion_tokens"] = np.where(frame.split == "test", 4 * (10 + frame.reference_difficulty), 1)
    return {"long": frame, "unknown": frame.assign(completion_tokens=None)}


def test_lengths_are_of_one_answer_on_test(outcomes):
    frame = answer_length.collect(outcomes, resamples=100, seed=1)
    tenths = frame[frame.against.eq(DIFFICULTY) & frame.place.notna()]
    assert tenths.n.tolist() == [6] * 10
    assert tenths.tokens.tolist() == [10 + 6 * tenth + 2.5 for tenth in range(10)]
    rates = frame[frame.against.eq(SUCCESS) & frame.place.notna()]
    assert rates.n.sum() == 60 and rates.place.tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_correlations_are_over_all_problems_with_their_intervals(outcomes):
    frame = answer_length.collect(outcomes, resamples=100, seed=1)
    whole = frame[frame.place.isna() & frame.given.isna()].set_index("against")
    test = outcomes["long"][outcomes["long"].split == "test"]
    expected = spearmanr(test.success_rate, test.completion_tokens).statistic
    assert whole.spearman[SUCCESS] == pytest.approx(expected) and whole.low[SUCCESS] < expected < whole.high[SUCCESS]
    assert whole.spearman[DIFFICULTY] == pytest.approx(1)
    assert set(frame.policy) == {"long"}


def test_what_longer_prompts_explain_is_told_apart(outcomes):
    """The partial correlation is that of what is left of the ranks once those of the prompts' lengths are fitted."""
    rng = np.random.default_rng(3)
    frame = outcomes["long"]
    frame["prompt_tokens"] = 50 + 2 * frame.reference_difficulty.astype(int) + rng.integers(0, 60, len(frame))
    rows = answer_length.collect({"long": frame}, resamples=100, seed=1)
    found = rows[rows.given.eq("prompt_tokens")].set_index("against").loc[SUCCESS]
    test = frame[frame.split == "test"]
    ranks = test[["success_rate", "completion_tokens", "prompt_tokens"]].rank()
    lengths = np.column_stack([np.ones(len(test)), ranks.prompt_tokens])
    left = [ranks[name] - lengths @ np.linalg.lstsq(lengths, ranks[name])[0] for name in list(ranks)[:2]]
    assert found.spearman == pytest.approx(np.corrcoef(*left)[0, 1]) and found.low < found.spearman < found.high
    assert "Given the prompt's length\nlong: +" in answer_length.draw(rows).axes[0].get_title(loc="left")
    alike = answer_length.collect({"long": frame.assign(prompt_tokens=7)}, resamples=100, seed=1)
    unknown = answer_length.collect({"long": frame.assign(prompt_tokens=None)}, resamples=100, seed=1)
    assert alike.given.isna().all() and unknown.given.isna().all()


def test_it_is_drawn_with_and_without_difficulties(outcomes):
    figure = answer_length.draw(answer_length.collect(outcomes, resamples=100, seed=1))
    assert [axes.get_xlabel() for axes in figure.axes] == [*answer_length.AXES.values()]
    assert "long: +1.00" in figure.axes[0].get_title(loc="left")
    without = {"long": outcomes["long"].assign(reference_difficulty=None)}
    left, right = answer_length.draw(answer_length.collect(without, resamples=100, seed=1)).axes
    assert left.texts[0].get_text() == answer_length.NOTHING and right.get_xlabel()
    assert answer_length.draw(answer_length.collect({"unknown": outcomes["unknown"]}, 100, 1)).axes


def test_families_are_compared_by_the_auroc_of_the_majority_vote_on_test():
    row = {
        "policy": "a",
        "target": "majority_correct",
        "metric": "auroc",
        "split": "test",
        "encoder": None,
        "reason": "",
    }
    row |= {"low": 0.6, "high": 0.8, "n": 40, "positives": 20, "negatives": 20}
    rows = [{**row, "family": family, "value": 0.7} for family in ("linear", "mlp", "tfidf")]
    few = {"value": np.nan, "low": np.nan, "high": np.nan, "positives": 3, "reason": f"fewer than 50 {OF_RARER_CLASS}"}
    others = [{**row, "family": "linear", "value": 0.1, **other} for other in ({"split": "train"}, {"encoder": "b"})]
    others += [
        {**row, "family": "", "value": 0.1},
        {**row, "family": "linear", "target": "greedy_correct", "value": 0.1},
    ]
    metrics = pd.DataFrame([*rows, *({**each, **few, "policy": "b"} for each in rows), *others])
    frame = families.collect(metrics)
    assert frame.value.dropna().tolist() == [0.7] * 3 and frame.family.tolist() == ["linear", "mlp", "tfidf"] * 2
    axes = families.draw(frame).axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert [text.get_text() for text in axes.texts] == ["not testable: 3 successes of 23"]
