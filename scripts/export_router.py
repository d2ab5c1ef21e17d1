"""Export a pool's router: one folder with all that choosing a policy for a new prompt takes, but models' weights."""

import argparse
import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from safetensors.numpy import load_file

from foretell.common.arguments import files_by_id, named_file, settings, shards_by_id
from foretell.common.errors import UserError, run
from foretell.common.provenance import file_hash
from foretell.common.storage import read_parquet, write_csv, write_json, write_safetensors, write_text
from foretell.deployment.card import write_card
from foretell.deployment.export import ExportSettings, ProbeFiles, export_router, read_cache, sums_of
from foretell.deployment.files import SCHEMA

# That decide what a prompt's score is: of activations, and of texts.
OF_ACTIVATIONS, OF_TEXTS = ("numpy", "torch", "transformers", "tokenizers"), ("numpy", "scipy", "scikit-learn")


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("costs", "curves", "summary", "metrics"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    for name in ("probes", "tensors", "predictions"):
        parser.add_argument(f"--{name}", type=named_file, nargs="+", required=True, metavar="POLICY=FILE")
    parser.add_argument("--activations", type=named_file, nargs="*", default=[], metavar="ENCODER=FILE")
    parser.add_argument("--checkpoints", type=named_file, nargs="*", default=[], metavar="MODEL=FILE")
    parser.add_argument("--problems", type=Path, help="their questions, where probes read them")
    parser.add_argument("--settings", type=settings(ExportSettings), required=True, help="JSON: pool, policies, ...")
    for name in ("router", "parameters", "points", "card", "manifest"):
        parser.add_argument(f"--{name}", type=Path, required=True, help="output")
    args = parser.parse_args(argv)

    given: ExportSettings = args.settings
    probes, tensors, predictions = (files_by_id(each) for each in (args.probes, args.tensors, args.predictions))
    costs, summary = read_parquet(args.costs), read_parquet(args.summary)
    export = export_router(
        costs,
        read_parquet(args.curves),
        summary,
        {policy: _read(policy, probes, tensors, predictions) for policy in given.policies},
        {name: read_cache(files, costs) for name, files in shards_by_id(args.activations).items()},
        {model: sums_of(files) for model, files in shards_by_id(args.checkpoints).items()},
        None if args.problems is None else read_parquet(args.problems).set_index("problem_id").question,
        given,
    )
    write_json(export.description.model_dump(), args.router)
    write_safetensors(export.tensors, args.parameters)
    write_csv(export.points, args.points)
    write_text(write_card(export, summary, read_parquet(args.metrics)), args.card)
    tables = {name: getattr(args, name) for name in ("costs", "curves", "summary")}
    described = {f"{policy}/{file.name}": file for by_id in (probes, tensors) for policy, file in by_id.items()}
    write_json(
        {
            "schema": SCHEMA,
            "files": {path.name: file_hash(path) for path in (args.router, args.parameters, args.points, args.card)},
            "made_from": {name: file_hash(path) for name, path in {**tables, **described}.items()},
            "packages": {name: version(name) for name in (OF_ACTIVATIONS if given.readers else OF_TEXTS)},
        },
        args.manifest,
    )


def _read(
    policy: str, probes: Mapping[str, Path], tensors: Mapping[str, Path], predictions: Mapping[str, Path]
) -> ProbeFiles:
    for option, files in (("--probes", probes), ("--tensors", tensors), ("--predictions", predictions)):
        if policy not in files:
            raise UserError(f"policy {policy!r} has no file; give {option} {policy}=FILE")
    return ProbeFiles(
        json.loads(probes[policy].read_text(encoding="utf-8")),
        load_file(tensors[policy]),
        read_parquet(predictions[policy]),
    )


if __name__ == "__main__":
    run(main)
