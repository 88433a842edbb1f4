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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from _shared.firm import SECRET, add_clients, add_invoices, add_projects
from _shared.measuring import show
from hostile_files import found_two

from domain.access import Role
from persistence.organisations import create_key, organisation_named
from persistence.session import Database

SMALL = "{ clients(page: {first: 5}) { nodes { code name } } }"
MEBIBYTE = 1 << 20
MOST_MEMORY, MOST_WAIT = 200.0, 250.0
CALLERS = 20


@dataclass(frozen=True)
class Target:
    """The server, and the keys of those who attack it; the last is the other firm's."""

    port: int
    process: int
    keys: list[str]

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=120)

    def memory(self, name: str) -> float:
        """What the kernel tells of the server's memory, in MiB."""
        status = Path(f"/proc/{self.process}/status").read_text()
        return int(status.partition(f"{name}:")[2].split()[0]) / 1024


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


Attack = Callable[[Target], Counter[str]]


def ask(target: Target, key: str, query: str, variables: Any = None) -> str:
    """The status of an operation, and the code of its first error."""
    body = json.dumps({"query": query, "variables": variables})
    return ask_raw(target, key, body.encode())


def ask_raw(target: Target, key: str, body: bytes, kind: str = "application/json") -> str:
    connection = target.connect()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": kind}
    try:
        connection.request("POST", "/graphql", body, headers)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, ValueError) as error:
        return type(error).__name__
    finally:
        connection.close()
    with contextlib.suppress(ValueError, KeyError, TypeError, IndexError):
        error = json.loads(text)["errors"][0]
        return f"{answer.status} {error.get('extensions', {}).get('code', 'mistake')}"
    return str(answer.status)


