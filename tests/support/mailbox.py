"""A real mail server in this process: takes letters, or answers what a test tells it to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from jobs.mail_rounds import Post
from jobs.mail_server import SmtpServer

SENDER = "factures@jalon.test"
PASSWORD = "open sesame 7731"


@dataclass
class Mailbox:
    """The letters that were taken, with their envelopes, and what to answer instead."""

    host: str = "127.0.0.1"
    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    envelopes: list[list[str]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    """The Message-ID of each letter that was offered, taken or not."""
    answers: list[str] = field(default_factory=list)
    """What is said of the next letters, one each, in the place of taking them."""
    refused: dict[str, str] = field(default_factory=dict)
    """What is said to addresses."""
    _turn: threading.Lock = field(default_factory=threading.Lock)

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        with self._turn:
            self.tried.append(str(letter["Message-ID"]))
            if self.answers:
                return self.answers.pop(0)
            self.letters.append(letter)
            self.envelopes.append(list(envelope.rcpt_tos))
        return "250 OK"

    def post(self, *, password: str | None = None) -> Post:
        """How a postman reaches this server."""
        username = None if password is None else "jalon"
        server = SmtpServer(self.host, self.port, username=username, password=password)
        return Post(server, SENDER)


def _known(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=is_right, handled=is_right)


class _OnAFreePort(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(*, with_password: bool = False) -> Iterator[Mailbox]:
    """A server on a free port, until the test is over."""
    box = Mailbox()
    more: dict[str, Any] = {}
    if with_password:
        more = {"authenticator": _known, "auth_require_tls": False}
    controller = _OnAFreePort(box, hostname=box.host, port=0, **more)
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        controller.stop()
