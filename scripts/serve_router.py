"""Serve an exported router over HTTP: decisions (/route), and chats that are forwarded (/v1/chat/completions)."""

import argparse
import ipaddress
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from foretell.common.errors import UserError, run
from foretell.completions.engines.keys import key_of
from foretell.deployment.decision_log import DecisionLog
from foretell.deployment.folder import router_id
from foretell.deployment.router import Router
from foretell.deployment.service import Service
from foretell.deployment.serving_settings import read_serving_settings, with_samples

STOPPING = 30  # seconds for what is under way when the service is told to end


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--router", type=Path, required=True, help="folder, as in results/STUDY/routers/POOL")
    parser.add_argument("--models", type=Path, help="folder of checkpoints by model; without it, the study's")
    parser.add_argument("--config", type=Path, required=True, help="upstreams, fallback, limits (YAML)")
    parser.add_argument("--log", type=Path, required=True, help="decisions are appended to it (JSON lines)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8080)
    args = parser.parse_args(argv)

    router = Router.load(args.router, args.models)
    settings = with_samples(read_serving_settings(args.config, router.asked), router.description.policies)
    token = None if settings.token is None else key_of(settings.token)
    if token is None and not _is_loopback(args.host):
        raise UserError(f"--host {args.host}: others than this machine can reach it: set key 'token' in {args.config}")
    router.warm_up()
    with DecisionLog(args.log, router_id(args.router)) as log:
        app = Service(router, settings, log).app(token)
        uvicorn.run(
            app,
            host=args.host,
            port=args.port,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOPPING,
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


if __name__ == "__main__":
    run(main)
