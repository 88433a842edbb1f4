"""A prefilled template of 10,000 rows through the API, against the writing of its rows alone.

    .venv/bin/python benchmarks/template_through_api.py [--rows N] [--kind KIND] [--rounds R]

The product does all of it in a server of its own: the mutation `templateDownload` (key, role,
query, seal, write, store) and the download of the file. The floor writes the same workbook from
rows that are in memory already, sealed as well, in a process that has written one before. The
figure is the processor time that the server spends for one file; both give the same rows (checked).
Goal T2: twice the floor's. Three sizes tell how it grows.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import orjson
from _shared.firm import Firm, add_clients, add_phases, add_projects, found_firm, opened
from _shared.growth import show_growth
from _shared.measuring import ratio, ratios, report, show
from _shared.product import serve_product
from _shared.serving import Server, asking, started
from _shared.sheets import clients_for, projects_for

from persistence.takeover.prefill import prefilled
from resolvers.taking_over._sheets import seal_of, setting_of
from templates_xlsx.generator import Prefilled, write_template
from templates_xlsx.layouts import layout

KINDS = ("progress", "phases", "clients")
MUTATION = """mutation Template($input: TemplateDownloadInput!) {
  templateDownload(input: $input) { download { url } userErrors { code message } }
}"""
SHEET = "xl/worksheets/sheet1.xml"


def fill(firm: Firm, folder: Path, kind: str, rows: int) -> None:
    with (
        opened(firm, folder) as house,
        house.database.writing(firm.caller.organisation_id) as session,
    ):
        if kind == "clients":
            add_clients(session, rows)
            return
        clients = add_clients(session, clients_for("phases", rows))
        projects = add_projects(session, projects_for("phases", rows), clients)
        add_phases(session, rows, projects)


def asked(firm: Firm, kind: str) -> bytes:
    """The request for a template, whole."""
    body = orjson.dumps(
        {"query": MUTATION, "variables": {"input": {"kind": kind, "prefilled": True}}}
    )
    head = (
        "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {firm.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def through_api(server: Server, firm: Firm, kind: str) -> tuple[float, bytes]:
    """Processor seconds of the server for one file, and the file."""
    before = server.spent()
    with asking(server.port) as ask:
        answer = orjson.loads(ask(asked(firm, kind)))["data"]["templateDownload"]
        if answer["userErrors"]:
            raise SystemExit(f"refused: {answer['userErrors']}")
        url = urlsplit(answer["download"]["url"])
        path = f"{url.path}?{url.query}" if url.query else url.path
        content = ask(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return server.spent() - before, content


def alone(firm: Firm, folder: Path, kind: str, rounds: int) -> tuple[list[float], bytes]:
    """Processor seconds of each writing of rows that are in memory, and the last file."""
    taken, out = [], BytesIO()
    with opened(firm, folder) as house:
        with house.database.reading(firm.caller.organisation_id) as session:
            rows = [Prefilled(key, cells) for key, cells in prefilled(session, kind)]
            setting, seal = setting_of(session, firm.caller), seal_of(house, firm.caller)
        today = house.today(firm.caller.time_zone)
        for _ in range(rounds + 1):
            out, start = BytesIO(), time.process_time()
            write_template(
                out,
                sheet=layout(kind),
                setting=setting,
                seal=seal,
                issued=today,
                rows=iter(rows),
                locale="fr",
            )
            taken.append(time.process_time() - start)
    return taken[1:], out.getvalue()


def sheet_of(content: bytes) -> bytes:
    with ZipFile(BytesIO(content)) as archive:
        return archive.read(SHEET)


def race(kind: str, rows: int, rounds: int) -> tuple[list[float], list[float]]:
    """Processor seconds of each round: through the API, the writing alone."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        firm = found_firm(f"sqlite:///{folder}/bench.db")
        fill(firm, folder, kind, rows)
        server = stack.enter_context(
            started([__file__, "--serve", firm.url, "--folder", str(folder)])
        )
        through_api(server, firm, kind)
        whole, floor = [], []
        for _ in range(rounds):
            taken, content = through_api(server, firm, kind)
            whole.append(taken)
            written, plain = alone(firm, folder, kind, 1)
            floor += written
            if sheet_of(content) != sheet_of(plain):
                raise SystemExit("the two workbooks do not hold the same rows")
    return whole, floor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 3_000, 10_000])
    parser.add_argument("--kind", nargs="+", choices=KINDS, default=["progress", "clients"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--listening", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve_product(chosen.serve, chosen.listening, folder=chosen.folder)
        return
    told: list[Sequence[Any]] = []
    grown: dict[str, list[tuple[int, float]]] = {}
    for kind in chosen.kind:
        for rows in chosen.rows:
            whole, floor = race(kind, rows, chosen.rounds)
            grown.setdefault(kind, []).append((rows, statistics.median(whole)))
            report(
                "T2",
                f"template of {kind} through the API: × the writing alone",
                ratios(whole, floor),
                at_most=2,
                of=rows,
                cost=statistics.median(whole),
            )
            seconds = (f"{statistics.median(each):.3f}" for each in (whole, floor))
            told.append((f"{kind}, {rows:,} rows", *seconds, ratio(whole, floor)))
    show(["", "API, CPU s", "writing, CPU s", "ratio (least – most)"], told)
    show_growth("growth through the API", grown)


if __name__ == "__main__":
    main()
