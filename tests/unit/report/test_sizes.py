"""What a study was too small for."""

from dataclasses import replace

import pandas as pd

from foretell.evaluation.measured import NOT_TRAINED, TOO_FEW
from foretell.report.ending import ending
from report_contents import POLICIES, contents, metrics, problems


def test_a_policy_without_a_probe_is_named_with_what_routers_do_of_it(tmp_path):
    made = contents(tmp_path)
    assert not [text for text in made.warnings if "same probability" in text]
    frame = metrics()
    of_the_router = (frame.policy == POLICIES[1]) & (frame.family == "linear")
    frame.loc[of_the_router, "reason"] = f"{TOO_FEW.format(50)}; {NOT_TRAINED}"
    said = (
        f"pool: to routers every prompt has the same probability of success by {POLICIES[1]}, the smoothed share on "
        "train, for no probe could be trained."
    )
    without = replace(made, metrics={"own": frame})
    assert said in without.warnings
    assert f"Small: {said}" in list(ending(without, made.shown["T4", "pool"][0], [], {}))


def test_problems_of_test_that_share_a_question_are_counted(tmp_path):
    made = contents(tmp_path)
    assert not [text for text in made.warnings if "same question" in text]
    reasons = pd.Series([None, None, None, "a lacks answers to it"], dtype="string")
    of_test = problems().assign(split="test", question=list("abaa"), excluded_reason=reasons)
    said = (
        "own: 1 of 3 test problems have the same question as another. Each counts by itself: if their answers agree, "
        "intervals are too narrow."
    )
    assert said in replace(made, problems={"own": of_test}).warnings
