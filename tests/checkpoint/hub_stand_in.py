"""A hub of a few lines, on this machine: repositories in a dictionary, behind the hub's own HTTP.

It speaks what huggingface_hub needs to make a repository, to upload (preupload, LFS batch, PUT,
commit) and to fetch (HEAD and GET of resolve, model info); it never offers Xet.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

WRITER, READER = "hf_writer", "hf_reader"


@dataclass
class Repo:
    private: bool = False
    gated: bool = False
    commits: list[tuple[str, str, dict[str, bytes]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.commit("initial commit", {".gitattributes": b"*.safetensors filter=lfs\n"})

    def commit(self, message: str, changed: dict[str, bytes]) -> str:
        files = {**(self.files if self.commits else {}), **changed}
        whole = repr((len(self.commits), message, sorted(files.items())))
        sha = hashlib.sha1(whole.encode()).hexdigest()
        self.commits.append((sha, message, files))
        return sha

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[-1][2]

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        named = {sha: (sha, files) for sha, _, files in self.commits}
        named["main"] = (self.commits[-1][0], self.files)
        return named.get(revision)


class Refusal(Exception):
    def __init__(self, status: int, code: str | None = None, message: str = "no") -> None:
        self.status = status
        self.headers = {"X-Error-Message": message} | ({"X-Error-Code": code} if code else {})


class StandIn(ThreadingHTTPServer):
    """Serves until it is left; what is asked of it is kept in `asked`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.repos: dict[str, Repo] = {}
        self.large: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.out_of_order: int | None = None
        self.before_commit: Callable[[], object] | None = None
        self.url = f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> "StandIn":
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class Answers(BaseHTTPRequestHandler):
    server: StandIn
    routes = [
        ("POST", r"/api/repos/create", "create"),
        ("POST", r"/api/validate-yaml", "validate"),
        ("GET", r"/api/models/([^/]+/[^/]+)", "info"),
        ("POST", r"/api/models/([^/]+/[^/]+)/preupload/main", "preupload"),
        ("POST", r"/([^/]+/[^/]+)\.git/info/lfs/objects/batch", "batch"),
        ("PUT", r"/large/(\w+)", "put"),
        ("POST", r"/api/models/([^/]+/[^/]+)/commit/main", "commit"),
        ("HEAD", r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", "resolve"),
        ("GET", r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", "resolve"),
    ]

    def answer(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        body = self.body()
        try:
            if self.server.out_of_order:
                raise Refusal(self.server.out_of_order)
            for method, pattern, name in self.routes:
                found = re.fullmatch(pattern, self.path.partition("?")[0])
                if found and method == self.command:
                    status, headers, content = getattr(self, name)(body, *found.groups())
                    break
            else:
                raise Refusal(404)
        except Refusal as refusal:
            status, headers, content = refusal.status, refusal.headers, {}
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = answer

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def log_message(self, *_: object) -> None:
        pass

    @property
    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def may_write(self) -> None:
        if self.token not in (WRITER, READER):
            raise Refusal(401, message="Invalid credentials in Authorization header")
        if self.token != WRITER:
            raise Refusal(403, message="You don't have the rights to write here")

    def repo(self, repo_id: str) -> Repo:
        if self.token not in ("", WRITER, READER):
            raise Refusal(401, message="Invalid credentials in Authorization header")
        repo = self.server.repos.get(repo_id)
        if repo is None or (repo.private and self.token != WRITER):
            raise Refusal(404 if self.token else 401, "RepoNotFound", "Repository not found")
        return repo

    def create(self, body: bytes):
        self.may_write()
        asked = json.loads(body)
        repo_id = f"{asked['organization']}/{asked['name']}"
        there = repo_id in self.server.repos
        if not there:
            self.server.repos[repo_id] = Repo(private=asked.get("visibility") == "private")
        url = {"url": f"{self.server.url}/{repo_id}", "name": repo_id}
        return (409 if there else 200), {}, url

    def validate(self, body: bytes):
        front = json.loads(body)["content"].split("---\n")[1]
        assert yaml.safe_load(front)["license"] == "mit"
        return 200, {}, {"errors": [], "warnings": []}

    def info(self, _: bytes, repo_id: str):
        repo = self.repo(repo_id)
        listed = [{"rfilename": name} for name in repo.files]
        about = {"id": repo_id, "sha": repo.commits[-1][0], "private": repo.private}
        return 200, {}, {**about, "siblings": listed}

    def preupload(self, body: bytes, repo_id: str):
        self.may_write()
        self.repo(repo_id)
        modes = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(".safetensors") else "regular",
                "shouldIgnore": False,
            }
            for file in json.loads(body)["files"]
        ]
        return 200, {}, {"files": modes}

    def batch(self, body: bytes, repo_id: str):
        self.may_write()
        objects = [
            {**item, "actions": {"upload": {"href": f"{self.server.url}/large/{item['oid']}"}}}
            for item in json.loads(body)["objects"]
        ]
        return 200, {}, {"transfer": "basic", "objects": objects}

    def put(self, body: bytes, oid: str):
        assert hashlib.sha256(body).hexdigest() == oid
        self.server.large[oid] = body
        if self.server.before_commit:
            self.server.before_commit()
        return 200, {}, {}

    def commit(self, body: bytes, repo_id: str):
        self.may_write()
        repo = self.repo(repo_id)
        lines = [json.loads(line) for line in body.splitlines()]
        (header,) = (line["value"] for line in lines if line["key"] == "header")
        if header.get("parentCommit", repo.commits[-1][0]) != repo.commits[-1][0]:
            raise Refusal(412, message="A commit has happened since")
        changed = {}
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                changed[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                changed[value["path"]] = self.server.large[value["oid"]]
        sha = repo.commit(header["summary"], changed)
        url = f"{self.server.url}/{repo_id}/commit/{sha}"
        return 200, {}, {"commitUrl": url, "commitOid": sha}

    def resolve(self, _: bytes, repo_id: str, revision: str, path: str):
        repo = self.repo(repo_id)
        if repo.gated and self.token != WRITER:
            raise Refusal(403 if self.token else 401, "GatedRepo", "Access is restricted")
        found = repo.at(revision)
        if found is None:
            raise Refusal(404, "RevisionNotFound", "Invalid rev id")
        sha, files = found
        if path not in files:
            raise Refusal(404, "EntryNotFound", "Entry not found")
        etag = f'"{hashlib.sha256(files[path]).hexdigest()}"'
        size = str(len(files[path]))
        return 200, {"ETag": etag, "X-Repo-Commit": sha, "X-Linked-Size": size}, files[path]
