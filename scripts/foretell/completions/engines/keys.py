"""Keys of servers, which stand in environment variables alone, and how configurations name servers."""

import os
import re
from typing import Annotated

from pydantic import AfterValidator

from foretell.common.errors import UserError


def _address(url: str) -> str:
    if not re.fullmatch(
        r"https?://([^\s/@?#:\[\]]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[^\s@?#]*)?", url
    ):  # a key in it would be printed and recorded
        raise ValueError("it must be an address such as https://api.openai.com/v1, without a user or a key in it")
    return url


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):  # it may be the key itself, which is not to be printed
        raise ValueError(
            "it must be the name of an environment variable, of capital letters, such as OPENAI_API_KEY; the key "
            "itself stands in no file"
        )
    return name


Address = Annotated[str, AfterValidator(_address)]
Variable = Annotated[str, AfterValidator(_variable)]


def key_of(name: str) -> str:
    """The key in an environment variable, without white space around it.

    Raises:
        UserError: there is none.
    """
    if wrong := no_key(name):
        raise UserError(wrong)
    return os.environ[name].strip()


def no_key(name: str) -> str | None:
    """What is wrong where an environment variable has no key; None where it has one."""
    key = os.environ.get(name, "").strip()
    if not key:
        return f"the environment variable {name} is not set; put the server's key there"
    if not key.isascii() or any(not "!" <= letter <= "~" for letter in key):
        return f"the environment variable {name} has letters that no key has; correct it"
    return None
