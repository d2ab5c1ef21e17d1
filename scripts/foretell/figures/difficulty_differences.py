"""T8: the problems where people and a model differ most."""

import pandas as pd

from foretell.common.rounded import number


def collect(differences: pd.DataFrame) -> pd.DataFrame:
    """The problems of `foretell.difficulty.comparison.differ_most`, as they are."""
    return differences


def layout(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """For readers: the problems themselves."""
    table = pd.DataFrame(
        {
            "Policy": frame.policy,
            "Harder for": frame.harder_for.replace({"model": "the model"}),
            "Question": frame.question,
            "Place for people": [number(value, 0) for value in frame.human_place],
            "Place for the model": [number(value, 0) for value in frame.model_place],
            "Success rate": [number(value, 2) for value in frame.success_rate],
        }
    )
    note = (
        f"Places of {frame.n.iloc[0]}, 1 is the easiest; problems of equal success rate share the mean of their "
        "places. Chosen by the difference of the two places, so the extremes are partly noise of the sampled rates."
    )
    return table, note
