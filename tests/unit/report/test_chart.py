"""What the first picture of the page shows."""

import pandas as pd

from foretell.report.chart import chart_of
from report_contents import metrics


def test_of_difficulty_and_success_the_first_picture_shows_success():
    difficulty = metrics().assign(target="reference_difficulty", metric="spearman")
    both = pd.concat([difficulty, difficulty.assign(target="success_rate")])
    assert chart_of(both).target == "success rate" and chart_of(difficulty).target == "reference difficulty"
