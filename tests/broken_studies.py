"""Studies with a mistake, and the message that opening them ends with."""

import pytest

from foretell.common.errors import UserError


def set_key(config, path, value):
    *parents, last = path.split(".")
    for key in parents:
        config = config[int(key)] if isinstance(config, list) else config[key]
    if value is None:
        del config[last]
    else:
        config[last] = value


def message(config, opened):
    """The one message that opening a study ends with."""
    with pytest.raises(UserError) as caught:
        opened(config)
    text = str(caught.value)
    assert text.startswith("study.yaml: ") and "\n" not in text, "one message, one line, that names the file"
    return text
