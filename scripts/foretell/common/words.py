"""Texts as their words, however they are written."""

import re
import unicodedata


def words(text: str) -> str:
    """A text as its words: lower case, no accents, one space between letters and digits that belong together."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(re.findall(r"\w+", plain.replace("'", "").replace("’", "")))
