"""A page of 50 invoices over HTTP: the product against a hand-written endpoint with plain rows.

    .venv/bin/python benchmarks/page_of_invoices.py [--invoices N] [--postgres [URL]]

Each invoice comes with 8 fields, its client (3), its project (3) and its 4 lines (4 fields each).
Both servers are processes of their own with one worker, on the same database, and give the same
JSON (checked). The product does its whole work: key, organisation, money, GraphQL. The floor does
what the answer needs and no more: hand-written SQL, rows, orjson; it asks for no key and knows one
organisation. Goal R4: 1.3 times the floor's processor time; R10: a page in the depth costs what
the first does (1.1), in one statement and one more a to-many relation.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

import orjson
from _shared.firm import Firm, fill_invoices, found_firm, opened
from _shared.measuring import ratio, ratios, report, show
from _shared.plain_endpoint import plain_endpoint
from _shared.product import serve_product
from _shared.serving import Load, Server, asking, load, serve, started
from sqlalchemy import Connection, event

from persistence.ready.reader import Reader
from schema.context import Context
from server.graphql import jalon_schema

QUERY = """query Page($after: String) {
  invoices(page: {first: 50, after: $after}) {
    nodes {
      id proFormaNumber state kind issueDate dueDate
      net { amount currency } gross { amount currency }
      client { id code name }
      project { id code name }
      lines { position description quantity net { amount currency } }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
PAGE = 50
PAGES = 64
"""Different pages that are asked for in turn."""

DEEP = 0.95
"""How deep in the list the deep page is."""

Servers = dict[str, Server]


@contextlib.contextmanager
def database(asked: str | None, folder: Path) -> Iterator[str]:
    """A new database: a SQLite file, that of an address, or one of a PostgreSQL started for it."""
    if asked is None:
        yield f"sqlite:///{folder / 'bench.db'}"
        return
    from tests.support.postgres import fresh_database, running_postgres

    with contextlib.ExitStack() as stack:
        dsn = asked or stack.enter_context(running_postgres())
        yield stack.enter_context(fresh_database(dsn))


def question(firm: Firm, after: str | None, query: str = QUERY) -> bytes:
    """The whole request for the page after a cursor."""
    body = orjson.dumps({"query": query, "variables": {"after": after}})
    head = (
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {firm.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def cursors(product: Server, firm: Firm) -> list[str]:
    """The cursors at which every second page of the list begins."""
    walk = QUERY[: QUERY.index("{")] + (
        "{ invoices(page: {first: 100, after: $after}) { pageInfo { hasNextPage endCursor } } }"
    )
    found: list[str] = []
    with asking(product.port) as ask:
        while True:
            answer = orjson.loads(ask(question(firm, found[-1] if found else None, walk)))
            end = answer["data"]["invoices"]["pageInfo"]
            if not end["hasNextPage"]:
                return found
            found.append(end["endCursor"])


def compare(servers: Servers, questions: list[bytes]) -> int:
    """Checks that both give the same JSON to each question; how long the answers are."""
    size = 0
    for asked in questions:
        answers = []
        for server in servers.values():
            with asking(server.port) as ask:
                content = ask(asked)
            answers.append(orjson.loads(content)["data"])
            size = len(content)
        if answers[0] != answers[1] or len(answers[0]["invoices"]["nodes"]) != PAGE:
            raise SystemExit("the two servers do not give the same answer")
    return size


def race(
    servers: Servers, questions: list[bytes], *, clients: int, rounds: int, seconds: float
) -> dict[str, list[Load]]:
    """Each server in turn, in each round the other one first."""
    taken: dict[str, list[Load]] = {name: [] for name in servers}
    for number in range(rounds):
        for name in list(servers)[:: 1 if number % 2 else -1]:
            taken[name].append(load(servers[name], questions, clients=clients, seconds=seconds))
    return taken


def told(clients: int, taken: dict[str, list[Load]]) -> Iterator[list[str]]:
    measures = {
        "p50, ms": lambda one: one.median,
        "requests/s": lambda one: one.a_second,
        "CPU a request, ms": lambda one: one.processor,
    }
    several = f"{clients} client{'s'[: clients > 1]}"
    for title, measure in measures.items():
        product, floor = ([measure(one) for one in taken[name]] for name in ("product", "floor"))
        turned = (floor, product) if title == "requests/s" else (product, floor)
        if title.startswith("CPU"):
            what = f"page of {PAGE} with page info, {several}: processor a request"
            report("R4", what, ratios(*turned), at_most=1.3)
        figures = [f"{statistics.median(each):.2f}" for each in (product, floor)]
        yield [f"{title}, {several}", *figures, ratio(*turned)]


def statements(firm: Firm, folder: Path) -> list[str]:
    """The SQL statements of one request, but for that of the key (looked up every two seconds)."""
    said: list[str] = []
    with opened(firm, folder) as house:

        def hear(connection: Connection, cursor: object, statement: str, *rest: object) -> None:
            if statement.lstrip().upper().startswith("SELECT"):
                said.append(statement)

        event.listen(house.database.engine, "before_cursor_execute", hear)
        Reader.of(house.database).hear = said.append
        context = Context(house, firm.caller)
        answer = asyncio.run(jalon_schema().execute(QUERY, context_value=context))
        assert answer.errors is None, answer.errors
    return said


def depth(product: Server, firm: Firm, deep: str, *, rounds: int, seconds: float) -> list[str]:
    """Page 1 against a deep page, by processor time."""
    pages = {"deep": [question(firm, deep)], "first": [question(firm, None)]}
    taken: dict[str, list[float]] = {name: [] for name in pages}
    for number in range(rounds):
        for name in list(pages)[:: 1 if number % 2 else -1]:
            one = load(product, pages[name], clients=1, seconds=seconds)
            taken[name].append(one.processor)
    figures = [f"{statistics.median(taken[name]):.2f}" for name in pages]
    report("R10", "a page in the depth against page 1", ratios(*taken.values()), at_most=1.1)
    return ["CPU a request, ms", *figures, ratio(taken["deep"], taken["first"])]


def run(chosen: argparse.Namespace, folder: Path, url: str) -> None:
    firm = found_firm(url)
    fill_invoices(firm, folder, chosen.invoices)
    said = statements(firm, folder)
    command = [__file__, "--url", url, "--organisation", str(firm.caller.organisation_id)]
    with contextlib.ExitStack() as stack:
        servers = {
            name: stack.enter_context(started([*command, "--serve", name]))
            for name in ("product", "floor")
        }
        places = cursors(servers["product"], firm)
        questions = [question(firm, after) for after in places[:: len(places) // PAGES + 1]]
        size = compare(servers, questions)
        print(
            f"{chosen.invoices:,} invoices on {url.partition(':')[0]}; {len(questions)} pages of "
            f"{PAGE} asked in turn, {size / 1000:.0f} kB each, the same from both; {chosen.rounds} "
            "rounds\n"
        )
        rows: list[list[str]] = []
        limits = {"rounds": chosen.rounds, "seconds": chosen.seconds}
        for clients in (1, 8):
            rows += told(clients, race(servers, questions, clients=clients, **limits))
        show(["product against floor (R4)", "product", "floor", "ratio (least – most)"], rows)
        deep = places[int(len(places) * DEEP)]
        row = depth(servers["product"], firm, deep, **limits)
        page = int(len(places) * DEEP) * 2 + 3
        show(["depth (R10)", f"page {page}", "page 1", "ratio (least – most)"], [row])
    report("R10", "SQL statements a page", len(said), at_most=2, unit="statements")
    print(f"SQL statements a request: {len(said)}; the goal is 2, one and one a to-many relation")


def serve_one(chosen: argparse.Namespace) -> None:
    if chosen.serve == "floor":
        serve(plain_endpoint(chosen.url, chosen.organisation), chosen.listening)
        return
    serve_product(chosen.url, chosen.listening)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--invoices", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each server in a round")
    parser.add_argument("--postgres", nargs="?", const="", metavar="URL")
    for hidden in ("--serve", "--url"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    for hidden in ("--organisation", "--listening"):
        parser.add_argument(hidden, type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve_one(chosen)
        return
    with tempfile.TemporaryDirectory() as name, database(chosen.postgres, Path(name)) as url:
        run(chosen, Path(name), url)


if __name__ == "__main__":
    main()
