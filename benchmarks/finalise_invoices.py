"""Pro formas made final in bulk: every rule, number, picture, chain and entry, beside one UPDATE.

    .venv/bin/python benchmarks/finalise_invoices.py [--invoices N …] [--rounds R]
        [--database postgresql]

Product: `invoicesBulkFinalise` without HTTP, a thousand in a call, each with four lines on a
project of its client: judged by every rule, numbered under one lock, frozen with its picture,
handed over, chained, entered in the ledger. Floor: one set-based UPDATE that numbers the same pro
formas by rank and makes them READY, with no rule, no picture, no chain, and without the triggers
that keep final documents. Each round has a new database. Goal N3. Beside them a hundred, one by
one, which tells what a bulk saves. Several sizes tell how it grows. On SQLite in processor time, on
PostgreSQL, which works in a process of its own, by the clock.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from decimal import Decimal
from pathlib import Path

from _shared.databases import database
from _shared.firm import Firm, add_clients, add_projects, first_entity, found_firm, opened
from _shared.growth import show_growth
from _shared.measuring import Stages, ratio, ratios, report, show
from sqlalchemy import select, text

from domain.catalogue import TaxCode
from domain.invoice.model import Invoice, InvoiceLine, InvoiceState, LineKind
from persistence.ids import reserve
from persistence.session import Database, ScopedSession, insert_all
from resolvers._mutation import Acting
from resolvers.invoicing import _finalising as finalising
from schema.context import House
from tests.support.databases import owner

LINES = 4
A_CALL = 1_000
ONE_BY_ONE = 100

_FLOOR = """
UPDATE invoice SET state = 'READY', issue_date = :day, due_date = :day, number = 'X' || ranked.place
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM invoice) AS ranked
WHERE ranked.id = invoice.id AND invoice.state = 'DRAFT'
"""
_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


def add_drafts(session: ScopedSession, count: int) -> list[int]:
    """`count` complete pro formas of four lines."""
    clients = add_clients(session, max(1, count // 10))
    projects = add_projects(session, max(1, count // 5), clients)
    entity, _ = first_entity(session)
    tax = session.scalars(select(TaxCode.id).where(TaxCode.code == "FR-20")).one()
    ids = reserve(session, Invoice, count)
    heads, lines = [], []
    for place, key in enumerate(ids):
        number = place % len(projects) + 1
        heads.append(
            {
                "id": key,
                "pro_forma_number": f"PF-{place + 1:06d}",
                "client_id": clients[number % len(clients)],
                "project_id": projects[number - 1],
                "entity_id": entity,
                "currency": "EUR",
                "state": InvoiceState.DRAFT,
                "vat_groups": [],
                "seller": {},
                "buyer": {},
            }
        )
        lines += [
            {
                "invoice_id": key,
                "position": position,
                "kind": LineKind.ACCOUNT,
                "description": f"Mission {position}",
                "currency": "EUR",
                "quantity": Decimal(position),
                "unit": "HUR",
                "unit_price": Decimal("85.5"),
                "net_minor": 8_550 * position,
                "tax_code_id": tax,
                "ledger_account": "706000",
            }
            for position in range(1, LINES + 1)
        ]
    insert_all(session, Invoice, heads)
    insert_all(session, InvoiceLine, lines)
    return ids


def bulk(house: House, firm: Firm, ids: list[int], a_call: int) -> None:
    """Makes the pro formas final, `a_call` in a transaction."""
    for start in range(0, len(ids), a_call):
        asked = [finalising.ToFinalise(key) for key in ids[start : start + a_call]]
        with house.database.writing(firm.caller.organisation_id, durable=True) as session:
            acting = Acting(session, firm.caller, house)
            judged = finalising.judge_final(acting, asked, issue_date=None)
            finalising.keep_final(acting, judged)
            if refused := [one.issues for one in judged if one.is_refused]:
                raise SystemExit(f"{len(refused)} refused: {refused[0]}")


def floor(database: Database, day: str) -> None:
    with owner(database).begin() as connection:
        connection.execute(text(_FLOOR), {"day": day})


def without_guards(database: Database) -> None:
    with owner(database).begin() as connection:
        if database.is_sqlite:
            for (name,) in connection.execute(text(_TRIGGERS)).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("ALTER TABLE invoice DISABLE TRIGGER USER"))


def one_round(url: str, folder: Path, count: int) -> dict[str, float]:
    """Seconds by contender: of the processor, but of the clock where the server has its own."""
    firm = found_firm(url)
    stages = Stages()
    with opened(firm, folder) as house:
        with house.database.writing(firm.caller.organisation_id) as session:
            ids = add_drafts(session, count + 2 * ONE_BY_ONE)
        bulk(house, firm, ids[:ONE_BY_ONE], ONE_BY_ONE)
        few, ids = ids[ONE_BY_ONE : 2 * ONE_BY_ONE], ids[2 * ONE_BY_ONE :]
        stages.measure("one by one", lambda: bulk(house, firm, few, 1))
        stages.measure("bulk", lambda: bulk(house, firm, ids, A_CALL))
        without_guards(house.database)
        with owner(house.database).begin() as connection:
            connection.execute(text("UPDATE invoice SET state = 'DRAFT', number = NULL"))
        today = house.today(firm.caller.time_zone)
        stages.measure("floor", lambda: floor(house.database, today.isoformat()))
        is_sqlite = house.database.is_sqlite
    return {name: cpu if is_sqlite else wall for name, (cpu, wall, _) in stages.figures.items()}


def main() -> None:
    """Rounds, each in a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, nargs="+", default=[10_000])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    sizes = sorted(given.invoices)
    taken: dict[int, list[dict[str, float]]] = {size: [] for size in sizes}
    for _ in range(given.rounds):
        for size in sizes:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                with database(given.database, folder) as url:
                    taken[size].append(one_round(url, folder, size))
    grown: list[tuple[int, float]] = []
    for size in sizes:
        tell(size, taken[size])
        grown.append((size, statistics.median(one["bulk"] for one in taken[size])))
    show_growth("growth", {"bulk": grown})


def tell(size: int, taken: list[dict[str, float]]) -> None:
    bulks = [one["bulk"] for one in taken]
    floors = [one["floor"] for one in taken]
    singles = [one["one by one"] / ONE_BY_ONE * size for one in taken]
    rows = [
        ["bulk against one UPDATE", ratio(bulks, floors)],
        ["one by one against bulk", ratio(singles, bulks)],
        ["invoices a second, bulk", f"{size / statistics.median(bulks):.0f}"],
    ]
    show([f"{size:,} pro formas made final", "ratio"], rows)
    cost = statistics.median(bulks)
    what = "pro formas made final in bulk: × one bare UPDATE"
    report("N3", what, ratios(bulks, floors), at_most=2, of=size, cost=cost)
    speed = [size / one for one in bulks]
    report("", "pro formas made final in bulk: a second", speed, unit="a second", of=size)
    report("", "pro formas made final one by one: × in bulk", ratios(singles, bulks), of=size)


if __name__ == "__main__":
    main()
