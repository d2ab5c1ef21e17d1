"""Train probes of one policy's success from one encoder's cached activations, and baselines of the probes."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.probes.inputs import read_inputs
from foretell.probes.settings import ProbeSettings
from foretell.probes.training import train_probes


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--outcomes", type=Path, required=True)
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--prompts", type=Path, help="without them, lengths are in characters")
    parser.add_argument(
        "--activations", type=Path, nargs="*", default=[], help="shards, each .safetensors and its .json"
    )
    parser.add_argument("--untrained", type=Path, nargs="*", default=[], help="the same with untrained weights")
    parser.add_argument("--settings", type=settings(ProbeSettings), required=True)
    parser.add_argument("--output", type=Path, required=True, help="folder; gets {target}/{family}/")
    args = parser.parse_args(argv)

    files = (args.outcomes, args.problems, args.prompts, args.activations, args.untrained)
    inputs = read_inputs(*files, args.settings.metadata)
    start = time.perf_counter()
    for probe in train_probes(inputs, args.settings):
        probe.write(args.output / probe.target / probe.family)
        print(f"{time.perf_counter() - start:6.1f} s  {probe.summary()}", flush=True)


if __name__ == "__main__":
    run(main)
