"""The terms of a fee project through the API, and periods that are billed (DOMAIN §2.4)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select

from domain.invoice.claim import BilledPeriod, ClaimKind
from domain.invoice.model import InvoiceLine
from tests.api.records.asking import act, done
from tests.api.records.test_write_off import PHASE, codes
from tests.api.takeover.reviews import notes, reviewed, written
from tests.api.takeover.sheets import PHASE as ROW
from tests.api.takeover.sheets import PROJECT, book
from tests.api.takeover.test_revert import contents, revert
from tests.support.api import ApiClient
from tests.support.documents import DRAW
from tests.support.takeover import project

TERMS = """
query($id: ID!) {
  node(id: $id) {
    ... on Contract {
      billingMethod timing rollover cap { amount currency } hourlyRate { amount currency }
    }
  }
}
"""


def terms(api: ApiClient, key: str) -> dict[str, Any]:
    found: dict[str, Any] = api.query(TERMS, id=key)["node"]
    return found


def number(key: str) -> int:
    return int(key.rpartition("_")[2])


def bill(api: ApiClient, phase: str, start: date, end: date) -> None:
    """Claims a period of the phase, and no other, for a line of a pro forma, as drawing does."""
    job = project(api, "PAT-2501")
    api.query(DRAW, client=job["client"]["id"], project=job["id"], key=str(uuid4()))
    with api.house.database.writing(api.organisation_id) as session:
        line = session.scalars(select(InvoiceLine.id).order_by(InvoiceLine.id.desc())).first()
        assert line is not None
        session.execute(delete(BilledPeriod).where(BilledPeriod.phase_id == number(phase)))
        claim = BilledPeriod(
            phase_id=number(phase),
            kind=ClaimKind.RETAINER,
            starts_on=start,
            ends_on=end,
            line_id=line,
        )
        session.add(claim)


def test_terms_are_given_changed_and_taken_away(any_firm: ApiClient) -> None:
    job = project(any_firm, "PAT-2501")["id"]
    hourly = {"projectId": job, "name": "Régie", "billingMethod": "TIME_AND_MATERIALS"}
    key = done(any_firm, "contractCreate", **hourly, cap="2900", hourlyRate="72.5")["id"]
    assert terms(any_firm, key) == {
        "billingMethod": "TIME_AND_MATERIALS",
        "timing": "ARREARS",
        "rollover": False,
        "cap": {"amount": "2900.00", "currency": "EUR"},
        "hourlyRate": {"amount": "72.50", "currency": "EUR"},
    }
    done(any_firm, "contractUpdate", id=key, cap=None)
    assert terms(any_firm, key)["cap"] is None
    assert terms(any_firm, key)["hourlyRate"] is not None
    refused = act(any_firm, "contractUpdate", id=key, billingMethod="RETAINER")
    assert [(one["code"], one["field"]) for one in refused["userErrors"]] == [
        ("FIELD_INVALID", ["hourlyRate"])
    ]
    changed = {"billingMethod": "RETAINER", "hourlyRate": None, "timing": "ADVANCE"}
    done(any_firm, "contractUpdate", id=key, **changed)
    assert terms(any_firm, key)["timing"] == "ADVANCE"
    other = {"projectId": job, "name": "Abonnement", "billingMethod": "RETAINER"}
    assert codes(act(any_firm, "contractCreate", **other, cap="1")) == ["FIELD_INVALID"]


def test_a_cap_below_what_was_billed_is_warned_of(firm: ApiClient) -> None:
    more = {"contract": "Régie", "billingMethod": "TIME_AND_MATERIALS", "fee": "5000"}
    phase = done(firm, "phaseCreate", **{**PHASE, **more})
    record = (
        "mutation($i: BillingHistoryRecordInput!) { billingHistoryRecord(input: $i) { replayed } }"
    )
    item = {"phaseId": phase["id"], "amount": "3000", "invoiceDate": "2026-01-31"}
    firm.query(record, i={"item": item, "idempotencyKey": "h"})
    answer = act(firm, "contractUpdate", id=phase["contract"]["id"], cap="2900")
    assert codes(answer) == ["CAP_BELOW_BILLED"]
    assert terms(firm, phase["contract"]["id"])["cap"]["amount"] == "2900.00"


def test_billed_periods_stay_in_their_phase(firm: ApiClient) -> None:
    """By hand, by a bulk, by null and by a file; so do the terms that settled them."""
    more = {"contract": "Abonnement", "billingMethod": "RETAINER", "periodicity": "MONTH"}
    dates = {"startDate": "2026-09-15", "endDate": "2027-08-31"}
    phase = done(firm, "phaseCreate", **{**PHASE, **more, **dates, "fee": "1500"})
    bill(firm, phase["id"], date(2026, 9, 15), date(2026, 9, 30))
    for change in (
        {"startDate": "2026-10-01"},
        {"startDate": None},
        {"endDate": "2026-09-29"},
        {"periodicity": "QUARTER"},
    ):
        answer = act(firm, "phaseUpdate", id=phase["id"], **change)
        assert codes(answer) == ["PHASE_PERIOD_BILLED"], change
        assert answer["userErrors"][0]["field"] == list(change)
    assert codes(act(firm, "phaseUpdate", id=phase["id"], startDate="2026-09-01")) == []
    assert codes(act(firm, "phaseUpdate", id=phase["id"], endDate=None)) == []
    row = {"B": "PAT-2501", "C": "Abonnement", "D": "Neuve", "E": "NEU", "F": 1500, "H": None}
    _, rows = reviewed(firm, book("phases", {**ROW, **row, "K": "01/12/2026"}), kind="phases")
    assert ("PHASE_PERIOD_BILLED", "K") in notes(rows[2])
    contract = phase["contract"]["id"]
    refused = act(firm, "contractUpdate", id=contract, timing="ADVANCE")
    assert codes(refused) == ["CONTRACT_TERM_FROZEN"]
    assert codes(act(firm, "contractUpdate", id=contract, timing="ARREARS")) == []


def test_terms_follow_their_project_into_another_currency_and_back(any_firm: ApiClient) -> None:
    """DOMAIN §2.1: exactly, or not at all; undone, they are as they were."""
    job = any_firm.query('{ projectByCode(code: "TER-2601") { id currency } }')["projectByCode"]
    given = {"projectId": job["id"], "name": "Régie", "billingMethod": "TIME_AND_MATERIALS"}
    key = done(any_firm, "contractCreate", **given, cap="2900", hourlyRate="72.5")["id"]
    row = {**PROJECT, "B": "TER-2601", "C": "Nouveau nom"}
    _, rows = reviewed(any_firm, book("projects", {**row, "J": "JPY"}), kind="projects")
    assert ("PROJECT_CURRENCY_INEXACT", "J") in notes(rows[2])
    there = contents(any_firm)
    review, _ = reviewed(any_firm, book("projects", {**row, "J": "TND"}), kind="projects")
    written(any_firm, review)
    assert terms(any_firm, key)["cap"] == {"amount": "2900.000", "currency": "TND"}
    assert terms(any_firm, key)["hourlyRate"] == {"amount": "72.500", "currency": "TND"}
    assert revert(any_firm, review)["userErrors"] == []
    assert contents(any_firm) == there
