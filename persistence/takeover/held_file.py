"""A file without a name on this machine, for what passes through on its way to a store."""

from __future__ import annotations

from contextlib import suppress
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO


class HeldFile:
    """A nameless file, made when it is first asked for and gone at the end of the `with`."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None

    @property
    def file(self) -> IO[bytes]:
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 - closed on leaving
        return self._file

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives its room back; whoever does not use `with` calls it."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
