"""Requests made to take the server down, sent to a running one: its memory, and who else waits.

    .venv/bin/python benchmarks/hostile_requests.py [--only WORDS] [--postgres] [--strict]

The server is `jalon serve` as it is installed: one process, SQLite or PostgreSQL, production. Two
firms live in it; the first has 2,000 invoices of four lines and attacks with valid keys, the second
asks a small query again and again. Told of each attack: the most memory that the server had over
its rest, the median, the 95th percentile and the worst of the other's answers meanwhile, and what
the attack was answered. Goals: at most 200 MiB over rest, and the other's 95th percentile at most
250 ms. With `--strict` the script ends with 1 when an attack does not keep to that.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from _shared.attacks import ATTACKS, CALLERS, DEAR, Attack, Target, ask
from _shared.firm import SECRET, add_clients, add_invoices, add_projects
from _shared.measuring import report, show
from hostile_files import found_two

from domain.access import Role
from persistence.organisations import create_key, organisation_named
from persistence.session import Database

SMALL = "{ clients(page: {first: 5}) { nodes { code name } } }"
MOST_MEMORY, MOST_WAIT = 200.0, 250.0


@dataclass(frozen=True)
class Seen:
    name: str
    seconds: float
    memory: float
    waits: list[float]
    answers: Counter[str]

    def wait(self, share: float) -> float:
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def is_kept_to(self) -> bool:
        return self.memory <= MOST_MEMORY and self.wait(0.95) <= MOST_WAIT


@contextlib.contextmanager
def somebody_else(target: Target) -> Iterator[list[float]]:
    """Asks a small query again and again, in a process of its own: the milliseconds of each answer
    until now are in the list once this is over."""
    command = [sys.executable, __file__, "--asking", str(target.port), target.keys[-1]]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    waits: list[float] = []
    process.stdout.readline()
    try:
        yield waits
    finally:
        process.stdin.close()
        waits += json.loads(process.stdout.read())
        process.wait()


def ask_on(port: int, key: str) -> None:
    """Asks until the standard input ends, and says how long each answer took (a million: none)."""
    target, waits, is_over = Target(port, 0, [key]), [], threading.Event()

    def listen() -> None:
        sys.stdin.read()
        is_over.set()

    for _ in range(3):
        ask(target, key, SMALL)
    print("begun", flush=True)
    threading.Thread(target=listen).start()
    while not is_over.is_set() or not waits:
        start = time.perf_counter()
        told = ask(target, key, SMALL)
        waits.append(1000 * (time.perf_counter() - start) if told == "200" else 1e6)
        is_over.wait(0.01)
    print(json.dumps(waits))


def watched(target: Target, name: str, attack: Attack, rest: float) -> Seen:
    Path(f"/proc/{target.process}/clear_refs").write_text("5")
    with somebody_else(target) as waits:
        start = time.perf_counter()
        answers = attack(target)
        seconds = time.perf_counter() - start
    return Seen(name, seconds, target.memory("VmHWM") - rest, waits, answers)


def filled(url: str) -> list[str]:
    """Two firms in one database: 20 keys of the one that has much, one of the other."""
    tokens = found_two(url)
    database = Database(url)
    try:
        with database.writing(None) as session:
            firm = organisation_named(session, "bench").id
        with database.writing(firm) as session:
            clients = add_clients(session, 500)
            projects = add_projects(session, 500, clients)
            add_invoices(session, 2_000, clients, projects)
            keys = [
                create_key(session, role=Role.ADMINISTRATOR, name=f"k{n}") for n in range(CALLERS)
            ]
        with database.writing(None) as session:
            other = organisation_named(session, "other").id
        with database.writing(other) as session:
            add_clients(session, 20)
    finally:
        database.close()
    return [*keys, tokens[1]]


@contextlib.contextmanager
def serving(url: str, folder: Path, keys: list[str]) -> Iterator[Target]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "JALON_ENV": "production",
        "JALON_DATABASE_URL": url,
        "JALON_FILES_URL": folder.joinpath("files").absolute().as_uri(),
        "JALON_SECRET": SECRET.decode(),
    }
    with open(folder / "log", "wb") as log:
        command = [sys.executable, "-m", "server", "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        target = Target(port, process.pid, keys)
        try:
            until = time.monotonic() + 60
            while ask(target, keys[-1], SMALL) != "200":
                if time.monotonic() > until or process.poll() is not None:
                    raise SystemExit((folder / "log").read_text()[-3000:])
                time.sleep(0.2)
            yield target
        finally:
            process.terminate()
            process.wait(40)


@contextlib.contextmanager
def database_url(folder: Path, postgres: bool) -> Iterator[str]:
    if not postgres:
        yield f"sqlite:///{folder}/bench.db"
        return
    from tests.support.postgres import PostgresServer, running_postgres

    with running_postgres() as dsn:
        server = PostgresServer(dsn)
        url = server.create_database()
        try:
            yield url
        finally:
            server.drop_database(url)


def race(folder: Path, url: str, only: str) -> Iterator[Seen]:
    keys = filled(url)
    with serving(url, folder, keys) as target:
        for _ in range(50):
            ask(target, keys[-1], SMALL)
        ask(target, keys[0], DEAR)
        rest = target.memory("VmRSS")
        for name, attack in ATTACKS.items():
            if only in name:
                yield watched(target, name, attack, rest)
                time.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", default="", help="attacks whose name holds these words")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL")
    parser.add_argument("--strict", action="store_true", help="end with 1 unless all keep to it")
    parser.add_argument("--asking", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.asking:
        ask_on(int(chosen.asking[0]), chosen.asking[1])
        return
    seen = []
    with tempfile.TemporaryDirectory() as name, database_url(Path(name), chosen.postgres) as url:
        for one in race(Path(name), url, chosen.only):
            seen.append(one)
            print(f"{one.name}: {one.memory:.0f} MiB, {one.wait(0.95):.0f} ms", file=sys.stderr)
    show(
        ["", "s", "memory over rest, MiB", "the other's median, ms", "p95", "worst", "answers", ""],
        (
            (
                one.name,
                f"{one.seconds:.1f}",
                f"{one.memory:.0f}",
                f"{one.wait(0.5):.0f}",
                f"{one.wait(0.95):.0f}",
                f"{max(one.waits):.0f}",
                ", ".join(f"{count} × {told}" for told, count in one.answers.most_common(4)),
                "" if one.is_kept_to else "✗",
            )
            for one in seen
        ),
    )
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    kept = sum(one.is_kept_to for one in seen)
    what = f"attacks by requests, of {len(seen)}"
    report("", f"{what}: those that keep to their goals", kept, at_least=len(seen), unit="attacks")
    memory = max(one.memory for one in seen)
    report("", f"{what}: most memory over rest", memory, at_most=200, unit="MiB")
    if chosen.strict and not all(one.is_kept_to for one in seen):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
