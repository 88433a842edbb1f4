"""Totals of the ledger by phase, contract, project, client and firm, as of any day."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from domain.project.adjustment import Adjustment, AdjustmentKind
from domain.project.history import BillingHistory
from domain.project.model import BillingMethod, Contract, Phase
from domain.project.progress import ProgressUpdate
from persistence.ledger.sums import phase_figures
from persistence.ledger.totals import TotalsBy, Within, totals
from persistence.pages import PageAsked
from persistence.session import ScopedSession
from tests.api.invoices.acts import codes, drawn, final
from tests.support.api import ApiClient
from tests.support.prepared import Calendar, statements
from tests.support.takeover import CLEAN, PAST, take_in

TOTALS = """
query($by: TotalsBy! = ORGANISATION, $day: Date, $filter: TotalsFilter, $page: PageInput) {
  totals(by: $by, asOf: $day, filter: $filter, page: $page) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes {
      currency
      phase { code } contract { name } project { code } client { name }
      fixedFees {
        adjustedFee { amount } alreadyBilled { amount } remainingToBill { amount }
        billableNow { amount } reserved { amount } earned { amount }
      }
      takenOver { amount } invoiced { amount } credited { amount } deposits { amount }
    }
  }
}
"""
CREDIT = """
mutation($id: ID!, $key: ID!) {
  invoiceCredit(input: { id: $id, idempotencyKey: $key }) {
    creditNote { number } userErrors { code }
  }
}
"""
FIGURES = {
    "adjustedFee": "adjusted_fee",
    "alreadyBilled": "already_billed",
    "remainingToBill": "remaining_to_bill",
    "billableNow": "billable_now",
}


def all_totals(api: ApiClient, **asked: Any) -> list[dict[str, Any]]:
    """Every row, read page by page."""
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        answer = api.query(TOTALS, page={"first": 20, "after": after}, **asked)["totals"]
        rows += answer["nodes"]
        after = answer["pageInfo"]["endCursor"]
        if not answer["pageInfo"]["hasNextPage"]:
            assert answer["totalCount"] == len(rows)
            return rows


def test_the_sums_of_the_sample_firm_are_the_expected_ones(any_firm: ApiClient) -> None:
    """expected_totals.json by project and by currency, to the cent (O03, O04, O05)."""
    take_in(any_firm, *PAST)
    expected = json.loads((CLEAN / "expected_totals.json").read_text())
    by_project = {row["project"]["code"]: row for row in all_totals(any_firm, by="PROJECT")}
    for code, wanted in expected["fixed_fee_by_project"].items():
        found = by_project[code]["fixedFees"]
        for name, key in FIGURES.items():
            assert Decimal(found[name]["amount"]) == Decimal(wanted[key]), (code, name)
    by_currency = {row["currency"]: row for row in all_totals(any_firm)}
    for currency, wanted in expected["fixed_fee_by_currency"].items():
        found = by_currency[currency]["fixedFees"]
        for name, key in FIGURES.items():
            assert Decimal(found[name]["amount"]) == Decimal(wanted[key]), (currency, name)


def test_sums_in_the_database_are_those_of_the_figures_of_each_phase(any_firm: ApiClient) -> None:
    """Whatever progress, corrections and write-offs: SQL counts F1–F6 as the domain does."""
    house, key = any_firm.house, any_firm.organisation_id
    with house.database.writing(key) as session:
        _live(session, Random(7))
    for day in (None, date(2026, 6, 30)):
        with house.database.reading(key) as session:
            found = totals(
                session, TotalsBy.ORGANISATION, as_of=day, within=Within(), asked=PageAsked()
            )
            wanted = _summed_by_currency(session, day)
        assert {row.currency: [row.sums[name] for name in SUMMED] for row in found.rows} == wanted
        assert sum(sums[4] != 0 and sums[5] != 0 for sums in wanted.values()) > 3, "nothing to tell"


SUMMED = ("adjusted_fee", "billed", "remaining", "earned", "billable_now", "over_billed")


def _live(session: ScopedSession, draw: Random) -> None:
    """Half a year in the life of every phase of the firm."""
    for key, known in phase_figures(session).items():
        percent = Decimal(draw.randrange(0, 1_000_001)).scaleb(-4)
        day = date(2026, 11, draw.randrange(1, 21))
        session.add(ProgressUpdate(phase_id=key, percent=percent, as_of=day))
        session.add(
            BillingHistory(
                phase_id=key,
                net_minor=draw.randrange(-50_000, 900_000),
                currency=known.currency,
                invoice_date=date(2026, draw.randrange(1, 12), 3),
            )
        )
        for kind in (AdjustmentKind.FEE, AdjustmentKind.BILLED, AdjustmentKind.WRITE_OFF):
            session.add(
                Adjustment(
                    phase_id=key,
                    kind=kind,
                    adjusted_on=date(2026, draw.randrange(1, 12), 5),
                    reason="x",
                    currency=known.currency,
                    amount_minor=draw.randrange(-20_000, 20_000),
                )
            )


def _summed_by_currency(session: ScopedSession, day: date | None) -> dict[str, list[int]]:
    by_progress = set(
        session.scalars(
            select(Phase.id)
            .join(Contract, Contract.id == Phase.contract_id)
            .where(Contract.billing_method == BillingMethod.FIXED_FEE_PROGRESS)
        )
    )
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0] * len(SUMMED))
    for key, one in phase_figures(session, as_of=day).items():
        if key in by_progress:
            amounts = (getattr(one, name) for name in SUMMED)
            sums[one.currency] = [
                before + more for before, more in zip(sums[one.currency], amounts, strict=True)
            ]
    return dict(sums)


def test_what_is_invoiced_and_credited_is_told_by_day(
    any_firm: ApiClient, calendar: Calendar
) -> None:
    """A day before an invoice knows nothing of it; a credit note gives back, on its own day."""
    calendar.go_to("2026-11-23")
    invoice = drawn(any_firm, "PAT-2501")
    assert codes(final(any_firm, invoice["id"], day="2026-11-23")) == []
    net = Decimal(invoice["net"]["amount"])
    calendar.go_to("2026-11-25")
    credited = any_firm.query(CREDIT, id=invoice["id"], key=str(uuid4()))["invoiceCredit"]
    assert codes(credited) == []
    two = (TotalsBy.CONTRACT, TotalsBy.ORGANISATION)
    for by, days in product(two, ("2026-11-22", "2026-11-23", "2026-11-25")):
        rows = all_totals(any_firm, by=by.value, day=days)
        invoiced = sum(Decimal(row["invoiced"]["amount"]) for row in rows)
        back = sum(Decimal(row["credited"]["amount"]) for row in rows)
        assert invoiced == (0 if days == "2026-11-22" else net), (by, days)
        assert back == (net if days == "2026-11-25" else 0), (by, days)


def test_totals_are_one_statement_whatever_they_are_by(firm: ApiClient) -> None:
    """Each in one query; naming whose they are costs one more."""
    asked = TOTALS.replace("totalCount", "").replace("phase { code } contract { name }", "")
    for by in TotalsBy:
        with statements(firm) as sent:
            firm.query(asked, by=by.value)
        named = by in (TotalsBy.PROJECT, TotalsBy.CLIENT)
        assert len(sent) == 1 + named, (by, sent)


def test_totals_keep_within_what_is_asked(firm: ApiClient) -> None:
    by_client = {row["client"]["name"]: row for row in all_totals(firm, by="CLIENT")}
    client = firm.query('{ projectByCode(code: "PAT-2501") { id client { id name } } }')
    of = client["projectByCode"]
    rows = all_totals(firm, by="PROJECT", filter={"clientId": of["client"]["id"]})
    fees = sum(Decimal(row["fixedFees"]["adjustedFee"]["amount"]) for row in rows)
    whole = by_client[of["client"]["name"]]["fixedFees"]["adjustedFee"]["amount"]
    assert fees == Decimal(whole) > 0
    rows = all_totals(firm, by="PHASE", filter={"projectId": of["id"]})
    assert {row["project"] for row in rows} == {None}
    assert len(rows) > 2
    assert all(row["phase"]["code"] for row in rows)


@pytest.mark.parametrize(
    ("page", "code"),
    [
        ({"last": 3}, "FORWARDS_ONLY"),
        ({"before": "x"}, "FORWARDS_ONLY"),
        ({"first": 0}, "PAGE_SIZE_INVALID"),
        ({"after": "bm8"}, "CURSOR_INVALID"),
        ({"after": "WzEsMl0"}, "CURSOR_INVALID"),
    ],
)
def test_a_page_that_cannot_be_is_refused(firm: ApiClient, page: dict[str, Any], code: str) -> None:
    errors = firm.errors(TOTALS, page=page)
    assert [error["extensions"]["code"] for error in errors] == [code]
