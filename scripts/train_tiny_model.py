"""Train a small decoder transformer on generated problems and save it as a Hugging Face checkpoint."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.common.progress import progress
from foretell.common.storage import write_folder
from foretell.models.architecture import TinyModelSettings
from foretell.models.tiny import train


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=settings(TinyModelSettings), required=True, help="model, task and seed")
    parser.add_argument("--output", type=Path, required=True, help="checkpoint folder")
    args = parser.parse_args(argv)
    steps = args.settings.model.steps
    model, tokenizer = train(args.settings, lambda batches: progress(batches, "training", steps))
    print(f"{sum(weight.numel() for weight in model.parameters())} parameters")
    with write_folder(args.output) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    run(main)
