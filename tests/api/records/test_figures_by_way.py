"""The figures of a phase by the way it is billed: those of a fixed fee are of a fixed fee alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from tests.api.invoices.acts import drawn, final
from tests.api.records.asking import codes, done
from tests.api.records.test_billed_fees import WAYS, billed_phase
from tests.api.records.test_past_by_hand import ACT, ADJUST, line, record
from tests.support.api import ApiClient

FIGURES = (
    "figures { adjustedFee { amount } history { amount } alreadyBilled { amount }"
    " writtenOff { amount } reserved { amount } remainingToBill { amount } earned { amount }"
    " billableNow { amount } overBilled { amount } progress billedPercent }"
)
BY_PROGRESS = ("earned", "billableNow", "overBilled")
BY_FEE = ("remainingToBill", "billedPercent")
ENTERED = ("adjustedFee", "history", "alreadyBilled", "writtenOff", "reserved")


def figures(api: ApiClient, key: str) -> dict[str, Any]:
    """The same by a list, by the phase itself, and beside a field that no plan reads."""
    by_key = api.query(f"query($id: ID!) {{ phase(id: $id) {{ {FIGURES} }} }}", id=key)["phase"]
    listed = api.query(f"{{ phases(page: {{ first: 100 }}) {{ nodes {{ id {FIGURES} }} }} }}")
    found = {one["id"]: one["figures"] for one in listed["phases"]["nodes"]}
    assert found.get(key, by_key["figures"]) == by_key["figures"]
    told: dict[str, Any] = {
        name: value["amount"] if isinstance(value, dict) else value
        for name, value in by_key["figures"].items()
    }
    return told


def due(api: ApiClient, key: str) -> Decimal:
    """What `billables` has of the phase."""
    found = api.query(
        "{ billables(page: { first: 100 }) { nodes { items {"
        " phase { id } selectable amount { amount } } } } }"
    )["billables"]["nodes"]
    return sum(
        (
            Decimal(item["amount"]["amount"])
            for one in found
            for item in one["items"]
            if item["phase"]["id"] == key and item["selectable"]
        ),
        Decimal(0),
    )


def past(api: ApiClient, key: str, amount: str, kind: str) -> str:
    """A line of history, or an adjustment, that nothing is warned of."""
    item = {"phaseId": key, "value": amount, "date": "2026-07-31", "reason": "R", "kind": kind}
    answer = (
        record(api, line(api, amount, phaseId=key))
        if kind == "HISTORY"
        else api.query(ADJUST, input={"item": item, "idempotencyKey": str(uuid4())})[
            "adjustmentRecord"
        ]
    )
    assert answer["userErrors"] == []
    return str(answer["node"]["id"])


@pytest.mark.parametrize("method", WAYS)
def test_what_only_means_something_of_a_fixed_fee_is_null(any_firm: ApiClient, method: str) -> None:
    """DOMAIN §2.3, §2.4: a fee of one period or block neither remains nor is billed too much."""
    key = billed_phase(any_firm, method)["id"]
    found = figures(any_firm, key)
    assert {found[name] for name in (*BY_PROGRESS, *BY_FEE)} == {None}
    assert all(found[name] is not None for name in ENTERED)
    assert Decimal(found["adjustedFee"]) == Decimal(WAYS[method]["fee"])
    assert Decimal(found["alreadyBilled"]) > Decimal(found["adjustedFee"])
    assert due(any_firm, key) == 0


def test_time_with_a_fee_tells_what_that_leaves(firm: ApiClient) -> None:
    """DOMAIN §2.4: the most that its hours come to."""
    key = billed_phase(firm, "TIME_AND_MATERIALS")["id"]
    done(firm, "phaseUpdate", id=key, fee="800")
    found = figures(firm, key)
    assert (found["remainingToBill"], found["billedPercent"]) == ("200.00", "75")
    assert {found[name] for name in BY_PROGRESS} == {None}
    told = record(firm, line(firm, "200.01", phaseId=key))
    assert codes(told) == ["OVER_BILLED"]


def test_taking_all_of_the_fee_of_time_away_is_warned_of(firm: ApiClient) -> None:
    """Nothing limits it from then on, and it was billed above nothing."""
    key = billed_phase(firm, "TIME_AND_MATERIALS")["id"]
    done(firm, "phaseUpdate", id=key, fee="700")
    item = {"phaseId": key, "value": "-700", "date": "2026-07-31", "reason": "R", "kind": "FEE"}
    given = {"item": item, "idempotencyKey": str(uuid4())}
    assert codes(firm.query(ADJUST, input=given)["adjustmentRecord"]) == ["OVER_BILLED"]


@pytest.mark.parametrize("method", WAYS)
@pytest.mark.parametrize("kind", ["HISTORY", "BILLED"])
def test_past_billing_of_many_periods_is_not_too_much(
    any_firm: ApiClient, method: str, kind: str
) -> None:
    """O04, O05: neither warned of, nor kept from coming back."""
    of = {"projectCode": "PAT-2501", "contract": "Autre", "phaseName": "Neuve", "phaseCode": "NEU"}
    made = done(any_firm, "phaseCreate", **of, billingMethod=method, **WAYS[method])
    key = past(any_firm, made["id"], "3000", kind)
    noun = "billingHistory" if kind == "HISTORY" else "adjustment"
    for act in ("Archive", "Restore"):
        mutation = f"{noun}{act}"
        assert codes(any_firm.query(ACT % mutation, id=key)[mutation]) == []
    assert figures(any_firm, made["id"])["alreadyBilled"] == "3000.00"


@pytest.mark.parametrize(
    ("fee", "adjusted", "billed"),
    [("-500", "1500", "1000"), ("0", "-500", "-500"), ("1000", "-1500", "-500")],
)
def test_a_fee_goes_back_to_no_other_sign_under_what_was_billed(
    any_firm: ApiClient, fee: str, adjusted: str, billed: str
) -> None:
    """DOMAIN §2.1: what was deducted would be due, and what was billed deducted once more."""
    of = {"projectCode": "PAT-2501", "contract": "Autre", "phaseName": "Neuve", "phaseCode": "NEU"}
    key = done(any_firm, "phaseCreate", **of, lineType="ANNEX", fee=fee)["id"]
    correction = past(any_firm, key, adjusted, "FEE")
    past(any_firm, key, billed, "BILLED")
    answer = any_firm.query(ACT % "adjustmentArchive", id=correction)["adjustmentArchive"]
    assert codes(answer) == ["OVER_BILLED_NOW"]
    whole = Decimal(fee) + Decimal(adjusted)
    assert Decimal(figures(any_firm, key)["adjustedFee"]) == whole


def test_a_fixed_fee_tells_all_of_them(firm: ApiClient) -> None:
    of = {"projectCode": "PAT-2501", "contract": "Autre", "phaseName": "Neuve", "phaseCode": "NEU"}
    key = done(firm, "phaseCreate", **of, fee="1000")["id"]
    share = [{"phaseId": key, "amount": "400"}]
    assert final(firm, drawn(firm, "PAT-2501", phases=share)["id"])["userErrors"] == []
    found = figures(firm, key)
    assert [found[name] for name in (*BY_PROGRESS, *BY_FEE)] == [
        *("0.00", "0.00", "400.00"),
        *("600.00", "40"),
    ]
