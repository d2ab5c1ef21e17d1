"""Measure routers as the field does (AIQ, APGR, CPT, PGR and others), on the test problems of a pool.

Several pools are the folds of one, as in evaluate_routing.py.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.routing.evaluation import routed_folds
from foretell.routing.field_metrics import measure
from foretell.routing.files import add_tables, read_tables
from foretell.routing.settings import RoutingEvaluationSettings


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_tables(parser)
    parser.add_argument(
        "--settings", type=settings(RoutingEvaluationSettings), required=True, help="JSON: as evaluate_routing.py"
    )
    parser.add_argument("--output", type=Path, required=True, help="metrics of every router (parquet)")
    args = parser.parse_args(argv)
    folds = [fold for _, fold in routed_folds(read_tables(args))]
    write_parquet(measure(folds, args.settings), args.output)


if __name__ == "__main__":
    run(main)
