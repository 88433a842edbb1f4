"""Two servers side by side, each a process of its own with one worker, asked over loopback.

A server is an ASGI application; `serve` adds `/clock`, which tells the processor seconds that its
process has spent, threads included.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import uvicorn

LONGEST_START = 60.0


def serve(app: Any, listening: int) -> None:
    """Runs `app` in this process on the socket with file number `listening`, until it is ended."""

    async def clocked(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/clock":
            content = str(time.process_time()).encode()
            length = (b"content-length", str(len(content)).encode())
            await send({"type": "http.response.start", "status": 200, "headers": [length]})
            await send({"type": "http.response.body", "body": content})
            return
        await app(scope, receive, send)

    config = uvicorn.Config(clocked, log_level="warning", access_log=False)
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
def started(command: Sequence[str]) -> Iterator[Server]:
    """`command` as a server: it is told the number of its socket as `--listening`."""
    # Writing log lines is part of its work; reading them is of interest only when it does not come.
    with tempfile.TemporaryFile() as said:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen(128)
            number = listening.fileno()
            process = subprocess.Popen(
                [sys.executable, *command, "--listening", str(number)],
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
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

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


def load(server: Server, questions: Sequence[bytes], *, clients: int, seconds: float) -> Load:
    """`clients` clients ask `questions` in turn, each its next one as soon as it is answered."""
    answers: list[float] = []
    failures: list[BaseException] = []
    until = time.monotonic() + seconds

    def ask_on(first: int) -> None:
        try:
            with asking(server.port) as ask:
                place = first
                while time.monotonic() < until:
                    start = time.perf_counter()
                    ask(questions[place % len(questions)])
                    answers.append(1000 * (time.perf_counter() - start))
                    place += clients
        except BaseException as failure:
            failures.append(failure)

    spent, start = server.spent(), time.monotonic()
    threads = [threading.Thread(target=ask_on, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return Load(answers, time.monotonic() - start, server.spent() - spent)
