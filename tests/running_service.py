"""A service on loopback with a router that does as it is told."""

import json
import threading
from contextlib import contextmanager

import httpx2
import uvicorn
import yaml

from foretell.common.errors import UserError
from foretell.deployment.decision_log import DecisionLog
from foretell.deployment.router import Decision
from foretell.deployment.service import Service
from foretell.deployment.serving_settings import read_serving_settings
from openai_server import KEY, Failure, answer, serve

TOKEN = "let-me-in"
STREAM = b'data: {"choices": [{"delta": {"content": "4"}}]}\n\n', b"data: [DONE]\n\n"


def respond(body, number):
    """Answers by model, as the user's text asks for."""
    text = body["messages"][-1]["content"]
    if body.get("stream"):
        return Failure(
            content=b"".join(STREAM), cut=len(STREAM[1]) if "cut" in text else 0, Content_Type="text/event-stream"
        )
    if "refused" in text:
        return Failure(400, {"error": {"message": f"no, {KEY}"}})
    if body["model"] == "small-1" and "down" in text:
        return Failure(503, b"")
    return Failure(500, b"") if "dead" in text else answer([body["model"]], prompt_tokens=11)


def told(response):
    """The text of an answer."""
    return response.json()["choices"][0]["message"]["content"]


class FakeRouter:
    """Sends what is easy to small, fails where it is told to, and hangs until it is let go."""

    policies = ["small", "large"]

    def __init__(self):
        self.released = threading.Event()

    def route(self, prompts):
        if "hang" in prompts:
            self.released.wait()
        if "unreadable" in prompts:
            raise UserError("the chat template does not keep the user's text: 'unreadable'")
        if "broken" in prompts:
            raise RuntimeError("out of memory")
        return [self.decide(prompt) for prompt in prompts]

    def decide(self, prompt):
        policy = "small" if prompt == "easy" else "large"
        return Decision(policy, 1, {"small": 0.5, "large": 0.9}, 0.25, 1.5, prompt == "odd")


class Running:
    """A service on loopback, the upstream behind it, and its log."""

    def __init__(self, url, log, asked, router):
        self.url, self.log, self.asked, self.router = url, log, asked, router
        self.http = httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=20)

    def chat(self, text="easy", **more):
        messages = [{"role": "user", "content": text}]
        return self.http.post("/v1/chat/completions", json={"model": "any", "messages": messages, **more})

    def entries(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]


class Server(uvicorn.Server):
    """Says when it has started."""

    def __init__(self, config):
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def running(folder, respond, patch, draw=None, **settings):
    """A service whose upstreams `respond`."""
    router = FakeRouter()
    patch.setenv("WISE_KEY", KEY)
    with serve(respond) as (url, asked):
        upstreams = {
            "small": {"base_url": url, "model": "small-1", "key": "WISE_KEY"},
            "large": {"base_url": f"{url}/", "model": "large-1", "key": "WISE_KEY", "body": {"effort": "high"}},
        }
        file = folder / "serving.yaml"
        file.write_text(yaml.safe_dump({"upstreams": upstreams, "fallback": "large", **settings}))
        checked = read_serving_settings(file, router.policies)
        with DecisionLog(folder / "log.jsonl", "an-id") as log:
            service = Service(router, checked, log, *([draw] if draw else []))
            app = service.app(TOKEN)
            server = Server(uvicorn.Config(app, port=0, log_level="critical", timeout_graceful_shutdown=1))
            thread = threading.Thread(target=server.run)
            thread.start()
            assert server.ready.wait(20)
            port = server.servers[0].sockets[0].getsockname()[1]
            try:
                yield Running(f"http://127.0.0.1:{port}", folder / "log.jsonl", asked, router)
            finally:
                server.should_exit = True
                router.released.set()
                thread.join()
