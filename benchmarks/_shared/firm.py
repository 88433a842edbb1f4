"""A firm in a database of its own, filled in bulk with made-up records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import update

from _shared import HOUSE, fiction
from domain.access import Role
from domain.client import Client
from domain.invoice.model import Invoice, InvoiceLine, InvoiceState, LineKind
from domain.likeness import loose_key, name_key
from domain.money import to_minor
from domain.project.model import Contract, Phase, Project, ProjectStatus
from persistence.files import Files
from persistence.founding import found
from persistence.ids import reserve
from persistence.migrate import migrate
from persistence.organisations import create_key
from persistence.session import Database, ScopedSession, insert_all
from persistence.takeover.known import the_firm
from schema.context import Caller, House
from server.firm_file import read_firm_file
from server.house import collect_seldom
from tests.support.databases import owner

SECRET = b"the secret of a benchmark, thirty-two characters long"
LINES_AN_INVOICE = 4

_PORTION = 5_000
_STATES = (
    InvoiceState.DRAFT,
    InvoiceState.SENT,
    InvoiceState.FINAL,
    InvoiceState.READY,
    InvoiceState.FINAL,
)


@dataclass(frozen=True)
class Firm:
    """A founded firm: where it is, and who asks in its name."""

    url: str
    caller: Caller
    token: str


def found_firm(url: str, code: str = "bench") -> Firm:
    """Brings the database to the present schema and founds the sample firm in it."""
    migrate(url)
    database = Database(url)
    try:
        with database.writing(None) as session:
            described = read_firm_file(HOUSE / "server" / "sample" / "organisation.json")
            identifier = found(session, described=described, code=code).id
        with database.writing(identifier) as session:
            token = create_key(session, role=Role.ADMINISTRATOR, name="bench")
    finally:
        database.close()
    return Firm(url, Caller(identifier, code, Role.ADMINISTRATOR, "bench", "fr"), token)


@contextmanager
def opened(firm: Firm, folder: Path) -> Iterator[House]:
    """The house of the firm; its files lie in `folder`."""
    collect_seldom()
    files = Files.at(folder.joinpath("files").absolute().as_uri())
    house = House(database=Database(firm.url), files=files, secret=SECRET)
    try:
        yield house
    finally:
        house.database.close()


def first_entity(session: ScopedSession) -> tuple[int, str]:
    """The identifier and the code of the entity that all records are of."""
    entity = next(iter(the_firm(session).entities.by_id.values()))
    return entity.id, str(entity.code)


def add_clients(session: ScopedSession, count: int) -> list[int]:
    """Clients 1 to `count`; their identifiers."""
    ids = reserve(session, Client, count)
    rows = []
    for number, identifier in enumerate(ids, 1):
        cells = fiction.client(number)
        columns = {name: cells[name] for name in cells if not name.startswith("contact")}
        keys = {"name_key": name_key(cells["name"]), "loose_key": loose_key(cells["name"])}
        rows.append({**columns, **keys, "siren": cells["siret"][:9], "id": identifier})
    _insert(session, Client, rows)
    return ids


def add_projects(session: ScopedSession, count: int, clients: list[int]) -> list[int]:
    """Projects 1 to `count`; their identifiers."""
    entity, code = first_entity(session)
    ids = reserve(session, Project, count)
    rows = []
    for number, identifier in enumerate(ids, 1):
        columns = fiction.project(number, clients=len(clients), entity=code)
        del columns["client"], columns["entity"]
        columns |= {"status": ProjectStatus.SIGNED, "name_key": name_key(columns["name"])}
        client = clients[number % len(clients)]
        rows.append({**columns, "id": identifier, "client_id": client, "entity_id": entity})
    _insert(session, Project, rows)
    return ids


def add_phases(session: ScopedSession, count: int, projects: list[int]) -> list[int]:
    """Phases 1 to `count`, in one contract a project; their identifiers."""
    _, code = first_entity(session)
    mission = fiction.phase(1, entity=code)["contract"]
    contracts = reserve(session, Contract, len(projects))
    named = {"name": mission, "name_key": name_key(mission)}
    _insert(
        session,
        Contract,
        [
            {**named, "id": contract, "project_id": project}
            for contract, project in zip(contracts, projects, strict=True)
        ],
    )
    ids = reserve(session, Phase, count)
    rows = []
    for number, identifier in enumerate(ids, 1):
        cells = fiction.phase(number, entity=code)
        rows.append(
            {
                "id": identifier,
                "contract_id": contracts[(number - 1) // fiction.PHASES_A_PROJECT],
                "code": cells["phase_code"],
                "name": cells["phase_name"],
                "name_key": name_key(cells["phase_name"]),
                "currency": "EUR",
                "fee_minor": to_minor(cells["fee"], "EUR"),
                "position": cells["position"],
            }
        )
    _insert(session, Phase, rows)
    return ids


def add_invoices(
    session: ScopedSession, count: int, clients: list[int], projects: list[int]
) -> None:
    """`count` invoices of four lines each, in all states."""
    entity, _ = first_entity(session)
    ids = reserve(session, Invoice, count)
    lines = iter(reserve(session, InvoiceLine, count * LINES_AN_INVOICE))
    for start in range(0, count, _PORTION):
        numbered = list(enumerate(ids[start : start + _PORTION], start + 1))
        heads = []
        below = []
        for number, identifier in numbered:
            own = [_line(number, place) for place in range(1, LINES_AN_INVOICE + 1)]
            below += [{**line, "id": next(lines), "invoice_id": identifier} for line in own]
            place = number * 7919 % len(projects) + 1
            parties = {
                "entity_id": entity,
                "project_id": projects[place - 1],
                "client_id": clients[place % len(clients)],
            }
            net = sum(line["net_minor"] for line in own)
            heads.append({**_head(number, net), **parties, "id": identifier})
        # Lines first: what is final takes none.
        insert_all(session, Invoice, [{**one, "state": InvoiceState.DRAFT} for one in heads])
        insert_all(session, InvoiceLine, below)
        for state in dict.fromkeys(_STATES):
            keys = [one["id"] for one in heads if one["state"] is state]
            session.execute(update(Invoice).where(Invoice.id.in_(keys)).values(state=state))


def fill_invoices(firm: Firm, folder: Path, invoices: int) -> None:
    """So many invoices, with a tenth as many clients and a fifth as many projects."""
    with opened(firm, folder) as house:
        with house.database.writing(firm.caller.organisation_id) as session:
            clients = add_clients(session, max(invoices // 10, 1))
            projects = add_projects(session, max(invoices // 5, 1), clients)
            add_invoices(session, invoices, clients, projects)
        with owner(house.database).connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()


def _head(number: int, net: int) -> dict[str, Any]:
    issued = fiction.DAY - timedelta(days=number % 700)
    state = _STATES[number % len(_STATES)]
    vat = net // 5
    return {
        "pro_forma_number": f"BENCH-{number:06d}",
        "number": f"PAR26-{number:06d}" if state in _STATES[2:] else None,
        "state": state,
        "currency": "EUR",
        "issue_date": issued,
        "due_date": issued + timedelta(days=30),
        "net_minor": net,
        "vat_minor": vat,
        "gross_minor": net + vat,
        "vat_groups": [],
        "seller": {},
        "buyer": {},
    }


def _line(number: int, place: int) -> dict[str, Any]:
    price = 8000 + (number * 7919 + place * 104_729) % 40_000
    quarters = 1 + (number + place) % 40
    return {
        "position": place,
        "kind": LineKind.PRODUCT,
        "description": f"Direction de l'exécution des travaux, lot {place}",
        "currency": "EUR",
        "quantity": Decimal(quarters) / 4,
        "unit": "HUR",
        "unit_price": Decimal(price) / 100,
        "net_minor": (price * quarters + 2) // 4,
    }


def _insert(session: ScopedSession, record: type[Any], rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), _PORTION):
        insert_all(session, record, rows[start : start + _PORTION])
