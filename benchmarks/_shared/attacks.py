"""The attacks of `hostile_requests.py`: each tells what it was answered."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

MEBIBYTE = 1 << 20
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


Attack = Callable[[Target], Counter[str]]


def ask(target: Target, key: str, query: str, variables: Any = None) -> str:
    """The status of an operation, and the code of its first error."""
    body = json.dumps({"query": query, "variables": variables})
    return ask_raw(target, key, body.encode())


def ask_raw(target: Target, key: str, body: bytes, kind: str = "application/json") -> str:
    connection = target.connect()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": kind, "GraphQL-Preflight": "1"}
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
        f"a{n}: invoices(page: {{first: 100}}) {{ nodes {{ {INVOICE} }} }}" for n in range(11)
    )
    + " }"
)


def dear(target: Target) -> Counter[str]:
    """Twenty callers ask for full pages of invoices, as many at once as the price of one operation
    lets them, until the time is over."""
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
