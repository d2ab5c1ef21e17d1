"""What a text names without giving it as its answer: refused, doubted, a candidate, in passing, in a longer name."""

import re

from foretell.grading.normalisation import singular

_NEGATIONS = {
    "not",
    "isnt",
    "wasnt",
    "arent",
    "cannot",
    "cant",
    "couldnt",
    "never",
    "neither",
    "nor",
    "instead",
    "than",
    "without",
    "except",
}
_LEAD = r"\b(?:an?|the|is|are|was|were|called|named|either|as)"  # stands before what a sentence names
_DOUBT = re.compile(
    r"\b(?:dont|do not|doesnt|does not|cannot|cant) (?:think|believe|know)\b"
    r"|(?<!no )(?<!without )\bdoubt\b|\bunlikely\b"
)
_WRONG = re.compile(
    r" (?:is|was|are|were|would be|cannot be|cant be) (?:\w+ly )?(?:wrong|incorrect|false|not|impossible)\b"
)
_REMARK = re.compile(r"(?<=[.!?]) *\([A-Z][^()]*[.!?]\)")  # a sentence in brackets
_APPOSITION = re.compile(  # "It is by Marlowe, a friend of Shakespeare": says who somebody is by naming somebody else
    r"(?P<said>\b(?:is|was|are|were|by)\b(?:[^.;:!?()\n]|(?<=\b[A-Z])\.)*?\b[A-Z]\w+[*_\"”]*),"
    r" (?:(?:an?|the|one) (?:[a-z]\w* ){1,6}?(?:of|to|by|with|from|for)"
    r"|(?:not far )?from|near|close to|after|before|unlike|like|next to|opposite|followed by|ahead of|just behind"
    r"|wh(?:o|ich|ose)(?! (?:is|was|are|were)\b))"
    r" (?:[^\s,.;:()]+ ?)+"
)
_EITHER = re.compile(r"\beither\b.* or\b", re.IGNORECASE)
_QUALIFIED = re.compile(
    r"\b(?:New|(?:North|South|East|West)(?:ern)?|(?:North|South)-?(?:[Ee]ast|[Ww]est)(?:ern)?|Central|Equatorial|Upper"
    r"|Lower|Inner|Outer)[ -][A-Z]\w+"
)


def refuses(text: str, start: int, end: int) -> bool:
    """Whether words (as `singular` gives them) refuse what stands between two places: "not Paris", "Paris is wrong"."""
    return bool(_NEGATIONS & set(text[:start].split()[-2:])) or _WRONG.match(text, end) is not None


def doubted(answer: str) -> list[str]:
    """The words of what is doubted in a clause: "I don't think it is Paris"."""
    clauses = map(singular, re.split(r"[,.;:!?\n]|\bbut\b", answer))
    return [clause[doubt.end() :] for clause in clauses if (doubt := _DOUBT.search(clause))]


def candidates(answer: str) -> list[str]:
    """The words of what a sentence lists as candidates, with commas and `or` between them; one, twice, is no list."""
    found: list[str] = []
    for sentence in re.split(r"[.!?;\n]", answer):
        if re.search(r"\bor\b|/", sentence, re.IGNORECASE):
            items = [singular(item) for item in re.split(r",|/|\bor\b", sentence, flags=re.IGNORECASE)]
            items = [item for item in items if item]
            led = {item for item in items if any(re.search(rf"{_LEAD} {re.escape(item)}$", each) for each in items)}
            found += items if len({*items} - led) > 1 else []
    return found


def hedges(answer: str) -> bool:
    """Whether a text says that it gives candidates: "either oxygen or nitrogen"."""
    return _EITHER.search(answer) is not None


def without_asides(answer: str) -> str:
    """A text without what it names in passing: sentences in brackets, and who or where something else is."""
    return _APPOSITION.sub(r"\g<said> ", _REMARK.sub("", answer))


def longer_names(answer: str) -> list[str]:
    """The words of names that end with the name of something else: New York, South Korea, Northern Ireland."""
    return [singular(name) for name in _QUALIFIED.findall(answer)]
