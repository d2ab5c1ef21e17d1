import argparse

import pytest

from foretell.common.arguments import named_file


@pytest.mark.parametrize("text", [" a=x", "a =x", "=x", "a=", "a"])
def test_an_id_without_a_name_or_with_blanks_around_it_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="ID=FILE"):
        named_file(text)
