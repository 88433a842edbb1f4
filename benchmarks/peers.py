"""Page, list and one over HTTP: the product beside the hand-written floors and Node's fastest.

    .venv/bin/python benchmarks/peers.py [--postgres] [--node-modules FOLDER] [--kinds page list]

All of them answer the same requests with the same JSON (checked), each in one process with one
worker on the same database: a page of 50 invoices (1,500 values), a list of 1,000 in ten aliased
pages (10,000), one invoice (30). The product does its whole work, with the key of the firm. Floors:
one hand-written SQL statement that returns the JSON (R5), and rows put together by hand (R4); they
ask for no key and know one firm. Peer (R3): Mercurius with graphql-jit and loaders, with the firm
as a condition in its SQL and no key; left out, and said so, where its modules are missing:

    mkdir node && cd node && npm install fastify mercurius@16 graphql graphql-jit better-sqlite3 pg

Taken a request: median of the clock, requests a second, processor of the server and its database.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import orjson
from _shared.databases import database
from _shared.firm import Firm, fill_invoices, found_firm, opened
from _shared.measuring import ratio, ratios, report, show
from _shared.plain_reads import plain_reads
from _shared.product import serve_product
from _shared.reads import DOCUMENTS, VALUES, Asked, asked, count_values
from _shared.serving import Load, Server, asking, database_clock, load, serve, started
from sqlalchemy import text
from sqlalchemy.engine import make_url

from tests.support.databases import owner

FLOORS = {"statement": ("R5", 1.0), "rows": ("R4", 1.3)}
PEER = "mercurius"
MODULES = ("fastify", "mercurius", "graphql-jit")
CLIENTS = (1, 16)

_KEYS = text(
    "SELECT id FROM invoice WHERE organisation_id = :firm AND state IN ('DRAFT', 'SENT', 'READY')"
    " ORDER BY id DESC"
)
Taken = dict[tuple[str, int, str], list[Load]]
"""What was taken of a kind of request, by so many clients, of a contender, round by round."""


def keys(firm: Firm, folder: Path) -> list[int]:
    with opened(firm, folder) as house, owner(house.database).connect() as connection:
        return list(connection.scalars(_KEYS, {"firm": firm.caller.organisation_id}))


def commands(chosen: argparse.Namespace, firm: Firm) -> dict[str, tuple[str | None, list[str]]]:
    """Of each contender: the program (None: Python) and its arguments."""
    here = ["--url", firm.url, "--organisation", str(firm.caller.organisation_id)]
    found: dict[str, tuple[str | None, list[str]]] = {
        name: (None, [__file__, *here, "--serve", name]) for name in ("product", *FLOORS)
    }
    modules: Path | None = chosen.node_modules
    if modules is None:
        print("Mercurius is left out: --node-modules names no folder with its modules.\n")
    elif missing := [name for name in MODULES if not (modules / name).is_dir()]:
        raise SystemExit(f"{modules} lacks {', '.join(missing)}")
    elif node := shutil.which("node"):
        url = make_url(firm.url)
        if url.get_backend_name() == "postgresql":
            url = url.set(drivername="postgresql", query={}, host="localhost")
            socket = str(make_url(firm.url).query.get("host") or make_url(firm.url).host)
            address = f"{url.render_as_string(hide_password=False)}?host={socket}"
        else:
            address = firm.url
        script = str(Path(__file__).parent / "_shared" / "mercurius.js")
        named = ["--modules", str(modules.parent), "--url", address, *here[2:]]
        found[PEER] = (node, [script, *named])
    else:
        print("Mercurius is left out: there is no node.\n")
    return found


def compare(servers: dict[str, Server], question: Asked) -> None:
    """Checks that all give the same answer to the first requests, with as many values as said."""
    for request in question.requests[:3]:
        answers = {}
        for name, server in servers.items():
            with asking(server.port) as ask:
                answers[name] = orjson.loads(ask(request))["data"]
        if different := [name for name in answers if answers[name] != answers["product"]]:
            raise SystemExit(f"{question.kind}: another answer than the product's: {different}")
        if (found := count_values(answers["product"])) != VALUES[question.kind]:
            raise SystemExit(f"{question.kind}: {found} values")


def race(
    servers: dict[str, Server],
    questions: Sequence[Asked],
    *,
    rounds: int,
    seconds: float,
    besides: Callable[[], float],
) -> Taken:
    """In each round every contender in an order of its own."""
    chance = random.Random(7)
    taken: Taken = {}
    # What a process makes of its own code as it runs (Node: for a second or two) is no answer's.
    for question in questions:
        for server in servers.values():
            load(server, question.requests, clients=CLIENTS[-1], seconds=2 * seconds)
    for _ in range(rounds):
        for question in questions:
            for clients in CLIENTS:
                for name in chance.sample(list(servers), len(servers)):
                    one = load(
                        servers[name],
                        question.requests,
                        clients=clients,
                        seconds=seconds,
                        besides=besides,
                    )
                    taken.setdefault((question.kind, clients, name), []).append(one)
    return taken


def tell(kind: str, clients: int, taken: Taken, size: str) -> None:
    """The table of one kind of request, and its figures."""
    found = {name: loads for (k, c, name), loads in taken.items() if (k, c) == (kind, clients)}
    measures: dict[str, Callable[[Load], float]] = {
        "p50, ms": lambda one: one.median,
        "requests/s": lambda one: one.a_second,
        "CPU, ms": lambda one: one.processor,
    }
    taken_of = {
        name: [[measure(one) for one in loads] for measure in measures.values()]
        for name, loads in found.items()
    }
    ours = taken_of["product"]
    rows = []
    for name, (p50, speed, cpu) in sorted(taken_of.items()):
        figures = [f"{statistics.median(each):.2f}" for each in (p50, speed, cpu)]
        beside = [ratio(ours[0], p50), ratio(speed, ours[1]), ratio(ours[2], cpu)]
        rows.append([name, *figures, *([""] * 3 if name == "product" else beside)])
    several = f"{clients} client{'s'[: clients > 1]}"
    titles = [f"{kind}, {several}", *measures, "× p50", "× 1 / requests/s", "× CPU"]
    show(titles, rows)
    for name, (goal, most) in FLOORS.items():
        what = f"{kind}, {several}: processor a request, against {name}"
        report(goal, what, ratios(ours[2], taken_of[name][2]), at_most=most, size=size)
    if PEER in taken_of:
        p50, speed, _ = taken_of[PEER]
        head = f"{kind}, {several}, against Mercurius"
        report("R3", f"{head}: median of the clock", ratios(ours[0], p50), at_most=1, size=size)
        report("R3", f"{head}: time by requests", ratios(speed, ours[1]), at_most=1, size=size)


def run(chosen: argparse.Namespace, folder: Path, url: str) -> None:
    firm = found_firm(url)
    fill_invoices(firm, folder, chosen.invoices)
    places = keys(firm, folder)
    questions = [asked(kind, places, firm.token) for kind in chosen.kinds]
    with contextlib.ExitStack() as stack:
        servers = {
            name: stack.enter_context(
                started(arguments, **({"program": program} if program else {}))
            )
            for name, (program, arguments) in commands(chosen, firm).items()
        }
        for question in questions:
            compare(servers, question)
        kind_of = make_url(url).get_backend_name()
        size = f"{chosen.invoices:,} invoices, {kind_of}"
        print(f"{size}; {chosen.rounds} rounds; × is the product's by the other's\n")
        taken = race(
            servers,
            questions,
            rounds=chosen.rounds,
            seconds=chosen.seconds,
            besides=database_clock(url),
        )
    for kind in chosen.kinds:
        for clients in CLIENTS:
            tell(kind, clients, taken, size)


def serve_one(chosen: argparse.Namespace) -> None:
    if chosen.serve in FLOORS:
        serve(plain_reads(chosen.url, chosen.organisation, chosen.serve), chosen.listening)
        return
    serve_product(chosen.url, chosen.listening, operations_at_once=2 * max(CLIENTS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--invoices", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each server in a round")
    parser.add_argument("--kinds", nargs="+", choices=list(DOCUMENTS), default=list(DOCUMENTS))
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--node-modules", type=Path, help="the folder node_modules of the peer")
    for hidden in ("--serve", "--url"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    for hidden in ("--organisation", "--listening"):
        parser.add_argument(hidden, type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve_one(chosen)
        return
    kind = "postgresql" if chosen.postgres else "sqlite"
    with tempfile.TemporaryDirectory() as name, database(kind, Path(name)) as url:
        run(chosen, Path(name), url)


if __name__ == "__main__":
    main()
