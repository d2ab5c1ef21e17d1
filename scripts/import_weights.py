"""Make a checkpoint of a tiny model from weights that were trained before."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.models.architecture import TinyModelSettings
from foretell.models.tiny_checkpoint import write_checkpoint
from foretell.models.weights import check_training


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True, help="trained weights (safetensors)")
    parser.add_argument("--training", type=Path, required=True, help="what they were trained by (JSON), beside them")
    parser.add_argument("--settings", type=settings(TinyModelSettings), required=True, help="model, task and seed")
    parser.add_argument("--output", type=Path, required=True, help="checkpoint folder")
    args = parser.parse_args(argv)
    check_training(args.weights, args.training, args.settings)
    write_checkpoint(args.weights, args.settings, args.output)


if __name__ == "__main__":
    run(main)
