"""One clear message for the person who ran it."""

import sys
from collections.abc import Callable


class UserError(ValueError):
    """Bad input or configuration. The message names the file, the key and the remedy."""


def run(main: Callable[[], None]) -> None:
    """Run a script's main function.

    A user's error, or a file that cannot be read or written, ends it with one line and exit status 1; a defect keeps
    its traceback.
    """
    try:
        main()
    except (UserError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
