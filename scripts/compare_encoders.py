"""Read every policy's success from one encoder's cached activations."""

import argparse
import json
from pathlib import Path

from foretell.common.errors import run
from foretell.common.storage import write_parquet
from foretell.probes.encoders import read_successes
from foretell.probes.inputs import read_inputs
from foretell.routing.inputs import policy_file, read_by_policy, require_same_problems


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--outcomes", type=policy_file, action="append", required=True, metavar="POLICY=FILE")
    parser.add_argument("--activations", type=Path, nargs="+", required=True, help="shards of the encoder")
    parser.add_argument("--settings", type=json.loads, required=True, help="JSON: strengths, folds, seed")
    parser.add_argument("--output", type=Path, required=True, help="predictions by policy (parquet)")
    args = parser.parse_args(argv)
    inputs = read_inputs(args.outcomes[0][1], args.problems, None, args.activations)
    outcomes = read_by_policy(args.outcomes)
    require_same_problems({f"outcomes of {policy!r}": frame.problem_id for policy, frame in outcomes.items()})
    ids = inputs.outcomes.problem_id
    aligned = {policy: frame.set_index("problem_id").loc[ids].reset_index() for policy, frame in outcomes.items()}
    write_parquet(read_successes(inputs, aligned, **args.settings), args.output)


if __name__ == "__main__":
    run(main)
