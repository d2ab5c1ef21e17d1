"""Keys of servers, which stand in environment variables alone."""

import os

from foretell.common.errors import UserError


def key_of(name: str) -> str:
    """The key in an environment variable.

    Raises:
        UserError: there is none.
    """
    key = os.environ.get(name)
    if not key:
        raise UserError(no_key(name))
    return key


def no_key(name: str) -> str:
    """What is wrong where an environment variable has no key."""
    return f"the environment variable {name} is not set; put the server's key there"
