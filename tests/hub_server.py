"""A hub on loopback, as far as huggingface_hub asks: repositories at a commit, and what can go wrong with them."""

import base64
import hashlib
import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_KINDS = {"models": "model", "datasets": "dataset"}
_LARGE = (".parquet", ".safetensors", ".bin")  # what the hub keeps outside git
_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
_PAGE = re.compile(r"/(?:(datasets)/)?((?:[^/]+/)?[^/]+)/resolve/([^/]+)/(.+)")
_WRITE = re.compile(r"/api/models/(.+?)/(preupload|commit)/main")
_API = re.compile(r"/api/(models|datasets)/(.+?)/(tree|revision)/([^/]+)")


@dataclass
class Hub:
    """What is served, and what was asked for.

    Attributes:
        repositories: by kind (`model`, `dataset`) and id, the contents of files by path.
        commits: the commit of a repository, where it is not COMMIT.
        gated: ids of repositories that must be asked for.
        failures: by a part of a path, the statuses that requests for it are answered with, one after the other; an
            integer instead of a list is the status of every answer.
        damaged: files by whose place another content of the same length is given.
        tags: ETags that are given in place of a file's own.
        cut: files whose transfer breaks off once, after so many bytes.
        asked: method, path and Range of every request.
        tokens: bearer tokens of the requests that write.
    """

    repositories: dict = field(default_factory=dict)
    commits: dict = field(default_factory=dict)
    gated: set = field(default_factory=set)
    failures: dict = field(default_factory=dict)
    damaged: set = field(default_factory=set)
    tags: dict = field(default_factory=dict)
    cut: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    tokens: list = field(default_factory=list)
    address: str = ""

    def add(self, kind, name, files, commit=COMMIT):
        """Add a repository, or replace its files."""
        self.repositories[kind, name], self.commits[kind, name] = dict(files), commit

    def add_folder(self, name, folder, commit=COMMIT):
        """Add a model from a folder."""
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self.add("model", name, files, commit)

    def fetched(self):
        """Paths of the files that were sent."""
        return [page.group(4) for method, path, _ in self.asked if method == "GET" and (page := _PAGE.match(path))]

    def status(self, path):
        """The status by which a request is to fail; None where it is not."""
        for part, statuses in self.failures.items():
            if part in path and statuses:
                return statuses if isinstance(statuses, int) else statuses.pop(0)
        return None


def checksum(path, content):
    """The sum by which the hub knows a file: git's, or SHA-256 of what is kept outside."""
    if path.endswith(_LARGE):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


@contextmanager
def serve():
    """Serve a hub on loopback."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_HEAD(self):
            self.do_GET()

        def do_GET(self):
            path = self.path.split("?")[0]
            hub.asked.append((self.command, path, self.headers.get("Range")))
            status = hub.status(path)
            if status is not None:
                return self._answer(status, b"{}", {"Retry-After": "7"})
            if found := _API.match(path):
                kind, name, what, revision = _KINDS[found[1]], found[2], found[3], found[4]
                return self._list(kind, name, what) if self._known(kind, name, revision, gated=False) else None
            found = _PAGE.match(path)
            kind, name, revision, file = _KINDS[found[1] or "models"], found[2], found[3], found[4]
            return self._file(kind, name, file) if self._known(kind, name, revision) else None

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            hub.tokens.append((self.headers.get("Authorization") or "").removeprefix("Bearer "))
            self._answer(200, json.dumps(self._written(self.path.split("?")[0], body)).encode(), {}, get_only=False)

        def _written(self, path, body):
            if path == "/api/repos/create":
                asked = json.loads(body)
                name = "/".join(part for part in (asked.get("organization"), asked["name"]) if part)
                hub.add("model", name, {})
                return {"url": f"{hub.address}/{name}", "id": name}
            found = _WRITE.fullmatch(path)
            if found is None:  # what is said of a model card's header
                return {"errors": [], "warnings": []}
            if found[2] == "preupload":
                return {"files": [{**each, "uploadMode": "regular", "shouldIgnore": False}
                                  for each in json.loads(body)["files"]]}  # fmt: skip
            lines = [json.loads(line) for line in body.splitlines()]
            files = {each["value"]["path"]: base64.b64decode(each["value"]["content"])
                     for each in lines if each["key"] == "file"}  # fmt: skip
            hub.add("model", found[1], hub.repositories["model", found[1]] | files)
            return {"commitOid": COMMIT, "commitUrl": f"{hub.address}/{found[1]}/commit/{COMMIT}", "hookOutput": ""}

        def _list(self, kind, name, what):
            entries = []
            for path, content in hub.repositories[kind, name].items():
                entry = {"type": "file", "path": path, "size": len(content), "oid": checksum(path, content)}
                if path.endswith(_LARGE):
                    pointer = _POINTER % (entry["oid"].encode(), len(content))
                    entry["lfs"] = {"oid": entry["oid"], "size": len(content), "pointerSize": len(pointer)}
                    entry["oid"] = checksum("pointer", pointer)
                entries.append(entry)
            described = {
                "id": name,
                "sha": hub.commits[kind, name],
                "siblings": [{"rfilename": each["path"]} for each in entries],
            }
            listed = entries if what == "tree" else described
            self._answer(200, json.dumps(listed).encode(), {"Content-Type": "application/json"})

        def _file(self, kind, name, file):
            content = hub.repositories[kind, name].get(file)
            if content is None:
                return self._answer(404, b"", {"X-Error-Code": "EntryNotFound"})
            headers = {
                "ETag": f'"{hub.tags.get(file, checksum(file, content))}"',
                "X-Repo-Commit": hub.commits[kind, name],
            }
            if file in hub.damaged:
                content = bytes(byte ^ 1 for byte in content)
            start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
            if start:
                headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            most = hub.cut.pop(file, None) if self.command == "GET" else None
            self._answer(206 if start else 200, content[start:], headers, most)

        def _known(self, kind, name, revision, gated=True):
            code = None
            if (kind, name) not in hub.repositories:
                code = 401, "RepoNotFound"  # the hub does not tell strangers whether there is one
            elif revision != hub.commits[kind, name]:
                code = 404, "RevisionNotFound"
            elif gated and name in hub.gated:
                code = 403, "GatedRepo"
            if code:
                self._answer(code[0], b"{}", {"X-Error-Code": code[1], "X-Error-Message": code[1]})
            return code is None

        def _answer(self, status, content, headers, most=None, get_only=True):
            self.send_response(status)
            for key, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(key, value)
            self.end_headers()
            if self.command == "GET" or not get_only:
                self.wfile.write(content[:most])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    hub.stop = lambda: (server.shutdown(), server.server_close())
    try:
        yield hub
    finally:
        hub.stop()


def environment(hub, home):
    """Environment variables by which another process asks this hub."""
    return {
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "NO_PROXY": "127.0.0.1",
    }


def ask(hub, home, monkeypatch):
    """Have this process ask this hub, with a cache of its own; returns the list of pauses that it would have made."""
    from huggingface_hub import constants, file_download
    from huggingface_hub.utils import _http

    from foretell.common import hub as ours

    monkeypatch.setattr(constants, "ENDPOINT", hub.address)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.address + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 64)  # what is lost where a transfer breaks off
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    paused = []

    class Clock:
        sleep = staticmethod(paused.append)

        def __getattr__(self, name):
            import time

            return getattr(time, name)

    for module in (file_download, _http, ours):
        monkeypatch.setattr(module, "time", Clock())
    return paused
