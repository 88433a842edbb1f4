"""Two servers side by side, each a process of its own with one worker, asked over loopback.

A server is an ASGI application; `serve` adds `/clock`, which tells the processor seconds that its
process has spent, threads included.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import uvicorn
from sqlalchemy.engine import make_url

LONGEST_START = 60.0
LONGEST_ANSWER = 60.0


def serve(app: Any, listening: int, **named: Any) -> None:
    """Runs `app` in this process on the socket with file number `listening`, until it is ended.

    What is `named` is told to uvicorn.
    """

    async def clocked(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/clock":
            content = str(time.process_time()).encode()
            length = (b"content-length", str(len(content)).encode())
            await send({"type": "http.response.start", "status": 200, "headers": [length]})
            await send({"type": "http.response.body", "body": content})
            return
        await app(scope, receive, send)

    config = uvicorn.Config(clocked, log_level="warning", access_log=False, **named)
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=listening)])


@dataclass(frozen=True)
class Server:
    """A server that runs beside this process."""

    port: int
    process: int
    """Its number."""

    def spent(self) -> float:
        """Processor seconds its process has spent so far."""
        with asking(self.port) as ask:
            return float(ask(b"GET /clock HTTP/1.1\r\nHost: localhost\r\n\r\n"))


@contextlib.contextmanager
def started(command: Sequence[str], *, program: str = sys.executable) -> Iterator[Server]:
    """`command` as a server: it is told the number of its socket as `--listening`."""
    # Writing log lines is part of its work; reading them is of interest only when it does not come.
    with tempfile.TemporaryFile() as said:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(128)
            number = listening.fileno()
            process = subprocess.Popen(
                [program, *command, "--listening", str(number)],
                pass_fds=[number],
                stdout=said,
                stderr=said,
            )
            server = Server(int(listening.getsockname()[1]), process.pid)
        try:
            if not _is_up(server, process):
                said.seek(0)
                raise SystemExit(said.read().decode(errors="replace")[-4000:])
            yield server
        finally:
            process.terminate()
            process.wait(10)


def _is_up(server: Server, process: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + LONGEST_START
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError, ValueError):
            server.spent()
            return True
        time.sleep(0.05)
    return False


class Asker:
    """One client: a connection that stays open, and questions written beforehand."""

    def __init__(self, port: int) -> None:
        self._socket = _connected(port)

    def __call__(self, question: bytes) -> bytes:
        """The body of the answer; ValueError unless it is a 200."""
        self._socket.sendall(question)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise ValueError((head + body)[:2000].decode(errors="replace"))
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        parts = [body]
        missing = length - len(body)
        while missing > 0:
            parts.append(self._more())
            missing -= len(parts[-1])
        return b"".join(parts)

    def _more(self) -> bytes:
        received = self._socket.recv(262_144)
        if not received:
            raise ValueError("the server closed the connection")
        return received

    def close(self) -> None:
        self._socket.close()


@contextlib.contextmanager
def asking(port: int) -> Iterator[Asker]:
    asker = Asker(port)
    try:
        yield asker
    finally:
        asker.close()


@dataclass(frozen=True)
class Load:
    """What a server did under load: milliseconds of each answer, and of its processor."""

    answers: list[float]
    seconds: float
    spent: float

    @property
    def median(self) -> float:
        return sorted(self.answers)[len(self.answers) // 2]

    @property
    def a_second(self) -> float:
        return len(self.answers) / self.seconds

    @property
    def processor(self) -> float:
        """Milliseconds of processor an answer."""
        return 1000 * self.spent / len(self.answers)


@dataclass(slots=True)
class _Client:
    """One of several: a connection, and how far its question is answered."""

    socket: socket.socket
    place: int
    asked: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    length: int = 0
    """Of the whole answer; 0 while its head is not there."""

    def ask(self, question: bytes) -> None:
        self.received.clear()
        self.length = 0
        self.asked = time.perf_counter()
        self.socket.sendall(question)

    def is_answered(self) -> bool:
        """Takes what has come; whether that is all of the answer."""
        some = self.socket.recv(262_144)
        if not some:
            raise ValueError("the server closed the connection")
        self.received += some
        if not self.length:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = bytes(self.received[:end]).lower()
            if not head.startswith(b"http/1.1 200"):
                raise ValueError(self.received[:2000].decode(errors="replace"))
            self.length = end + 4 + int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
        return len(self.received) >= self.length


def load(
    server: Server,
    questions: Sequence[bytes],
    *,
    clients: int,
    seconds: float,
    besides: Callable[[], float] = lambda: 0.0,
) -> Load:
    """`clients` clients ask `questions` in turn, each its next one as soon as it is answered.

    One thread asks for all of them: threads would wait for each other, and be what is measured.
    `besides` tells processor seconds that others spend for the server (`database_clock`).
    """
    answers: list[float] = []
    asking_now = [_Client(_connected(server.port), place) for place in range(clients)]
    waiting = clients
    spent, start = server.spent() + besides(), time.monotonic()
    with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
        for one in asking_now:
            stack.enter_context(one.socket)
            selector.register(one.socket, selectors.EVENT_READ, one)
            one.ask(questions[one.place % len(questions)])
        while waiting:
            ready = selector.select(LONGEST_ANSWER)
            if not ready:
                raise ValueError("the server does not answer")
            for key, _ in ready:
                one = key.data
                if not one.is_answered():
                    continue
                answers.append(1000 * (time.perf_counter() - one.asked))
                if time.monotonic() - start >= seconds:
                    waiting -= 1
                    continue
                one.place += clients
                one.ask(questions[one.place % len(questions)])
        took = time.monotonic() - start
    return Load(answers, took, server.spent() + besides() - spent)


def _connected(port: int) -> socket.socket:
    found = socket.create_connection(("127.0.0.1", port), timeout=LONGEST_ANSWER)
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def database_clock(url: str) -> Callable[[], float]:
    """Tells the processor seconds that a PostgreSQL on this machine has spent for its clients.

    Nothing for SQLite, which works in the server's process, and where there is no /proc.
    """
    if not url.startswith("postgres") or not Path("/proc/self/schedstat").exists():
        return lambda: 0.0
    text = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(text) as connection:
        backend = connection.info.backend_pid
        postmaster = int(Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children")

    told: dict[str, int] = {}

    def spent() -> float:
        for process in children.read_text().split():
            with contextlib.suppress(OSError):
                told[process] = int(Path(f"/proc/{process}/schedstat").read_text().split()[0])
        # With those that ended since: what a connection took is not given back.
        return sum(told.values()) / 1e9

    return spent
