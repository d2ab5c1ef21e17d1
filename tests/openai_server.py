"""A server on loopback that speaks OpenAI's protocol, and fails as it is told to."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sk-test-c0ffee-not-to-be-seen"


def answer(texts, finish_reason="stop", prompt_tokens=7, completion_tokens=None, **usage):
    """An answer of the endpoint for chats; its choices stand in another order than their index."""
    used = sum(map(len, texts)) if completion_tokens is None else completion_tokens
    choices = [
        {"index": index, "finish_reason": finish_reason, "message": {"role": "assistant", "content": text}}
        for index, text in enumerate(texts)
    ]
    return {"choices": choices[::-1], "usage": {"prompt_tokens": prompt_tokens, "completion_tokens": used, **usage}}


class Failure:
    """What is given in place of an answer: a status with headers, and raw content."""

    def __init__(self, status=200, content=b"{}", cut=0, silent=None, **headers):
        self.status, self.cut, self.silent = status, cut, silent
        self.content = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def serve(respond):
    """Serve `respond(body, number of the request)`, which gives an answer or a Failure.

    Yields the address, and the list of requests (path, headers, body).
    """
    asked, lock = [], threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                asked.append((self.path, dict(self.headers), body))
                number = len(asked)
            given = respond(body, number)
            if not isinstance(given, Failure):
                given = Failure(content=given)
            if given.silent is not None:
                given.silent.wait()  # until the test has its message
            self.send_response(given.status)
            for name, value in {**given.headers, "Content-Length": str(len(given.content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(given.content[: len(given.content) - given.cut])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()
