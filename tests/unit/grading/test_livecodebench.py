"""Programs for problems of LiveCodeBench, from its files to their grades."""

import pandas as pd
import pytest

import hub_data
from foretell.grading.programs import find, grade
from foretell.grading.sandbox import why_unavailable
from foretell.problems.hub import read_problems
from foretell.problems.hub_settings import HubProblems

PROGRAMS = [
    ("q0", "class Solution:\n    def add(self, numbers: List[int], more):\n        return sum(numbers) + more", True),
    ("q0", "class Solution:\n    def add(self, numbers, more):\n        return more", False),
    ("q1", "print(sum(map(int, input().split())))", True),
    ("q1", "print(4)", False),
]


@pytest.mark.skipif(why_unavailable() is not None, reason=str(why_unavailable()))
def test_programs_are_run_on_public_and_private_tests(tmp_path):
    for name, content in hub_data.livecodebench().items():
        (tmp_path / name).write_bytes(content)
    how = HubProblems.model_validate(hub_data.LIVECODEBENCH)
    problems = read_problems(how, tmp_path, sorted(hub_data.livecodebench())).set_index("problem_id")
    completions = [f"Here it is:\n```python\n{program}\n```" for _, program, _ in PROGRAMS]
    golds = [problems.answer[name] for name, _, _ in PROGRAMS]
    found = [find(completion, gold).text for completion, gold in zip(completions, golds, strict=True)]
    names = [name for name, _, _ in PROGRAMS]
    graded = grade(pd.DataFrame({"problem_id": names, "answer": golds, "extracted_answer": found}), 2)
    assert graded.correct.tolist() == [right for _, _, right in PROGRAMS]
