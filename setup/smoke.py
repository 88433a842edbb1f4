"""One turn of the demo as a newcomer takes it: start it, ask it something with its key, stop it.

Usage: python setup/smoke.py [seconds to wait for the start]
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

KEY = re.compile(r"jalon_[0-9a-f]+_[\w-]+")
QUERY = "{ clients(page: { first: 3 }) { edges { node { name } } } }"


class DemoFailed(Exception):
    """The demo did not do what the README says."""


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked(address: str, key: str | None = None) -> tuple[int, str]:
    """The status and body that `address` answers; the query is posted when there is a key."""
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    body = None
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
        body = json.dumps({"query": QUERY}).encode()
    request = urllib.request.Request(address, data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError as error:
        return 0, str(error)


def wait_until_ready(demo: subprocess.Popen[bytes], address: str, seconds: float) -> None:
    """Returns when /readyz says 200; DemoFailed when the demo ends first or takes too long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if demo.poll() is not None:
            raise DemoFailed(f"make demo ended with {demo.returncode} before it was ready")
        if asked(f"{address}/readyz")[0] == 200:
            return
        time.sleep(0.5)
    raise DemoFailed(f"{address}/readyz did not say 200 within {seconds:.0f} s")


def ask_as_a_newcomer(address: str, told: str) -> str:
    """The clients that the key in `told` shows; DemoFailed for none, or for some without it."""
    printed = KEY.search(told)
    if printed is None:
        raise DemoFailed("the demo printed no API key")
    status, body = asked(f"{address}/graphql", printed.group())
    if status != 200 or '"name"' not in body:
        raise DemoFailed(f"the printed key was answered {status}: {body[:500]}")
    status, other = asked(f"{address}/graphql", "jalon_0000_wrong")
    if '"name"' in other:
        raise DemoFailed("a wrong key was answered with clients")
    return body


def main(seconds: float) -> int:
    """0 when the demo answered; 1 with its output when not. It is stopped either way."""
    port = free_port()
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        demo = subprocess.Popen(
            ["make", "demo", f"PORT={port}"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
        )
        try:
            wait_until_ready(demo, f"http://127.0.0.1:{port}", seconds)
            answer = ask_as_a_newcomer(f"http://127.0.0.1:{port}", Path(log.name).read_text())
        except DemoFailed as failure:
            sys.stderr.write(f"{Path(log.name).read_text()[-4000:]}\n{failure}\n")
            return 1
        finally:
            # The whole group that was started here: make, its shell and the server.
            if demo.poll() is None:
                os.killpg(demo.pid, signal.SIGTERM)
                demo.wait(timeout=30)
    sys.stdout.write(f"The demo answered: {answer[:200]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 120))
