"""What a study was too small for."""

from dataclasses import replace

from foretell.evaluation.measured import NOT_TRAINED, TOO_FEW
from foretell.report.ending import ending
from report_contents import POLICIES, contents, metrics


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
