"""A real identity provider in this process: publishes its keys, and signs what a test wants."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

Key = RSAKey | ECKey
AUDIENCE = "jalon-spa"


@dataclass
class Provider:
    """Its keys as they are published, how often it was asked, and what it says of itself."""

    port: int = 0
    keys: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    calls_itself: str | None = None
    is_down: bool = False

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}/realm"

    def publishes(self, *keys: Key) -> None:
        self.keys = [key.as_dict(private=False) for key in keys]

    def token(self, key: Key, **claims: Any) -> str:
        """A token of Ana's, with other claims where they are given; None leaves one out."""
        header = claims.pop("header", {})
        now = claims.pop("now", None) or datetime.now(UTC)
        algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
        told = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "ana-1",
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=10)).timestamp()),
            "email": "ana@rivage.example",
            "email_verified": True,
            "name": "Ana",
            **claims,
        }
        head = {"alg": algorithm, **({"kid": key.kid} if key.kid else {}), **header}
        told = {name: value for name, value in told.items() if value is not None}
        head = {name: value for name, value in head.items() if value is not None}
        return jwt.encode(head, told, key, algorithms=[algorithm])

    def answer(self, path: str) -> tuple[int, Any]:
        self.asked.append(path)
        if self.is_down:
            return 503, {}
        if path.endswith("/.well-known/openid-configuration"):
            issuer = self.calls_itself or self.issuer
            return 200, {"issuer": issuer, "jwks_uri": f"{self.issuer}/keys"}
        return 200, {"keys": self.keys}


def unsigned(**claims: Any) -> str:
    """A token that nobody signed, with any text in it."""
    parts = (json.dumps(one).encode() for one in ({"alg": "RS256"}, claims))
    return ".".join([*(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), "AAAA"])


@contextmanager
def identity_provider() -> Iterator[Provider]:
    """A provider on a free port, until the end."""
    provider = Provider()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, told = provider.answer(self.path)
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
