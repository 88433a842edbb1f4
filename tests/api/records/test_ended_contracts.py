"""A fee project that is ended while something is left to bill: told, with how much."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.batches.example import a_client, a_contract, progressed, worked_on
from tests.api.invoices.acts import draw, drawn, final
from tests.api.records.asking import act, codes
from tests.support.api import ApiClient

CODE = "FIN-1"


def ended(api: ApiClient, contract: str) -> str | None:
    """What is told when it is ended, of what is left."""
    answer = act(api, "contractUpdate", id=contract, status="ENDED")
    assert answer["node"]["status"] == "ENDED"
    if not answer["userErrors"]:
        return None
    (told,) = answer["userErrors"]
    assert (told["code"], told["severity"]) == ("CONTRACT_ENDS_UNBILLED", "WARNING")
    assert told["field"] == ["status"]
    assert "ACTIVE" in told["fix"]
    found: str = told["message"].partition("ended. ")[2]
    return found


def contract_of(api: ApiClient, method: str, phase: dict[str, Any], **terms: Any) -> Any:
    a_client(api, CODE)
    return a_contract(api, CODE, CODE, phase, billingMethod=method, **terms)


def test_a_retainer_tells_what_is_due_and_the_month_that_runs(any_firm: ApiClient) -> None:
    phase = {"fee": "1500", "periodicity": "MONTH", "startDate": "2026-09-15"}
    contract, _ = contract_of(any_firm, "RETAINER", phase)
    whole = "Due: 2300.00 EUR. Done or begun, and not due yet: 1500.00 EUR."
    assert ended(any_firm, contract) == whole
    assert draw(any_firm, CODE)["invoice"] is None, "it is locked"
    assert codes(act(any_firm, "contractUpdate", id=contract, name="Suivi", status="ENDED")) == []
    assert codes(act(any_firm, "contractUpdate", id=contract, status="ACTIVE")) == []
    final(any_firm, drawn(any_firm, CODE)["id"])
    assert ended(any_firm, contract) == "Done or begun, and not due yet: 1500.00 EUR."


def test_a_retainer_in_advance_tells_no_month_that_has_not_begun(firm: ApiClient) -> None:
    phase = {"fee": "1500", "periodicity": "MONTH", "startDate": "2026-11-01"}
    contract, _ = contract_of(firm, "RETAINER", phase, timing="ADVANCE")
    final(firm, drawn(firm, CODE)["id"])
    assert ended(firm, contract) is None


def test_a_fee_tells_what_its_progress_has_earned(any_firm: ApiClient) -> None:
    contract, phase = contract_of(any_firm, "FIXED_FEE_PROGRESS", {"fee": "1000"})
    progressed(any_firm, phase, "62.5")
    assert ended(any_firm, contract) == "Due: 625.00 EUR."
    act(any_firm, "contractUpdate", id=contract, status="ACTIVE")
    final(any_firm, drawn(any_firm, CODE, basis="PROGRESS")["id"])
    assert ended(any_firm, contract) is None


def test_time_tells_what_is_approved_and_what_is_not(any_firm: ApiClient) -> None:
    phase = {"fee": "0", "hourlyRate": "85"}
    contract, _ = contract_of(any_firm, "TIME_AND_MATERIALS", phase)
    worked_on(any_firm, CODE, ("2026-11-02", "4"))
    worked_on(any_firm, CODE, ("2026-11-03", "2"), approved=False)
    told = "Due: 340.00 EUR. Done or begun, and not due yet: 170.00 EUR."
    assert ended(any_firm, contract) == told


@pytest.mark.parametrize(
    ("method", "phase", "told"),
    [
        ("TIME_AND_MATERIALS", {"fee": "100", "hourlyRate": "85"}, "Due: 100.00 EUR."),
        ("PREPAID_HOURS", {"fee": "0", "hours": "1"}, "Hours without a price: 3."),
        (
            "PREPAID_HOURS",
            {"fee": "800", "hours": "1", "hourlyRate": "95"},
            "Due: 1085.00 EUR.",
        ),
    ],
)
def test_what_a_cap_keeps_and_hours_without_a_price(
    firm: ApiClient, method: str, phase: dict[str, str], told: str
) -> None:
    """4 h: above a cap nothing is left to bill; beyond a block 3 h are."""
    contract, _ = contract_of(firm, method, phase)
    worked_on(firm, CODE, ("2026-11-02", "4"))
    assert ended(firm, contract) == told


def test_a_contract_of_which_nothing_is_left_ends_in_silence(firm: ApiClient) -> None:
    contract, _ = contract_of(firm, "FIXED_FEE_PROGRESS", {"fee": "1000"})
    assert ended(firm, contract) is None
