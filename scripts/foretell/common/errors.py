"""One clear message for the person who ran it."""

import sys
from collections.abc import Callable
from typing import NoReturn


class UserError(ValueError):
    """Bad input or configuration. The message names the file, the key and the remedy."""


def run(main: Callable[[], None], to_save_memory: str = "start fewer jobs side by side") -> None:
    """Run a script's main function.

    A user's error, a file that cannot be read or written, or too little memory ends it with one line and exit status 1;
    a defect keeps its traceback.

    Args:
        main: the function.
        to_save_memory: what a user can do where the memory does not suffice.
    """
    try:
        main()
    except (UserError, OSError) as error:
        _end(str(error))
    except (MemoryError, RuntimeError) as error:
        if not lacks_memory(error):
            raise
        said = str(error).partition("\n")[0]
        _end(f"out of memory: {to_save_memory}, or give the job more memory" + (f" ({said})" if said else ""))


def first_line(error: BaseException) -> str:
    """The first line of what an error says, without a colon at its end."""
    return str(error).strip().partition("\n")[0].rstrip(": ")


def lacks_memory(error: Exception) -> bool:
    """Whether an error says that memory ran out; torch has no class of its own for what a processor cannot allocate."""
    words = ("can't allocate memory", "not enough memory", "out of memory")
    return isinstance(error, MemoryError) or any(each in str(error) for each in words)


def _end(message: str) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(1)
