"""Train probes of all policies' success at once, from the questions' texts."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import files_by_id, named_file, settings
from foretell.common.errors import run
from foretell.common.frames import require_same_problems
from foretell.common.storage import read_parquet
from foretell.probes.inputs import read_inputs
from foretell.probes.settings import JointSettings
from foretell.probes.training import train_joint_probes


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--outcomes", type=named_file, nargs="+", required=True, metavar="POLICY=FILE")
    parser.add_argument("--settings", type=settings(JointSettings), required=True)
    parser.add_argument("--output", type=Path, required=True, help="folder; gets {policy}/{target}/{family}/")
    args = parser.parse_args(argv)

    files = files_by_id(args.outcomes)
    inputs = read_inputs(next(iter(files.values())), args.problems, None, [])
    outcomes = {policy: read_parquet(file) for policy, file in files.items()}
    require_same_problems({f"outcomes of {policy!r}": frame.problem_id for policy, frame in outcomes.items()})
    start = time.perf_counter()
    for policy, probe in train_joint_probes(inputs, outcomes, args.settings):
        probe.write(args.output / policy / probe.target / probe.family)
        print(f"{time.perf_counter() - start:6.1f} s  {policy} {probe.summary()}", flush=True)


if __name__ == "__main__":
    run(main)
