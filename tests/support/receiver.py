"""A real web server in this process: takes what is posted, or answers what a test tells it to."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any


@dataclass(frozen=True)
class Posted:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    def is_signed_by(self, secret: str) -> bool:
        """Whether one of the signatures is that of `secret`, counted by hand from the spec."""
        key = b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        expected = b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{expected}" in self.headers["webhook-signature"].split()


@dataclass(frozen=True)
class Answer:
    """What the server says to one request, after `seconds`."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    drip: float = 0.0
    """Seconds between two bytes of the body."""


@dataclass
class Receiver:
    """What was posted, in turn, and what to answer to the next ones."""

    port: int = 0
    scheme: str = "http"
    posted: list[Posted] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    always: Answer = field(default_factory=Answer)
    most_at_once: int = 0
    _at_once: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/in?firm=1"

    def take(self, request: Posted) -> Answer:
        with self._turn:
            self.posted.append(request)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            answer = self.answers.pop(0) if self.answers else self.always
        time.sleep(answer.seconds)
        with self._turn:
            self._at_once -= 1
        return answer


@contextmanager
def receiver(tls: SSLContext | None = None) -> Iterator[Receiver]:
    """A server on a free port of this machine, until the test is over."""
    box = Receiver(scheme="http" if tls is None else "https")

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            named = {name.lower(): value for name, value in self.headers.items()}
            answer = box.take(Posted(self.path, named, body))
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                if not answer.drip:
                    self.wfile.write(answer.body)
                    return
                for byte in answer.body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(answer.drip)
            except OSError:
                pass  # Whoever asked did not wait for the answer.

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Quiet(("127.0.0.1", 0), Taking)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    box.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
