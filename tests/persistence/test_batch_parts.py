"""The running sums of a batch give the figures that its items would, whatever they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from domain.batch.model import Batch, BatchItem, Grouping
from domain.batch.plan import Part, totals_of
from domain.billing.item import ItemKind
from domain.catalogue import TaxCode
from domain.invoice.totals import Tax
from domain.tax import VatCategory
from persistence.batch import lists as batch_lists
from persistence.batch import parts as batch_parts
from persistence.batch.check import batches_astray
from persistence.session import Database, ScopedSession, insert_all
from tests.persistence.firms import Firm, counted, found_firm
from tests.support.databases import owner

RATES = ("20", "20", "8.1", "5.5", "0.0001", "33.3333", "0")
"""Two of them tax alike: an invoice sums them together."""

LARGEST = 10**14
"""In minor units: times a rate as it is kept, beyond 64 bits."""


@st.composite
def lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Items of a few contracts, each in one currency, on one invoice or another of its client."""
    found = []
    for contract in range(1, draw(st.integers(1, 5)) + 1):
        currency = draw(st.sampled_from(("EUR", "JPY")))
        for _ in range(draw(st.integers(1, 5))):
            selectable = draw(st.booleans())
            item = {
                "contract_id": contract,
                "phase_id": len(found) + 1,
                "key": f"k{len(found)}",
                "currency": currency,
                "amount_minor": draw(st.integers(-LARGEST, LARGEST) | st.integers(-999, 999)),
                "selectable": selectable,
                "selected": selectable and draw(st.booleans()),
                "bundle": draw(st.sampled_from("ab")) + currency,
                "fingerprint": draw(st.integers(0, 2**44 - 1)),
                "tickets": draw(st.integers(0, 20)),
                "hours": Decimal(draw(st.integers(0, 10_000))) / 100,
                "tax": draw(st.integers(0, len(RATES))),
            }
            found.append(item)
    return found


Choices = Sequence[tuple[bool, int | None]]
choices = st.lists(st.tuples(st.booleans(), st.none() | st.integers(1, 5)), max_size=4)
"""Includes, or leaves out: a contract, or all."""


def the_tax(rate: str) -> Tax:
    return Tax(Decimal(rate), VatCategory.STANDARD)


def selected_parts(items: Sequence[dict[str, Any]]) -> list[Part]:
    """Summed by hand, as what was chosen leaves it."""
    groups: dict[tuple[str, int, str, int], list[dict[str, Any]]] = defaultdict(list)
    for one in items:
        if one["selected"]:
            key = (one["bundle"], one["contract_id"], one["currency"], one["tax"])
            groups[key].append(one)
    return [
        Part(
            *(bundle, contract, currency),
            the_tax(RATES[tax - 1]) if tax else None,
            net=sum(one["amount_minor"] for one in some),
            items=len(some),
            tickets=sum(one["tickets"] for one in some),
            hours=sum((one["hours"] for one in some), Decimal(0)),
            fingerprints=sum(one["fingerprint"] for one in some),
        )
        for (bundle, contract, currency, tax), some in groups.items()
    ]


def listed(session: ScopedSession, items: Sequence[dict[str, Any]], grouping: Grouping) -> int:
    """A batch with these items."""
    taxes = [
        0,
        *session.scalars(select(TaxCode.id).where(TaxCode.code.like("RATE-%")).order_by("id")),
    ]
    batch = Batch(name="Lot", cut_off=date(2026, 11, 1), grouping=grouping)
    session.add(batch)
    session.flush()
    rows = [
        {
            **{name: value for name, value in one.items() if name != "tax"},
            "batch_id": batch.id,
            "kind": ItemKind.TIME,
            "unbilled_minor": 0,
            "tax_code_id": taxes[one["tax"]] or None,
            "blockers": [],
        }
        for one in items
    ]
    insert_all(session, BatchItem, rows)
    batch_parts.recount(session, batch.id, sorted({one["contract_id"] for one in items}))
    return batch.id


def chosen(
    session: ScopedSession, batch_id: int, items: Sequence[dict[str, Any]], asked: Choices
) -> None:
    for selected, contract in asked:
        named = None if contract is None else [contract]
        where = batch_lists.items_where(batch_id=batch_id, contract_ids=named)
        batch_lists.select_items(session, batch_id, selected=selected, where=where)
        for one in items:
            if one["selectable"] and contract in (None, one["contract_id"]):
                one["selected"] = selected


@pytest.fixture
def taxed(database: Database) -> Firm:
    """A firm with a tax code for each rate."""
    firm = found_firm(database)
    with firm.writing() as session:
        for place, rate in enumerate(RATES):
            code = TaxCode(
                code=f"RATE-{place}",
                country="FR",
                rate=Decimal(rate),
                category=VatCategory.STANDARD,
            )
            session.add(code)
    return firm


@settings(max_examples=60)
@given(items=lists(), asked=choices, grouping=st.sampled_from(Grouping))
def test_a_click_tells_what_the_invoices_would_come_to(
    taxed: Firm, items: list[dict[str, Any]], asked: Choices, grouping: Grouping
) -> None:
    """B10–B15, DOMAIN §2.6: to the minor unit, after any choices; and the plan's sums with them."""
    with taxed.writing() as session:
        batch_id = listed(session, items, grouping)
        chosen(session, batch_id, items, asked)
        parts = selected_parts(items)
        told = batch_parts.figures_by_batch(session, {batch_id: grouping})[batch_id]
        assert told.totals == totals_of(parts, grouping)
        sums = batch_parts.sums_by_batch(session, [batch_id])[batch_id]
        assert told.sums == sums
        assert sums.items == sum(one.items for one in parts)
        assert sums.fingerprints == sum(one.fingerprints for one in parts)
        assert sums.net == sum(one.net for one in parts)
        assert sums.currencies == sorted({one.currency for one in parts})
        assert batches_astray(session) == []
        session.rollback()


ITEM: dict[str, Any] = {
    "contract_id": 1,
    "phase_id": 1,
    "key": "k",
    "currency": "EUR",
    "bundle": "a",
    "amount_minor": 100,
    "selectable": True,
    "selected": True,
    "fingerprint": 1,
    "tickets": 0,
    "hours": Decimal(0),
    "tax": 1,
}


def test_a_contract_is_counted_anew_by_its_own_items(taxed: Firm) -> None:
    """A click in one contract does not read all that is selected of the batch."""
    if not taxed.database.is_sqlite:
        # What PostgreSQL reads by depends on how much there is.
        return
    with taxed.writing() as session, counted(taxed.database) as sent:
        listed(session, [ITEM], Grouping.PER_CLIENT)
    statement = next(one for one in sent if one.startswith("INSERT INTO batch_part"))
    with owner(taxed.database).connect() as connection:
        values = (None,) * statement.count("?")
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
    (read,) = (row[-1] for row in plan if "batch_item" in row[-1])
    assert "contract_id=?" in read


def test_verify_finds_sums_that_somebody_touched(taxed: Firm) -> None:
    with taxed.writing() as session:
        listed(session, [ITEM], Grouping.PER_CLIENT)
    with taxed.reading() as session:
        assert batches_astray(session) == []
    with owner(taxed.database).begin() as connection:
        connection.exec_driver_sql("UPDATE batch_part SET net_minor = net_minor + 1")
    with taxed.reading() as session:
        assert batches_astray(session) == ["Lot"]
