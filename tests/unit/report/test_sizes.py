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


def test_problems_of_test_that_share_a_question_and_no_group_are_counted(tmp_path):
    def told(**columns):
        given = {"split": "test", "question": list("abaa"), "excluded_reason": pd.Series([pd.NA] * 4, dtype="string")}
        frame = problems().assign(**{**given, **columns})
        return [text for text in replace(made, problems={"own": frame}).warnings if "a question that another" in text]

    made = contents(tmp_path)
    assert len(told()) == 1 and told()[0].startswith("own: 3 of 4 test problems have a question that another has too")
    without = pd.Series(["a lacks answers to it", pd.NA, pd.NA, pd.NA], dtype="string")
    assert told(excluded_reason=without)[0].startswith("own: 2 of 3 test problems")
    assert not told(group="g") and not told(question=list("abcd")) and not told(split="train")


def test_a_family_that_alone_has_no_score_is_named(tmp_path):
    made = contents(tmp_path)
    frame = metrics()
    alone = (frame.policy == POLICIES[0]) & (frame.family == "tfidf") & (frame.target == "majority_correct")
    frame.loc[alone, ["value", "reason"]] = [None, NOT_TRAINED]
    told = [text for text in replace(made, metrics={"own": frame}).warnings if text.startswith("own: no AUROC of maj")]
    assert told and f"{POLICIES[0]} by TF-IDF (too few of a class on train)" in told[0]
