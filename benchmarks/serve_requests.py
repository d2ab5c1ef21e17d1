"""Measure a router's service on loopback beside the bare forward passes of its readers.

PYTHONPATH=scripts:tests python benchmarks/serve_requests.py results/tiny/routers/tiny [--requests 300] [--clients 4]
prints, for single prompts, the milliseconds of the readers' forward passes alone and of a decision; then requests per
second and percentiles of whole chats, whose upstream answers at once; and whether each was answered and logged.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pandas as pd
import torch
import uvicorn

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from foretell.completions.prompts import render
from foretell.deployment.decision_log import DecisionLog
from foretell.deployment.folder import router_id
from foretell.deployment.router import Router
from foretell.deployment.service import Service
from foretell.deployment.serving_settings import ServingSettings
from openai_server import answer, serve


def milliseconds(run, repeats=50):
    """Median of single calls."""
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def forward_passes(router, question):
    """Runs every reader once on the tokens of the prompt, and nothing else."""
    passes = []
    for reader in router._readers.values():
        problem = pd.DataFrame({"problem_id": ["0"], "question": [question]})
        loaded = reader._loaded
        tokens = render(problem, loaded.tokenizer, reader._reader.prompt, reader._reader.reading).token_ids.iloc[0]
        passes.append((loaded.model.base_model, torch.tensor([list(tokens)])))

    @torch.inference_mode()
    def run():
        for model, tokens in passes:
            model(input_ids=tokens, use_cache=False)

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("router", type=Path)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--question", default="2+3*4")
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--clients", type=int, default=4)
    args = parser.parse_args()

    torch.set_num_threads(1)
    router = Router.load(args.router, args.models)
    bare, decision = (
        milliseconds(forward_passes(router, args.question)),
        milliseconds(lambda: router.route([args.question])),
    )
    times = f"forward passes {bare:.1f} ms, decision {decision:.1f} ms, {decision / bare:.2f} times"
    print(f"{len(router._readers)} readers: {times}")
    with serve(lambda body, number: answer(["4"])) as (url, _), tempfile.TemporaryDirectory() as folder:
        upstreams = {policy: {"base_url": url, "model": policy} for policy in router.policies}
        limits = {"concurrency": args.clients, "routing_seconds": 60.0}
        settings = {"upstreams": upstreams, "fallback": router.policies[-1], "limits": limits}
        file = Path(folder) / "log.jsonl"
        with DecisionLog(file, router_id(args.router)) as log:
            app = Service(router, ServingSettings.model_validate(settings), log).app(None)
            server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
            thread = threading.Thread(target=server.run, daemon=True)
            thread.start()
            while not server.started:
                time.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=120)
            body = {"model": "any", "messages": [{"role": "user", "content": args.question}]}

            def ask(_):
                start = time.perf_counter()
                status = client.post("/v1/chat/completions", json=body).status_code
                return status, 1e3 * (time.perf_counter() - start)

            start = time.perf_counter()
            with ThreadPoolExecutor(args.clients) as threads:
                answers = list(threads.map(ask, range(args.requests)))
            seconds = time.perf_counter() - start
            server.should_exit = True
            thread.join()
        took = statistics.quantiles([each for _, each in answers], n=100)
        logged = [json.loads(line) for line in file.read_text().splitlines()]
    rate = args.requests / seconds
    print(f"{args.clients} clients: {rate:.1f} requests/s, p50 {took[49]:.1f} ms, p99 {took[98]:.1f} ms")
    failed = sum(each["failure"] is not None for each in logged)
    answered = sum(status == 200 for status, _ in answers)
    print(f"{answered} of {args.requests} answered, {len(logged)} logged, {failed} failed")


if __name__ == "__main__":
    main()
