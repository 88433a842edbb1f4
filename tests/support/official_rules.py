"""What the official rules say of an electronic invoice: XSD, EN 16931 and the French BR-FR.

`broken(xml)` names every rule that an invoice of the profile EN 16931 (CII D22B) breaks, or a
message of its life (CDAR D22B, BR-FR-CDV): none, and it passed all. The rules are run by
tests.support.official_rules_server, in one process of its own for each worker of the tests: Saxon
ends a process that was forked, or calls it in a second thread.
No answer is never a pass: `Unanswered` is raised, and the next question is put to a new process.
"""

from __future__ import annotations

import atexit
import json
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import BinaryIO, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
QUESTION = struct.Struct(">I?")
"""Before an invoice: how long it is, and whether the French rules are asked for."""

ANSWER = struct.Struct(">I")
"""Before an answer in JSON: how long it is."""

_SERVER = (sys.executable, "-m", "tests.support.official_rules_server")
_PATIENCE = 60.0
"""Seconds to wait for an answer; the first takes two, on a machine at work some more."""


class Unanswered(Exception):
    """The rules were not run to their end: of the invoice nothing is known."""


class Verdict(NamedTuple):
    """The rules an invoice breaks, each with its message: "BR-CO-15: Invoice total amount …"."""

    broken: list[str]
    warned: list[str]
    """Those that the rules themselves call warnings."""


def broken(xml: bytes, *, french: bool = True) -> list[str]:
    """The rules that an invoice breaks, the French ones too or not; [] when it passed all."""
    return verdict(xml, french=french).broken


def verdict(xml: bytes, *, french: bool = True) -> Verdict:
    """The rules that an invoice breaks, and those that only warn."""
    if not _running:
        _running.append(Validator())
    try:
        return _running[0].verdict(xml, french=french)
    except Unanswered:
        end()
        raise


def end() -> None:
    """Ends the process that runs the rules, if there is one; a worker that dies ends it too."""
    while _running:
        _running.pop().end()


class Validator:
    """One process that runs the rules, from its beginning to its end."""

    def __init__(self, command: tuple[str, ...] = _SERVER, patience: float = _PATIENCE) -> None:
        self._patience = patience
        # Open as long as the process may write its last words to it; `end` closes it.
        self._told = tempfile.TemporaryFile()  # noqa: SIM115
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._told
        )

    def verdict(self, xml: bytes, *, french: bool) -> Verdict:
        """What the rules say; `Unanswered` when the process died, is silent or could not."""
        # Killed, it answers nothing more: whoever writes to it or reads from it is let go.
        impatience = threading.Timer(self._patience, self.process.kill)
        impatience.start()
        try:
            told = self._asked(QUESTION.pack(len(xml), french) + xml)
        except (OSError, EOFError, ValueError) as error:
            raise Unanswered(self._last_words()) from error
        finally:
            impatience.cancel()
            impatience.join()
        if told.get("failed"):
            raise Unanswered(told["failed"])
        return Verdict(told["broken"], told["warned"])

    def _asked(self, question: bytes) -> dict[str, list[str]]:
        sent, answers = self.process.stdin, self.process.stdout
        assert sent
        assert answers
        sent.write(question)
        sent.flush()
        (length,) = ANSWER.unpack(read(answers, ANSWER.size))
        told: dict[str, list[str]] = json.loads(read(answers, length))
        return told

    def _last_words(self) -> str:
        self.process.kill()
        status = self.process.wait()
        self._told.seek(0)
        words = self._told.read().decode(errors="replace")[-2000:]
        return f"the rules gave no answer, their process ended with {status}: {words}"

    def end(self) -> None:
        """Ends the process at once: it keeps nothing."""
        self.process.kill()
        self.process.communicate()
        self._told.close()


def read(source: BinaryIO, length: int) -> bytes:
    """Exactly `length` bytes; what ends before is an error."""
    taken = source.read(length)
    if len(taken) < length:
        raise EOFError(f"{len(taken)} bytes of {length}")
    return taken


_running: list[Validator] = []
atexit.register(end)
