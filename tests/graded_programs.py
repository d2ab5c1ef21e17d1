"""Programs graded in the sandbox, where there is one."""

import json

import pandas as pd
import pytest

from foretell.grading.programs import grade
from foretell.grading.sandbox import why_unavailable

needs_sandbox = pytest.mark.skipif(why_unavailable() is not None, reason=str(why_unavailable()))


def verdicts(gold: dict, *programs: str, workers: int = 4) -> pd.DataFrame:
    """What became of programs by one gold answer."""
    answers = pd.DataFrame({"problem_id": "p", "extracted_answer": programs, "answer": json.dumps(gold)})
    return grade(answers, workers)