def at_once(count: int, act: Callable[[int], str]) -> Counter[str]:
    """What `count` threads were answered."""
    told: list[str] = []
    threads = [
        threading.Thread(target=lambda number=number: told.append(act(number)))
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(told)


def again_and_again(text: str | Callable[[], Any], variables: Any = None) -> Attack:
    """The same operation by many callers for some seconds."""

    def attack(target: Target) -> Counter[str]:
        query = text if isinstance(text, str) else text()
        body = json.dumps({"query": query, "variables": variables}).encode()
        until = time.monotonic() + 4
        told: Counter[str] = Counter()

        def act(number: int) -> str:
            while time.monotonic() < until:
                told[ask_raw(target, target.keys[number % (len(target.keys) - 1)], body)] += 1
            return ""

        at_once(8, act)
        return told

    return attack


def raw_body(make: Callable[[], bytes]) -> Attack:
    def attack(target: Target) -> Counter[str]:
        body = make()
        return at_once(8, lambda number: ask_raw(target, target.keys[0], body))

    return attack


def exponential() -> str:
    links = (f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(98))
    return "{ ...F0 } " + " ".join(links) + " fragment F98 on Query { __typename }"


INVOICE = (
    "id proFormaNumber number state currency issueDate dueDate net { amount } gross { amount }"
    " client { id name code } project { id name code }"
    " lines { id description quantity unitPrice unit net { amount } kind }"
)
DEAR = (
    "{ "
    + " ".join(
        f"a{n}: invoices(page: {{first: 100}}) {{ nodes {{ {INVOICE} }} }}" for n in range(20)
    )
    + " }"
)


def dear(target: Target) -> Counter[str]:
    """Twenty callers ask twenty full pages of invoices each, until the time is over."""
    body = json.dumps({"query": DEAR}).encode()
    until = time.monotonic() + 8
    told: Counter[str] = Counter()

    def act(number: int) -> str:
        key = target.keys[number % (len(target.keys) - 1)]
        while time.monotonic() < until:
            told[ask_raw(target, key, body)] += 1
        return ""

    at_once(CALLERS, act)
    return told


def guesses(target: Target) -> Counter[str]:
    told: Counter[str] = Counter()

    def act(number: int) -> str:
        for turn in range(60):
            told[ask(target, f"guess-{number}-{turn}", "{ __typename }")] += 1
        return ""

    at_once(8, act)
    return told


def staged(target: Target, key: str, size: int) -> str:
    """The address for a file of `size` bytes."""
    connection = target.connect()
    make = "mutation($i: StagedUploadCreateInput!) { stagedUploadCreate(input: $i) {"
    make += " stagedUpload { url } userErrors { code } } }"
    body = json.dumps({"query": make, "variables": {"i": {"filename": "a.xlsx", "size": size}}})
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    while True:
        connection.request("POST", "/graphql", body, headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        if answer.status != 429:
            break
        time.sleep(float(answer.headers["Retry-After"]))
    connection.close()
    address: str = told["data"]["stagedUploadCreate"]["stagedUpload"]["url"]
    return address[address.index("/uploads/") :]


def sent(target: Target, head: str, portions: Iterator[bytes]) -> str:
    """What is answered to a body that is sent portion by portion; how much of it went."""
    gone = 0
    with socket.create_connection(("127.0.0.1", target.port), timeout=120) as wire:
        wire.sendall(head.encode())
        with contextlib.suppress(OSError):
            for portion in portions:
                wire.sendall(portion)
                gone += len(portion)
        try:
            answer = wire.recv(65536)
        except OSError as error:
            return f"{type(error).__name__} after {gone >> 20} MiB"
    status = answer[9:12].decode() or "closed"
    return status if gone < 30 * MEBIBYTE else f"{status} after {gone >> 20} MiB"


def head_of(target: Target, path: str, size: int, kind: str, method: str = "PUT") -> str:
    return (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
        f"Authorization: Bearer {target.keys[0]}\r\nContent-Length: {size}\r\n\r\n"
    )


def many_uploads(target: Target) -> Counter[str]:
    size = 25 * MEBIBYTE
    portion = bytes(MEBIBYTE)
    paths = [staged(target, target.keys[0], size) for _ in range(50)]

    def act(number: int) -> str:
        head = head_of(target, paths[number], size, "application/octet-stream")
        return sent(target, head, iter([portion] * 25))

    return at_once(50, act)


def many_forms(target: Target) -> Counter[str]:
    """Fifty callers send a file of 25 MiB as a form, to be imported."""
    create = "mutation($f: Upload!) { importCreate(input: {file: $f}) { userErrors { code } } }"
    fields = {
        "operations": json.dumps({"query": create, "variables": {"f": None}}),
        "map": '{"0":["variables.f"]}',
    }
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    body += '--x\r\nContent-Disposition: form-data; name="0"; filename="a.xlsx"\r\n\r\n'
    whole = body.encode() + os.urandom(MEBIBYTE) * 25 + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"

    def act(number: int) -> str:
        return ask_raw(target, target.keys[number % (len(target.keys) - 1)], whole, kind)

    return at_once(50, act)


def huge_upload(target: Target) -> Counter[str]:
    size = 1024 * MEBIBYTE
    portion = bytes(MEBIBYTE)
    announced = head_of(target, "/graphql", size, "multipart/form-data; boundary=x", "POST")
    chunked = announced.replace(f"Content-Length: {size}", "Transfer-Encoding: chunked")
    frame = b"100000\r\n" + portion + b"\r\n"
    told = [
        sent(target, announced, iter([portion] * 1024)),
        sent(target, chunked, iter([frame] * 1024)),
    ]
    return Counter(told)


def slow_uploads(target: Target) -> Counter[str]:
    """Forty uploads of a byte a second; an honest firm's own goes through meanwhile."""
    size = 25 * MEBIBYTE
    paths = [staged(target, target.keys[0], size) for _ in range(40)]

    def trickle() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x"
            time.sleep(1)

    def act(number: int) -> str:
        if number < 40:
            head = head_of(target, paths[number], size, "application/octet-stream")
            return sent(target, head, trickle())
        time.sleep(2)
        honest = staged(target, target.keys[-1], MEBIBYTE)
        start = time.monotonic()
        head = head_of(target, honest, MEBIBYTE, "application/octet-stream")
        told = sent(target, head, iter([bytes(MEBIBYTE)]))
        return f"the honest one {told} in {time.monotonic() - start:.1f} s"

    return at_once(41, act)


def idle(target: Target) -> Counter[str]:
    return held(target, [b""] * 200)


def slow_headers(target: Target) -> Counter[str]:
    return held(target, [b"POST /graphql HTTP/1.1\r\nX-A: "] * 200, more=b"a")


def held(target: Target, begun: list[bytes], more: bytes = b"") -> Counter[str]:
    """Connections that are held as long as the server lets them, 15 seconds at most."""
    wires = []
    for head in begun:
        wire = socket.create_connection(("127.0.0.1", target.port))
        wire.sendall(head)
        wire.setblocking(False)
        wires.append(wire)
    start, closed = time.monotonic(), 0
    while wires and time.monotonic() - start < 15:
        time.sleep(0.5)
        for wire in list(wires):
            try:
                wire.sendall(more)
                gone = wire.recv(10) == b""
            except BlockingIOError:
                continue
            except OSError:
                gone = True
            if gone:
                closed += 1
                wires.remove(wire)
                wire.close()
    for wire in wires:
        wire.close()
    return Counter({"closed by the server": closed, "still held": len(begun) - closed})


ATTACKS: dict[str, Attack] = {
    "nothing": lambda target: Counter({str(time.sleep(4)): 1}),
    "depth bomb": again_and_again("{ a " * 1000 + "}" * 1000),
    "3,000 aliases": again_and_again(
        lambda: "{ " + " ".join(f"a{n}: __typename" for n in range(990)) + " }"
    ),
    "one field 3,000 times": again_and_again("{ " + "__typename " * 3000 + "}"),
    "fragments, exponential": again_and_again(exponential),
    "fragments in a circle": again_and_again(
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"
    ),
    "one directive 1,000 times": again_and_again("{ __typename " + "@a " * 1000 + "}"),
    "a directive on 600 fields": again_and_again(
        lambda: "{ " + " ".join(f"f{n} @include(if: true)" for n in range(450)) + " }"
    ),
    "10,000 variables": again_and_again(
        "{ __typename }", {f"v{number}": number for number in range(10_000)}
    ),
    "a list of 100,000": again_and_again(
        "query($i: [ID!]!) { invoicesBulk(ids: $i) { id } }", {"i": ["x"] * 100_000}
    ),
    "variables 100,000 deep": raw_body(
        lambda: b'{"query":"{ __typename }","variables":' + b'{"a":' * 100_000
    ),
    "an integer of a million digits": raw_body(
        lambda: b'{"query":"{ __typename }","variables":{"a":' + b"9" * 1_000_000 + b"}}"
    ),
    "1,000 operations in an array": raw_body(
        lambda: json.dumps([{"query": "{ __typename }"}] * 1000).encode()
    ),
    "first: 1000000": again_and_again("{ invoices(page: {first: 1000000}) { nodes { id } } }"),
    "U+0000 and half characters": raw_body(
        lambda: b'{"query":"{ __typename }","variables":{"a":"\\u0000","b":"\\ud800"}}'
    ),
    "480 guessed keys": guesses,
    "dear queries by 20 callers": dear,
    "200 idle connections": idle,
    "200 slow headers": slow_headers,
    "40 uploads, a byte a second": slow_uploads,
    "an upload of 1 GiB": huge_upload,
    "50 uploads of 25 MiB": many_uploads,
    "50 forms of 25 MiB": many_forms,
}


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
    if chosen.strict and not all(one.is_kept_to for one in seen):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
