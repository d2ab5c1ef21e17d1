import html

import jinja2
import pandas as pd
import pytest
from docutils.core import publish_parts

from figure_frames import summary
from foretell.claims.front_page import FrontPageSettings, write
from foretell.common.errors import UserError

CLAIMS = pd.DataFrame(
    {
        "claim_id": ["a", "b"],
        "claim": ["one", "two"],
        "reported": ["x", "y"],
        "subject": ["set", "set"],
        "ours": ["1 [0, 2]", ""],
        "verdict": ["analogue: same direction", "not testable here"],
    }
)


def settings(**changes):
    shown = {"problem_set": "set", "policies": [{"policy": "b"}, {"policy": "a", "temperature": 0.5}]}
    entries = {"title": "A study", "evidence": "analogue", "reads_activations": True}
    entries |= {"left_out": [], "models": [], "pools": []}
    return FrontPageSettings.model_validate({**entries, "unrouted": [shown], **changes})


def outcomes(right):
    frame = pd.DataFrame({"split": ["train", "test", "test"], "k": 4, "completion_tokens": [8, 4, 12]})
    return frame.assign(majority_correct=[True, *right])


FRAMES = {("set", "a"): outcomes([True, False]), ("set", "b"): outcomes([True, True])}


def test_policies_stand_in_the_order_of_the_settings_with_what_was_measured():
    page = write(settings(), FRAMES, {}, CLAIMS)
    assert page.index("* - b") < page.index("* - a")
    assert "1 train and 2 test problems." in page and "k = 4, T = 0.5" in page
    assert "2.0" in page and "0.500" in page and "1.000" in page
    assert "1 of 2 claims cannot be tested here" in page


def test_a_study_that_checks_no_claims_does_not_speak_of_the_paper():
    page = write(settings(), FRAMES, {}, None)
    assert "* - b" in page and "claims" not in page.lower() and "paper" not in page


@pytest.mark.parametrize("title", ["{{ 7 * 7 }}", "{% raw", "{{{x}}} {# y", "a *b", "{params.arguments} {x}"])
def test_a_title_is_shown_as_it_stands_in_the_report(title):
    page = jinja2.Template(write(settings(title=title), FRAMES, {}, CLAIMS)).render()
    shown = publish_parts(page, writer="html", settings_overrides={"halt_level": 2, "report_level": 2})["title"]
    assert html.unescape(shown) == title


def test_what_the_settings_name_must_be_given():
    with pytest.raises(UserError, match="'set/a' stands in --settings but not in --outcomes"):
        write(settings(), {("set", "b"): FRAMES["set", "b"]}, {}, CLAIMS)
    pool = {"pool": "pool", "problem_set": "set", "policies": [{"policy": "a"}]}
    with pytest.raises(UserError, match="pool 'pool' stands under 'pools' of --settings but not in --routing"):
        write(settings(pools=[pool]), FRAMES, {}, CLAIMS)


@pytest.mark.parametrize("fewer", [True, False])
def test_a_pool_whose_routers_may_choose_fewer_samples_says_so(fewer):
    pool = {"pool": "pool", "problem_set": "set", "policies": [{"policy": "a"}], "fewer_samples": fewer}
    page = write(settings(pools=[pool]), FRAMES, {"pool": summary(["a", "b"])}, CLAIMS)
    assert ("Routers may choose any number of a policy's samples." in page) == fewer


def test_a_study_of_texts_alone_does_not_speak_of_activations():
    page = write(settings(reads_activations=False), FRAMES, {}, None)
    assert "does the question say whether it will succeed" in page and "activations" not in page
