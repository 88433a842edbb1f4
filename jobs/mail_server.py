"""Where letters are handed in: the mail server that an installation names."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

HERE = ("localhost", "127.0.0.1", "::1")
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True, repr=False)
class SmtpServer:
    """A mail server: smtps is TLS from the start, smtp becomes so where the server can.

    A password is told over TLS alone, except to this machine.
    """

    host: str
    port: int
    is_tls: bool = False
    username: str | None = None
    password: str | None = None


def server_at(url: str) -> SmtpServer:
    """The server of smtp://user:password@host:587 or smtps://…; ValueError for anything else."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("not the address of a mail server")
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        is_tls=parts.scheme == "smtps",
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
