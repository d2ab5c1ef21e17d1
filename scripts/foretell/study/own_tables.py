"""Tables of one's own that the configuration names."""

from typing import Annotated, Literal

from pydantic import Field

from foretell.common.tables import Format
from foretell.study.types import Distinct


class Table(Format):
    """A file of one's own, and how it is read."""

    file: str | Annotated[Distinct[str], Field(min_length=2)]
    """Path of the file, from the folder in `records`; or several, read as one. In logs of several tasks, problems have
    the ids `TASK/ID`."""

    @property
    def files(self) -> list[str]:
        """The paths."""
        return [self.file] if isinstance(self.file, str) else list(self.file)


class Responses(Table):
    """Who solved which problem: columns respondent, problem_id and correct (true or false; no row, where not asked)."""

    model: Literal["1pl", "2pl"] = "1pl"
    """`1pl`: problems differ in difficulty; `2pl`: in how sharply they tell the able from others too, which needs
    hundreds of respondents."""
