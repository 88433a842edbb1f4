"""Numbers of entries (DOMAIN §4.6; LPF A47 A-1): given once, without gaps, and kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from domain.organisation import Entity
from tests.api.invoices.exporting_acts import export, files, set_accounts
from tests.api.invoices.paying_acts import act, invoiced, pay
from tests.support import accounting_files as read
from tests.support.api import ApiClient
from tests.support.prepared import Calendar

PARIS = {"entityId": "entity_1"}
NOVEMBER = {"issuedFrom": "2026-11-01", "issuedTo": "2026-11-30"}
DECEMBER = {"issuedFrom": "2026-12-01", "issuedTo": "2026-12-31"}


def exported(api: ApiClient, *, payments: bool = False, **chosen: Any) -> dict[str, bytes]:
    return files(api, export(api, "FEC", filter=chosen, includePayments=payments))


def numbers(made: dict[str, bytes]) -> list[tuple[str, str, int, str]]:
    """(file, journal, number, piece) of each entry, in order."""
    rows = [(name, row) for name, content in made.items() for row in read.fec(content)]
    told = [(name, row["JournalCode"], int(row["EcritureNum"]), row["PieceRef"])
            for name, row in rows]  # fmt: skip
    return sorted(set(told))


def set_entity(api: ApiClient, entity_id: int, **columns: Any) -> None:
    with api.house.database.writing(api.organisation_id) as session:
        session.execute(update(Entity).where(Entity.id == entity_id).values(**columns))


def test_what_went_out_stays_as_it_was_numbered(any_firm: ApiClient, calendar: Calendar) -> None:
    """Another journal, year or SIREN is for what comes after it, and begins with 1."""
    paid = invoiced(any_firm)
    pay(any_firm, "120.00", allocations=[{"invoiceId": paid, "amount": "120"}])
    before = exported(any_firm, payments=True, **PARIS, **NOVEMBER)
    assert [told[1:3] for told in numbers(before)] == [("BQ", 1), ("VE", 1)]
    again = {"bankJournal": "CM", "salesJournalLabel": "Ventes de Paris", "salesJournal": "VT"}
    assert set_accounts(any_firm, **again)["userErrors"] == []
    calendar.go_to("2026-12-02")
    invoiced(any_firm)
    assert [told[1:3] for told in numbers(exported(any_firm, **PARIS, **DECEMBER))] == [("VT", 1)]
    assert exported(any_firm, payments=True, **PARIS, **NOVEMBER) == before
    set_entity(any_firm, 1, siren="552100554", fiscal_year_start="07-01")
    assert exported(any_firm, payments=True, **PARIS, **NOVEMBER) == before
    invoiced(any_firm)
    told = numbers(exported(any_firm, **PARIS))
    assert {one[:3] for one in told} > {("552100554FEC20270630.txt", "VT", 1)}
    assert len(told) == 3


def test_journals_of_one_code_and_siren_share_their_numbers(firm: ApiClient) -> None:
    """Sales of the one entity, bank of the other: one journal, and no number twice."""
    with firm.house.database.reading(firm.organisation_id) as session:
        siren = session.get_one(Entity, 1).siren
    set_entity(firm, 2, siren=siren, fiscal_year_start="01-01")
    assert set_accounts(firm, "entity_2", salesJournal="BQ", bankJournal="VE")["userErrors"] == []
    for entity in ("entity_1", "entity_2"):
        sold = invoiced(firm, entity=entity)
        pay(firm, "120.00", entityId=entity, allocations=[{"invoiceId": sold, "amount": "120"}])
    found = numbers(exported(firm, payments=True))
    assert [told[1:3] for told in found] == [("BQ", 1), ("BQ", 2), ("VE", 1), ("VE", 2)]
    assert len({told[3] for told in found}) == 4


def test_what_is_committed_late_is_numbered_last(firm: ApiClient, calendar: Calendar) -> None:
    """An invoice whose clock was read first, but which nobody saw yet when others went out."""
    first = invoiced(firm)
    exported(firm, **PARIS)
    calendar.now -= timedelta(hours=1)
    late = invoiced(firm)
    found = numbers(files(firm, export(firm, "FEC", ids=[first, late])))
    assert [told[2:] for told in found] == [(1, "PAR26-00001"), (2, "PAR26-00002")]


def test_two_who_export_at_once_give_each_number_once(postgres_firm: ApiClient) -> None:
    """PostgreSQL: the first ever meet at the counter, the later ones at its lock."""
    for _ in range(2):
        keys = [invoiced(postgres_firm) for _ in range(3)]
        assert act(postgres_firm, "invoiceCredit", id=keys[0])["userErrors"] == []
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda _: exported(postgres_firm, **PARIS), range(4)))
        assert made[1:] == made[:1] * 3
    assert [told[2] for told in numbers(made[0])] == list(range(1, 9))
