"""What is noted while serving: JSON lines in production, coloured lines in development.

What callers send stands in some of it: in neither form does it begin a line, or move a terminal.
"""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import Processor

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


_log = structlog.get_logger("jalon")

_TALKATIVE = (
    *("alembic", "asyncio", "httpcore2", "httpx2", "multipart", "python_multipart", "sqlalchemy"),
    *("sqlalchemy.engine", "websockets"),
)
"""Libraries that tell rows, bodies, headers or addresses of requests as they work."""


def configure_logs(*, as_json: bool) -> None:
    """Sends our lines and those of the libraries to standard error, in one form."""
    last: list[Any]
    if as_json:
        as_line = structlog.processors.JSONRenderer(separators=(",", ":"))
        last = [structlog.processors.format_exc_info, as_line]
    else:
        # Not rich's tracebacks: they show the values of variables, a key among them.
        colours = sys.stderr.isatty()
        renderer = structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=_indented)
        last = [_harmless, renderer]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(logging.INFO)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It tells the whole address of each socket, whatever was put behind it.
    logging.getLogger("uvicorn.error").addFilter(_is_no_address)
    _Plainly.configured = None
    if as_json:
        # A line a request: by way of the library's records it takes as long as a small answer.
        processors = [*_SHARED, *last]
        _Plainly.configured = _Plainly(processors, sys.stderr)
        structlog.configure(
            processors=processors,
            logger_factory=structlog.WriteLoggerFactory(sys.stderr),
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        )
        return
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


class _Plainly:
    """Writes lines of plain values as the processors in force would, in one step."""

    configured: _Plainly | None = None

    def __init__(self, processors: list[Any], output: TextIO) -> None:
        self._processors = processors
        self._last = processors[-1]
        self._output = output

    @property
    def is_in_force(self) -> bool:
        return (
            structlog.get_config()["processors"] is self._processors
            and self._processors[-1] is self._last
        )

    def write(self, noted: dict[str, Any]) -> bool:
        """Whether it was written: not what JSON would have to escape."""
        try:
            line = orjson.dumps(noted)
        except TypeError:
            # Half a character, which the processors escape.
            return False
        if not line.isascii() or b"\x7f" in line:
            return False
        self._output.write(line.decode() + "\n")
        self._output.flush()
        return True


def note(event: str, request_id: str, **noted: str | float) -> None:
    """A line of plain values about a request, which is the one at work."""
    plainly = _Plainly.configured
    if plainly is not None and plainly.is_in_force:
        moment = datetime.now(UTC).isoformat()[:-6] + "Z"
        beside = {"request_id": request_id, "level": "info", "timestamp": moment}
        if plainly.write({**noted, "event": event, **beside}):
            return
    _log.info(event, **noted)


def _is_no_address(record: logging.LogRecord) -> bool:
    return '"WebSocket %s"' not in str(record.msg)


def _harmless(logger: object, name: str, noted: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The same with every text on one line, without what a terminal obeys."""
    return {
        key: _escaped(value) if isinstance(value, str) else value for key, value in noted.items()
    }


def _escaped(text: str) -> str:
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def _indented(output: TextIO, exc_info: Any) -> None:
    """A traceback whose every line is seen to be one, whatever the error's own text."""
    told = io.StringIO()
    structlog.dev.plain_traceback(told, exc_info)
    output.writelines(f"\n    {_escaped(line)}" for line in told.getvalue().split("\n"))
