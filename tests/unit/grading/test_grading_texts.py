"""Short texts: where they stand in a completion, and which are right."""

import pytest

from foretell.grading.texts import short_text
from graded import one

BOX, MARKED = "box", "marked"


@pytest.mark.parametrize(
    ("completion", "answer", "place"),
    [
        ("First came Neil Armstrong.\n\nAnswer: Buzz Aldrin", "Buzz Aldrin", MARKED),
        ("Not Neil Armstrong.\n\n**Final answer:** **Buzz Aldrin**", "Buzz Aldrin", MARKED),
        ("Lyon is south of Paris. The answer is Lyon. It is near Paris.", "Lyon", MARKED),
        ("\\boxed{\\text{Lyon}} (near Paris). The answer is a city.", "Lyon", BOX),
        ("Paris? <answer>Lyon</answer>", "Lyon", MARKED),
        ('{"reason": "not Paris", "answer": "Lyon"}', "Lyon", MARKED),
        ("Answer: Lyon, because Paris is too large", "Lyon", MARKED),
        ("## Answer\n\nJ. K. Rowling of St. Albans", "J. K. Rowling of St. Albans", MARKED),
        ("long " * 300 + "\nAnswer: Lyon", "Lyon", MARKED),
        ("Paris", "Paris", MARKED),
        (
            "Paris.\nQuestion: And where is Milan?\nAnswer: Italy",
            "Paris. Question: And where is Milan? Answer: Italy",
            MARKED,
        ),
        ("Lyon is the answer: it is south of Paris", "Lyon is the answer: it is south of Paris", MARKED),
        ("It is Paris. The answer is based on a map.", "It is Paris. The answer is based on a map.", MARKED),
        ("Paris. A mistake is to say the answer is Lyon.", "Paris. A mistake is to say the answer is Lyon.", MARKED),
        ("I don't think the answer is Paris", "I don't think the answer is Paris", MARKED),
        ("analysisIs it Paris?assistantfinalLyon", "Lyon", MARKED),
        ("The capital is **Lyon**. It was Paris for a while.", "Lyon", MARKED),
        ("The **capital** is Lyon.", "The **capital** is Lyon.", MARKED),
        ("Of **Paris** and **Lyon** the last.", "Of **Paris** and **Lyon** the last.", MARKED),
        ("**Capital**: Lyon", "**Capital**: Lyon", MARKED),
        ("The **Capital:** Lyon", "The **Capital:** Lyon", MARKED),
        ("I don't think it is **Paris**.", "I don't think it is **Paris**.", MARKED),
        ("It is not **Paris**.", "It is not **Paris**.", MARKED),
        ("It is **Paris**. Its rival is **Lyon**.", "It is **Paris**. Its rival is **Lyon**.", MARKED),
        ("The **Eiffel Tower** is in Paris.", "The **Eiffel Tower** is in Paris.", MARKED),
        (
            "The capital is Paris. It has **2** million people.",
            "The capital is Paris. It has **2** million people.",
            MARKED,
        ),
    ],
)
def test_a_text_is_what_is_marked_else_the_whole_completion(completion, answer, place):
    found = short_text(completion)
    assert found is not None and (found.text, found.place) == (answer, place)


@pytest.mark.parametrize(
    "completion", ["", "long " * 300, "Paris or \\boxed{Ly", "<think>Paris", "analysisWe see Paris"]
)
def test_there_is_no_text_in_what_was_cut_off_or_is_too_long(completion):
    assert short_text(completion) is None


def test_several_candidates_and_a_refusal_are_no_right_text():
    texts = ["It may be Lyon, Paris or Nice, I think", "Lyon, not Paris", "The capital is of course Paris"]
    assert one("Paris", *texts, kind="text").correct.tolist() == [False, False, True]
    assert one("Paris", *texts, kind="text", one_answer=False).correct.tolist() == [True, True, True]
    assert one("Paris", "Paris or Lyon", kind="text", one_answer=True).correct.tolist() == [False]


def test_a_marked_text_alone_is_graded():
    texts = ["Neil Armstrong followed.\n\nAnswer: Buzz Aldrin", "Not Neil Armstrong. The answer is Aldrin."]
    assert one("Neil Armstrong", *texts, kind="text").correct.tolist() == [False, False]
    graded = one('["Buzz Aldrin", "Aldrin"]', *texts, "Buzz Aldrin", kind="text")
    assert graded.correct.all() and graded.answer_class.tolist() == ["buzz aldrin", "aldrin", "buzz aldrin"]


