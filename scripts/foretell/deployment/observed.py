"""An exported router and the log of its decisions, which belong together."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from foretell.common.errors import UserError
from foretell.deployment.choosing import choose_point, choose_policies
from foretell.deployment.description import HELD_OUT, Chosen, RouterDescription
from foretell.deployment.files import POINTS
from foretell.deployment.folder import read_folder, router_id
from foretell.deployment.logged import Log, read_log
from foretell.routing.pool import TEST


@dataclass(frozen=True)
class Observed:
    """A router at work.

    Attributes:
        folder: of the router.
        description, tensors: as `foretell.deployment.folder.read_folder` gives them.
        chosen: its operating point.
        log: of its decisions.
    """

    folder: Path
    description: RouterDescription
    tensors: dict[str, np.ndarray]
    chosen: Chosen
    log: Log

    @property
    def policies(self) -> list[str]:
        """Policies from cheap to dear."""
        return [each.policy for each in self.description.policies]

    def incumbent(self, named: str | None) -> int:
        """Column of the policy that the router is compared with.

        Args:
            named: the policy; without it, the most accurate one, at all of its samples, of the split that chose
                operating points.

        Raises:
            UserError: it is none of the router's.
        """
        if named is None:
            split, policies = self.description.chosen_on, self.description.policies
            return int(np.argmax([each.accuracy[split] if each.policy == each.answers else -1 for each in policies]))
        if named not in self.policies:
            raise UserError(f"--incumbent {named!r} is no policy of {self.folder}: it has {', '.join(self.policies)}")
        return self.policies.index(named)

    def reading_cost(self, chosen: Chosen | None = None) -> float:
        """USD that reading adds per problem of the test split; none where one policy takes every prompt.

        Args:
            chosen: an operating point, for which the nearest one of the folder stands; without it, the router's.
        """
        at = self.chosen if chosen is None else chosen
        if at.operating_point is None:
            return 0.0
        points = pd.read_csv(self.folder / POINTS)
        rows = points[(points.router == at.router) & points.split.isin([TEST, HELD_OUT])]
        return float(rows.probing_cost.iloc[(rows.operating_point - at.operating_point).abs().argmin()])


def observe(folder: Path, file: Path, outcomes: Path | None) -> Observed:
    """Read a router and its log.

    Args:
        folder: of the router.
        file: its log.
        outcomes: which answers were right, by the log's ids.

    Raises:
        UserError: the folder or a file is not what it should be, or the log is of another router or operating point.
    """
    description, tensors = read_folder(folder)
    chosen, log = choose_point(description), read_log(file, router_id(folder), description, outcomes)
    if elsewhere := int((choose_policies(description, chosen, log.probability) != log.chosen).sum()):
        raise UserError(
            f"{file}: {elsewhere} of {len(log.chosen)} decisions are not those of the operating point that the study "
            "chose, at which the test split is compared: give a log that scripts/serve_router.py has written, or "
            "scripts/route.py without --strategy, --criterion and --operating-point"
        )
    return Observed(folder, description, tensors, chosen, log)
