"""Keys of servers, which stand in environment variables alone."""

import os

from foretell.common.errors import UserError


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
