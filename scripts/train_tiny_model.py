"""Train a small decoder transformer on expressions and save it as a Hugging Face checkpoint."""

import argparse
import json
from pathlib import Path

import numpy as np

from foretell.common.errors import run
from foretell.common.progress import progress
from foretell.common.storage import write_folder
from foretell.models.tiny import train


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=json.loads, required=True, help="model, task and seed as JSON")
    parser.add_argument("--output", type=Path, required=True, help="checkpoint folder")
    args = parser.parse_args(argv)
    settings = args.settings
    seed = int(np.random.default_rng(settings["seed"]).integers(2**31))
    steps = settings["model"]["steps"]
    model, tokenizer = train(
        settings["model"], settings["task"], seed, lambda batches: progress(batches, "training", steps)
    )
    print(f"{sum(weight.numel() for weight in model.parameters())} parameters")
    with write_folder(args.output) as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    run(main)
