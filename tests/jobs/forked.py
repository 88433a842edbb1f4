"""Servers that are begun as copies of one process, which has read the product's code already.

A server takes three seconds of processor to read its code, and a tenth of one to begin. The process
they are copies of runs this file: it is told of each server by a line, and answers by a line.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from tests.support.source import ROOT

IS_POSSIBLE = sys.platform == "linux"
"""Elsewhere libraries do not bear it that a process goes on as two."""


@dataclass(slots=True)
class Forked:
    """A server as `subprocess.Popen` would have it, as far as the tests ask."""

    pid: int
    returncode: int | None = None

    def send_signal(self, number: int) -> None:
        # Whoever has ended keeps its number until it is asked for.
        if self.returncode is None:
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        """How it ended; None: it goes on."""
        if self.returncode is None:
            self.returncode = _origin().ask({"poll": self.pid})
        return self.returncode

    def wait(self) -> int:
        while (found := self.poll()) is None:
            time.sleep(0.005)
        return found


def forked(arguments: list[str], *, folder: Path, log: Path, environment: dict[str, str]) -> Forked:
    """`python -m server` with these arguments, in `folder`; what it says is added to `log`."""
    asked = {"arguments": arguments, "folder": str(folder), "log": str(log)}
    return Forked(_origin().ask({**asked, "environment": environment}))


class _Origin:
    """The process that servers are copies of."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.forked"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self._process.communicate)

    def ask(self, said: dict[str, Any]) -> Any:
        ingoing, outgoing = self._process.stdin, self._process.stdout
        assert ingoing is not None
        assert outgoing is not None
        with self._turn:
            ingoing.write(json.dumps(said) + "\n")
            ingoing.flush()
            return json.loads(outgoing.readline())


_origin = cache(_Origin)


def _ended(pid: int) -> int | None:
    found, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def _become(asked: dict[str, Any]) -> None:
    """From here on this is the server."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for given, place in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(given, place)
    sys.argv = ["jalon", *asked["arguments"]]
    from server.cli import main

    main()


def _answer() -> None:
    import gc

    # For the copies: they find it read.
    for name in ("server.app", "server.cli"):
        import_module(name)
    # Nobody shares a page with the copies once its objects are gone through.
    gc.freeze()
    # A signal to the tests ends them, and so this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in sys.stdin:
        asked = json.loads(line)
        if "poll" in asked:
            told = _ended(asked["poll"])
        elif not (told := os.fork()):
            return _become(asked)
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    return None


if __name__ == "__main__":
    _answer()
