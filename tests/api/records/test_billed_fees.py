"""Phases that were billed are kept by hand and by sheet as before, whatever the way of billing."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.api.invoices.acts import drawn, final
from tests.api.records.asking import act, codes, done, reds
from tests.api.records.test_past_by_hand import line, record
from tests.api.takeover.reviews import reviewed
from tests.api.takeover.sheets import download
from tests.support.api import ApiClient

MONTHLY = {"periodicity": "MONTH", "startDate": "2026-08-01"}
WAYS: dict[str, dict[str, Any]] = {
    "RETAINER": {"fee": "100", **MONTHLY},
    "PREPAID_HOURS": {"fee": "800", "hours": "10", "hourlyRate": "95", **MONTHLY},
    "TIME_AND_MATERIALS": {"fee": "0", "hourlyRate": "80"},
}
TIME = """
mutation($input: TimeEntriesBulkRecordInput!) {
  timeEntriesBulkRecord(input: $input) { results { outcome userErrors { code severity } } }
}
"""
A_PROJECT = {
    "code": "ABO-1",
    "name": "Abonnements",
    "client": "CLI-0001",
    "country": "FR",
    "currency": "EUR",
    "vatRate": "20",
    "status": "SIGNED",
}


def billed_phase(api: ApiClient, method: str) -> dict[str, Any]:
    """A phase of a project of its own, of which all that is due is billed."""
    entity = api.query("{ entities { nodes { code } } }")["entities"]["nodes"][0]["code"]
    done(api, "projectCreate", **A_PROJECT, entity=entity)
    of = {"projectCode": "ABO-1", "contract": "Abonnement"}
    names = {"phaseName": "Mensuel", "phaseCode": "ABO"}
    made = done(api, "phaseCreate", **of, **names, billingMethod=method, **WAYS[method])
    if method == "TIME_AND_MATERIALS":
        people = api.query("{ collaborators { nodes { email } } }")["collaborators"]["nodes"]
        hours = {"email": people[0]["email"], "date": "2026-09-02", "hours": "7.5"}
        item = {**hours, **of, "phaseCode": "ABO", "approved": True}
        given = {"items": [item], "idempotencyKey": str(uuid4())}
        (told,) = api.query(TIME, input=given)["timeEntriesBulkRecord"]["results"]
        assert told["outcome"] == "CREATED", told
    invoice = drawn(api, "ABO-1")
    assert final(api, invoice["id"])["userErrors"] == []
    assert float(invoice["net"]["amount"]) > float(WAYS[method]["fee"])
    return made


@pytest.mark.parametrize("method", WAYS)
def test_a_phase_of_any_way_of_billing_is_edited_once_it_was_billed(
    any_firm: ApiClient, method: str
) -> None:
    """DOMAIN §2.1, §2.4: its fee is the price of one period or block."""
    made = billed_phase(any_firm, method)
    named = done(
        any_firm, "phaseUpdate", id=made["id"], phaseName="Rebaptisé", fee=made["fee"]["amount"]
    )
    assert named["name"] == "Rebaptisé"
    if method != "TIME_AND_MATERIALS":
        for fee in ("110.00", "90.00"):
            assert done(any_firm, "phaseUpdate", id=made["id"], fee=fee)["fee"]["amount"] == fee


@pytest.mark.parametrize("method", WAYS)
def test_the_prefilled_sheet_of_billed_phases_comes_back_without_a_red_row(
    firm: ApiClient, method: str
) -> None:
    """A22, O33."""
    billed_phase(firm, method)
    review, _ = reviewed(firm, download(firm, "phases", prefilled=True))
    assert review["counts"]["red"] == 0
    assert review["counts"]["unchanged"] == review["counts"]["rows"]


def test_time_is_not_capped_under_what_was_billed_of_it(firm: ApiClient) -> None:
    """DOMAIN §2.4: a fee of time that is something is the most of it."""
    made = billed_phase(firm, "TIME_AND_MATERIALS")
    refused = act(firm, "phaseUpdate", id=made["id"], fee="599.99")
    assert (refused["node"], reds(refused)) == (None, ["FEE_BELOW_BILLED"])
    assert codes(act(firm, "phaseUpdate", id=made["id"], fee="600")) == []


def test_what_is_billed_too_much_of_a_fixed_fee_is_edited_and_raised(any_firm: ApiClient) -> None:
    """DOMAIN §2.1: only lowering is refused; OVER_BILLED was accepted at the takeover."""
    given = {"projectCode": "PAT-2501", "contract": "Mission de base", "phaseName": "Neuve"}
    made = done(any_firm, "phaseCreate", **given, phaseCode="NEU", fee="1000")
    told = record(any_firm, line(any_firm, "1200", phaseId=made["id"]))
    assert codes(told) == ["OVER_BILLED"]
    for change in ({"phaseName": "Rebaptisée"}, {"sku": "HON"}, {"fee": "1000"}, {"fee": "1100"}):
        done(any_firm, "phaseUpdate", id=made["id"], **change)
    for fee in ("1099.99", "0"):
        refused = act(any_firm, "phaseUpdate", id=made["id"], fee=fee)
        assert (refused["node"], reds(refused)) == (None, ["FEE_BELOW_BILLED"])
    assert done(any_firm, "phaseUpdate", id=made["id"], fee="1300")["fee"]["amount"] == "1300.00"
    refused = act(any_firm, "phaseUpdate", id=made["id"], fee="1199")
    assert reds(refused) == ["FEE_BELOW_BILLED"]
