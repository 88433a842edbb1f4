"""A connection to PostgreSQL that an event loop hears itself, in libpq's pipeline mode.

Statements leave together, and their results come in the same order. Each is given `GIVEN` seconds;
what takes longer is `Blown`, and so is what would be asked after the request's deadline, or has
more than a short read's rows: they would be made into an answer on the loop.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from typing import Any

from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import QueryCanceled, error_from_result
from psycopg.pq import ExecStatus

from persistence.deadline import at_most
from persistence.engine import BEGINNING_TO_READ, STANDING_TO_READ
from persistence.ready.prepared import SHORT, Blown, Bound, NotReady, Rows, Steps

GIVEN = 0.25
"""Seconds a statement may take: a page takes some milliseconds, whatever else the machine does."""

SILENT = 1.0
"""Seconds beyond those in which a server that says nothing is given up: it would have ended it.

A loop may never hear that a connection was reset (uvloop tells nobody of such an error).
"""

STATEMENTS = 100
"""Prepared on one connection; those used longest ago are forgotten first."""

_GOOD = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Pipelined:
    """A connection in pipeline mode; one snapshot at a time, one statement of it under way."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        driver: Any,
        forget: Callable[[Pipelined], None],
    ) -> None:
        self.is_lost = False
        self._loop = loop
        self._driver = driver
        self._forget = forget
        self._values = Transformer(driver)
        self._prepared: OrderedDict[tuple[str, tuple[int, ...]], bytes] = OrderedDict()
        self._named = 0
        self._due: deque[bool] = deque()
        """Of each statement under way whether its rows are wanted."""
        self._steps: Steps | None = None
        self._done: asyncio.Future[Any] | None = None
        self._silent: asyncio.TimerHandle | None = None
        self._context = Context()
        """Of whoever reads, with their deadline: the loop calls with that of who came first."""
        self._organisation_id = 0
        self._is_new = False
        """Whether the next statement is the first of a snapshot."""
        self._is_open = False
        """Whether a transaction was begun that nobody ended yet."""
        self._left: int | None = None
        """Statements that may still be asked of the snapshot."""
        self._pg = driver.pgconn
        self._pg.nonblocking = 1
        self._pg.enter_pipeline_mode()
        self._socket = self._pg.socket
        loop.add_reader(self._socket, self._hear)

    def begin(self, organisation_id: int, most: int | None) -> None:
        """The next statement is the first of a snapshot, of `most` statements in all."""
        self._organisation_id, self._left, self._is_new = organisation_id, most, True

    async def read(self, steps: Steps) -> Any:
        """Hands each statement of `steps` its rows; what they come to."""
        done = self._done = self._loop.create_future()
        self._steps, self._context = steps, copy_context()
        self._step(None)
        return await done

    def end(self) -> None:
        """Ends the snapshot, unless its last statement did."""
        if self._is_open and not self.is_lost:
            self._send_end()
            self._leave()

    def give_up(self) -> None:
        """Closes the connection if something is still under way that nobody waits for any more."""
        self._steps = self._done = None
        self._hush()
        if self._due:
            self.close()

    def _hush(self) -> None:
        if self._silent is not None:
            self._silent.cancel()
            self._silent = None

    def close(self) -> None:
        if self.is_lost:
            return
        self.is_lost = True
        self._hush()
        if not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        with suppress(Exception):
            self._driver.close()

    def _step(self, rows: Rows | None) -> None:
        """Lets the reader go on with `rows`, up to the next statement or the end."""
        steps: Any = self._steps
        try:
            self._ask(steps.send(rows))
        except StopIteration as end:
            self._finish(end.value, None)
        except Exception as error:
            self._finish(None, error)

    def _finish(self, value: Any, error: Exception | None) -> None:
        done, self._done, self._steps = self._done, None, None
        if done is None or done.done():
            return
        if error is None:
            done.set_result(value)
        else:
            done.set_exception(error)

    def _ask(self, bound: Bound) -> None:
        """Sends a statement, with what begins the snapshot before the first, and its end behind
        the last."""
        if self._left == 0:
            raise NotReady("more statements than the snapshot was for")
        if not (seconds := at_most(GIVEN)):
            raise Blown
        if self._is_new:
            self._send_beginning(seconds)
        self._send(bound.text, bound.values, is_wanted=True)
        if self._left is not None:
            self._left -= 1
        if self._left == 0 and self._is_open:
            self._send_end()
        self._leave()
        self._silent = self._loop.call_later(GIVEN + SILENT, self._lose, Blown("silent"))

    def _send_beginning(self, seconds: float) -> None:
        self._is_new = False
        # What leaves together is one transaction, for which nothing has to begin it.
        if self._left != 1:
            self._send(BEGINNING_TO_READ, ())
            self._is_open = True
        milliseconds = int(max(seconds, 0.001) * 1000) + 1
        self._send(STANDING_TO_READ, (str(self._organisation_id), str(milliseconds)))

    def _send_end(self) -> None:
        # Nothing was written: whoever read need not hear that it is over.
        self._is_open = False
        self._send("COMMIT", ())

    def _send(self, text: str, values: Any, *, is_wanted: bool = False) -> None:
        """Puts a statement among those that leave together, prepared where it was not yet."""
        given = self._values.dump_sequence(values, [PyFormat.AUTO] * len(values))
        key = (text, self._values.types or ())
        name = self._prepared.get(key)
        if name is None:
            name = self._prepare(key)
        else:
            self._prepared.move_to_end(key)
        self._pg.send_query_prepared(name, given, self._values.formats)
        self._due.append(is_wanted)

    def _prepare(self, key: tuple[str, tuple[int, ...]]) -> bytes:
        if len(self._prepared) >= STATEMENTS:
            _, oldest = self._prepared.popitem(last=False)
            self._pg.send_close_prepared(oldest)
            self._due.append(False)
        self._named += 1
        name = self._prepared[key] = b"jalon_%d" % self._named
        text, types = key
        self._pg.send_prepare(name, text.encode(), types)
        self._due.append(False)
        return name

    def _leave(self) -> None:
        """Has all leave that was put together; what does not go at once goes when it can."""
        self._pg.pipeline_sync()
        if self._pg.flush():
            self._loop.add_writer(self._socket, self._flush)

    def _flush(self) -> None:
        try:
            if not self._pg.flush():
                self._loop.remove_writer(self._socket)
        except Exception as error:
            self._lose(error)

    def _hear(self) -> None:
        """Takes in what has come: called by the loop."""
        try:
            self._pg.consume_input()
            self._take_in()
        except Exception as error:
            self._lose(error)

    def _take_in(self) -> None:
        was_none = False
        while not self._pg.is_busy():
            result = self._pg.get_result()
            if result is None:
                if was_none:
                    break
                was_none = True
                continue
            was_none = False
            if result.status == ExecStatus.PIPELINE_SYNC:
                continue
            if result.status not in _GOOD:
                raise _fault(result)
            if self._due.popleft():
                self._hush()
                self._hand_over(result)

    def _hand_over(self, result: Any) -> None:
        if result.ntuples > SHORT:
            self._finish(None, Blown())
        elif self._steps is not None:
            self._values.set_pgresult(result)
            rows = self._values.load_rows(0, result.ntuples, tuple)
            self._context.run(self._step, rows)

    def _lose(self, error: Exception) -> None:
        """Whatever it was, nothing that comes from here can be trusted any more."""
        self.close()
        self._forget(self)
        self._finish(None, error)


def _fault(result: Any) -> Exception:
    found = error_from_result(result)
    return Blown(str(found)) if isinstance(found, QueryCanceled) else found
