"""A hub on loopback that serves one model, as far as huggingface_hub asks."""

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serve(model_id, commit, folder):
    """Serve the files of a folder as a model; yields the address and the list of paths that were asked for."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    asked = []

    class Hub(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_HEAD(self):
            self.do_GET()

        def do_GET(self):
            path = self.path.split("?")[0]
            asked.append(path)
            if path.startswith("/api/models/"):
                return self._api(path.removeprefix("/api/models/"))
            name, _, rest = path.lstrip("/").partition("/resolve/")
            revision, _, file = rest.partition("/")
            if self._known(name, revision) and file in files:
                etag = hashlib.sha256(files[file]).hexdigest()
                self._answer(200, files[file], {"ETag": f'"{etag}"', "X-Repo-Commit": commit})

        def _api(self, rest):
            name, _, revision = rest.replace("/tree/", "/revision/").partition("/revision/")
            if not self._known(name, revision):
                return
            if "/tree/" in rest:
                oid = {name: hashlib.sha256(content).hexdigest()[:40] for name, content in files.items()}
                listed = [
                    {"type": "file", "path": name, "size": len(content), "oid": oid[name]}
                    for name, content in files.items()
                ]
            else:
                listed = {"id": model_id, "sha": commit, "siblings": [{"rfilename": name} for name in files]}
            self._answer(200, json.dumps(listed).encode(), {"Content-Type": "application/json"})

        def _known(self, name, revision):
            code = "RepoNotFound" if name != model_id else "RevisionNotFound" if revision != commit else None
            if code:
                self._answer(404, b"{}", {"X-Error-Code": code, "X-Error-Message": code})
            return code is None

        def _answer(self, status, content, headers):
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