def test_a_doubted_text_and_a_short_list_of_candidates_are_no_right_text():
    texts = [
        "Paris, Rome or Bern",
        "I don't think it is Paris, it is Rome",
        "Paris is wrong",
        "no, Paris would be wrong",
    ]
    assert not one("Paris", *texts, kind="text").correct.any()
    assert one("Rome", texts[1], "I don't know Bern but Rome", kind="text").correct.all()
    assert one("Rome", "There is no doubt that it is Rome", kind="text").correct.all()


@pytest.mark.parametrize(
    ("gold", "answer", "right"),
    [
        ("York", "New York", False),
        ("York", "She was born in York", True),
        ("Korea", "It is in South Korea", False),
        ("Ireland", "Northern Ireland", False),
        ("Guinea", "Papua New Guinea", False),
        ('["Korea", "South Korea"]', "South Korea", True),
        ('{"accepted": ["Korea"], "others": []}', "South Korea", True),
        ("New York", "It is New York City", True),
        ("Beatles", "the new Beatles record", True),
        ("William Shakespeare", "It was written by Christopher Marlowe, a contemporary of William Shakespeare.", False),
        ("William Shakespeare", "William Shakespeare, a contemporary of Christopher Marlowe, wrote it.", True),
        ("William Shakespeare", "Macbeth, a play by William Shakespeare.", True),
        ("Paris", "The capital is Lyon, not far from Paris", False),
        ("Dmitri Mendeleev", "It was published by Dmitri Mendeleev, a Russian chemist, in 1869.", True),
        ("1869", "It was published by Dmitri Mendeleev, a chemist from Russia, in 1869.", True),
        ("Obama", "It was George W. Bush, who preceded Barack Obama.", False),
        ("Obama", "It was Barack Obama, who preceded Donald Trump.", True),
        ("oxygen", "Either oxygen or nitrogen.", False),
        ("oxygen", "It is oxygen.", True),
        ("Atlantic Ocean", "North Atlantic Ocean", True),  # as long as a longer name, whatever the order of sets
        ("Röntgen", "It went to Lorentz and Zeeman. (Röntgen won in a different year.)", False),
        ("Au", "The symbol of gold (Au) has two letters", True),
    ],
)
def test_what_is_named_in_passing_or_in_a_longer_name_is_no_answer(gold, answer, right):
    assert one(gold, answer, kind="text").correct.tolist() == [right]
    assert one(gold, answer, kind="text", one_answer=True).correct.tolist() == [right]


def test_signs_tell_texts_apart():
    for gold, right, wrong in [("-4", "minus 4", "4"), ("4", "4", "-4"), ("C++", "c++", "C"), ("C", "C", "C#"),
                               ("x<y", "x < y", "x>y"), ("1914-18", "1914 - 18", "1914-19")]:  # fmt: skip
        assert one(gold, right, wrong, kind="text").correct.tolist() == [True, False], gold


def test_one_candidate_named_twice_is_no_list():
    texts = [
        "Someone who draws maps is called a cartographer or cartographer",
        "A cartographer, cartographer or geographer",
    ]
    assert one("cartographer", *texts, kind="text", one_answer=True).correct.tolist() == [True, False]
    for gold, hedge in [("Ireland", "Northern Ireland or Ireland"), ("Virginia", "It is Virginia or West Virginia")]:
        assert not one(gold, hedge, kind="text", one_answer=True).correct[0], "one name ends with the other"


def test_texts_are_compared_without_articles_plurals_and_the_ways_of_writing_initials_and_dates():
    for gold, answer in [
        ("the Andes", "Andes"),
        ("zebra", "Zebras, I think"),
        ("J.R.R. Tolkien", "It was J. R. R. Tolkien."),
        ("U.S.", "in the US"),
        ("14 March 1879", "He was born on March 14th, 1879"),
    ]:
        graded = one(gold, answer, gold, kind="text")
        assert graded.correct.all(), gold
    assert not one("U.S.", "Let us see: Canada", kind="text").correct[0]
    for gold, *others in (
        ("Mount Everest", "It is Mt. Everest.", "Mt Everest"),
        ("Saint Helena", "St. Helena"),
        ("seven", "There are 7 of them", "Seven."),
        ("Sir Alexander Fleming", "Alexander Fleming"),
    ):
        assert one(gold, *others, kind="text").correct.all(), gold
    assert not one("1", "one of the first", kind="text").correct[0]
    assert not one("Dr Who", "who knows", kind="text").correct[0]
    assert not one("14 March 1879", "March 15, 1879", kind="text").correct[0]
