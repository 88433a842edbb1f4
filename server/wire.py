"""The HTTP protocol of the server: nobody holds a connection by being slow.

A request line and its headers come within 10 seconds and in 64 KiB, an answer is taken within a
minute for every 64 KiB. uvicorn itself waits for ever, and keeps all headers that come.

An answer leaves in one piece: uvicorn itself has the system send its head and its body one by one,
and sending takes a tenth of the processor of a small answer.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0
HEAD_BYTES = 64 * 1024
TAKING_SECONDS = 60.0
CONNECTIONS = 2_000
"""Of one process, sockets included; more are answered 503."""
COPIED = 64 * 1024
"""Bytes of a body up to which it is copied behind its head."""
IMPORTED_AS = "server.wire:Patient"
"""For processes that import it themselves."""

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class Patient(HttpToolsProtocol):
    """uvicorn's protocol with an end to its patience, and with answers in one piece."""

    head_seconds = HEAD_SECONDS
    taking_seconds = TAKING_SECONDS

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._head: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._is_in_head = True
        self._is_begun = False
        """Whether some of a head has come that is not there whole."""

    # Narrower than asyncio says, as the library itself has it: only streams are served.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        if self._taking is not None:
            self._taking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_in_head and self._head_bytes + len(data) > HEAD_BYTES:
            room = HEAD_BYTES - self._head_bytes
            self._head_bytes = HEAD_BYTES
            super().data_received(data[:room])
            if self.transport.is_closing():
                return
            if self._is_still_in_head():
                self._stop_waiting()
                self.transport.write(_TOO_LARGE)
                self.transport.close()
                return
            data = data[room:]
            now: Any = self.transport.get_protocol()
            if now is not self:
                # It has become a socket meanwhile.
                now.data_received(data)
                return
        elif self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        # Most heads come whole, and nobody need wait for them.
        if self._head is None:
            if self._is_begun:
                self._wait_for_head()
            elif self._is_left_over():
                self._wait_for_head(self.head_seconds if self._is_in_head else self.taking_seconds)

    def on_message_begin(self) -> None:
        self._is_begun = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = self._is_begun = False
        self._stop_waiting()
        before: Any = self.cycle
        super().on_headers_complete()
        now: Any = self.cycle
        # Behind the head of HEAD comes nothing, and whoever has asked all may close at once.
        if now is not before and self.scope["method"] != "HEAD":
            now.transport = Joined(self.transport, self.loop)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_in_head, self._head_bytes = True, 0
        # It may have been waited for, after its answer.
        self._stop_waiting()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking = self.loop.call_later(self.taking_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None
        super().resume_writing()

    def _is_still_in_head(self) -> bool:
        return self._is_in_head

    def _is_left_over(self) -> bool:
        """Whether bytes came that are no request: empty lines, or a body answered unread.

        The library waits no longer for the next one then, as it thinks that it has come.
        """
        return (
            self.cycle is not None
            and self.cycle.response_complete
            and self.timeout_keep_alive_task is None
            and self.transport.get_protocol() is self
        )

    def _wait_for_head(self, seconds: float | None = None) -> None:
        self._head = self.loop.call_later(seconds or self.head_seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _give_up(self) -> None:
        self._head = None
        if self.cycle is not None and not self.cycle.response_complete:
            # An earlier request is still being answered, and nothing is read meanwhile.
            self._wait_for_head()
        elif not self.transport.is_closing():
            self.transport.close()


class Joined:
    """The transport of one answer: what is written first waits for what follows in the same turn.

    That is a head and, for all answers but those that are made as they are sent, the body.
    """

    __slots__ = ("_held", "_is_begun", "_later", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._is_begun = False
        self._held = b""
        self._later: asyncio.Handle | None = None

    def write(self, content: bytes) -> None:
        if self._later is not None:
            self._later.cancel()
            self._let_go(content)
        elif self._is_begun:
            self._transport.write(content)
        else:
            self._is_begun, self._held = True, content
            self._later = self._loop.call_soon(self._let_go)

    def close(self) -> None:
        if self._later is not None:
            self._later.cancel()
            self._let_go()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def _let_go(self, content: bytes = b"") -> None:
        held, self._held, self._later = self._held, b"", None
        if self._transport.is_closing():
            return
        if len(content) > COPIED:
            self._transport.writelines((held, content))
        else:
            self._transport.write(held + content)
