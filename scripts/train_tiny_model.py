"""Train a small decoder transformer on generated problems and save it as a Hugging Face checkpoint."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.progress import progress
from foretell.models.architecture import TinyModelSettings
from foretell.models.tiny import save, train


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=settings(TinyModelSettings), required=True, help="model, task and seed")
    parser.add_argument("--output", type=Path, required=True, help="checkpoint folder")
    args = parser.parse_args(argv)
    steps = args.settings.model.steps
    model, tokenizer = train(args.settings, lambda batches: progress(batches, "training", steps))
    print(f"{sum(weight.numel() for weight in model.parameters())} parameters")
    save(model, tokenizer, args.settings, args.output)


if __name__ == "__main__":
    run(main)
