"""Another hourly rate and the hours worked before it: told wherever a rate changes."""

from __future__ import annotations

from typing import Any

import pytest

from domain.access import Role
from tests.api.batches.example import COLLABORATOR, a_client, a_contract, worked_on
from tests.api.invoices.acts import drawn
from tests.api.records.asking import act, bulk, codes, done
from tests.api.takeover.reviews import notes, reviewed
from tests.api.takeover.sheets import PERSON, book
from tests.api.takeover.sheets import PHASE as ROW
from tests.support.api import ApiClient
from tests.support.prepared import statements

TOLD = "7.75 h: 85.00 → 95.00 EUR"


def by_the_hour(api: ApiClient, code: str, rate: str | None, **terms: Any) -> tuple[str, str]:
    """Time of 14 and 15 November, the first approved: identifiers of contract and phase."""
    a_client(api, code)
    phase = {"fee": "0", **({"hourlyRate": rate} if rate else {})}
    made = a_contract(api, code, code, phase, billingMethod="TIME_AND_MATERIALS", **terms)
    worked_on(api, code, ("2026-11-14", "4.75"))
    worked_on(api, code, ("2026-11-15", "3"), approved=False)
    return made


def told(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """The field and what is in brackets, of each TIME_REPRICED."""
    assert set(codes(answer)) <= {"TIME_REPRICED", "AMOUNT_ZERO"}, answer["userErrors"]
    return [
        (".".join(map(str, one["field"])), one["message"].partition("(")[2].partition(")")[0])
        for one in answer["userErrors"]
        if one["code"] == "TIME_REPRICED"
    ]


def of_person(api: ApiClient, rate: str | None) -> dict[str, Any]:
    """The answer to another rate of who worked."""
    asked = "query($email: String!) { collaboratorByEmail(email: $email) { id } }"
    key = api.query(asked, email=COLLABORATOR)["collaboratorByEmail"]["id"]
    return act(api, "collaboratorUpdate", id=key, billableRate=rate)


def test_a_new_rate_of_a_phase_tells_of_the_hours_before(any_firm: ApiClient) -> None:
    _, phase = by_the_hour(any_firm, "TAU-1", "85")
    answer = act(any_firm, "phaseUpdate", id=phase, hourlyRate="95")
    assert told(answer) == [("hourlyRate", TOLD)]
    one = answer["userErrors"][-1]
    assert (one["severity"], "7.75" in one["message"]) == ("WARNING", True)
    assert "Invoice them first" in one["fix"]
    assert told(act(any_firm, "phaseUpdate", id=phase, hourlyRate="95", phaseName="Suivi")) == []
    assert told(act(any_firm, "phaseUpdate", id=phase, hourlyRate=None))[0][0] == "hourlyRate"


def test_hours_that_a_line_bills_keep_their_price(any_firm: ApiClient) -> None:
    """Of a pro forma too: what is drawn is drawn."""
    _, phase = by_the_hour(any_firm, "TAU-2", "85")
    drawn(any_firm, "TAU-2")
    answer = act(any_firm, "phaseUpdate", id=phase, hourlyRate="95")
    assert told(answer) == [("hourlyRate", "3.00 h: 85.00 → 95.00 EUR")]


def test_a_new_rate_of_a_contract_tells_of_phases_without_one(any_firm: ApiClient) -> None:
    contract, phase = by_the_hour(any_firm, "TAU-3", None, hourlyRate="85")
    assert told(act(any_firm, "contractUpdate", id=contract, hourlyRate="95")) == [
        ("hourlyRate", TOLD)
    ]
    assert told(act(any_firm, "contractUpdate", id=contract, hourlyRate="95")) == []
    assert told(act(any_firm, "contractUpdate", id=contract, name="Régie")) == []
    assert told(act(any_firm, "contractUpdate", id=contract, hourlyRate=None)) == [
        ("hourlyRate", TOLD.replace("85.00 → 95.00", "95.00 → 68.00"))
    ]
    done(any_firm, "phaseUpdate", id=phase, hourlyRate="90")
    assert told(act(any_firm, "contractUpdate", id=contract, hourlyRate="99")) == []


def test_a_new_rate_of_a_person_tells_of_what_it_prices(any_firm: ApiClient) -> None:
    of_person(any_firm, "85")
    by_the_hour(any_firm, "TAU-4", None)
    by_the_hour(any_firm, "TAU-5", "70")
    assert told(of_person(any_firm, "95")) == [("billableRate", TOLD)]
    assert told(of_person(any_firm, None)) == [
        ("billableRate", TOLD.replace("85.00 → 95.00", "95.00 → –"))
    ]
    items = [{"email": COLLABORATOR, "firstName": "Ana", "lastName": "Šimek", "billableRate": "85"}]
    assert told(bulk(any_firm, "collaborators", items)["results"][0]) == []
    items[0]["billableRate"] = "95"
    tried = bulk(any_firm, "collaborators", items, dryRun=True)["results"][0]
    assert told(tried) == [("items.0.billableRate", TOLD)]


def test_many_phases_are_told_of_each(any_firm: ApiClient) -> None:
    first, second = (by_the_hour(any_firm, code, "85")[1] for code in ("TAU-6", "TAU-7"))
    items = [{"id": first, "hourlyRate": "95"}, {"id": second, "hourlyRate": None}]
    results = bulk(any_firm, "phases", items)["results"]
    assert [told(one) for one in results] == [
        [("items.0.hourlyRate", TOLD)],
        [("items.1.hourlyRate", TOLD.replace("95.00", "68.00"))],
    ]


def test_a_review_tells_of_new_rates(any_firm: ApiClient) -> None:
    """By the row that brings one; prices of people only in the sheet that has them."""
    of_person(any_firm, "80")
    by_the_hour(any_firm, "TAU-8", "85")
    by_the_hour(any_firm, "TAU-9", None)
    rows = [
        {
            **ROW,
            "A": "RIV-PAR",
            "B": code,
            "C": f"Contrat {code}",
            "D": "Phase",
            "E": "PH1",
            "F": 0,
            "H": None,
        }
        for code in ("TAU-8", "TAU-9")
    ]
    _, found = reviewed(any_firm, book("phases", *(row | {"P": 95} for row in rows)), kind="phases")
    assert all(("TIME_REPRICED", "P") in notes(found[number]) for number in (2, 3)), found
    said = [
        note["message"]
        for number in (2, 3)
        for note in found[number]["userErrors"]
        if note["code"] == "TIME_REPRICED"
    ]
    assert TOLD in said[0]
    assert "7.75." in said[1]
    assert "80.00" not in said[1]
    row = {**PERSON, "B": "Ana", "C": "Šimek", "D": COLLABORATOR, "J": 90}
    _, found = reviewed(any_firm, book("collaborators", row), kind="collaborators")
    assert ("TIME_REPRICED", "J") in notes(found[2]), found


def test_many_rates_are_looked_at_by_a_few_statements(firm: ApiClient) -> None:
    """No rate adds one of its own."""
    counts = []
    for size in (1, 4):
        of_size = [by_the_hour(firm, f"TAU-{size}{n}", "85")[1] for n in range(size)]
        items = [{"id": phase, "hourlyRate": "95"} for phase in of_size]
        with statements(firm) as asked:
            results = bulk(firm, "phases", items, dryRun=True)["results"]
        assert [len(told(one)) for one in results] == [1] * size
        counts.append(len(asked))
    assert counts[1] <= counts[0] + 1


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.ACCOUNTANT, Role.PROJECT_MANAGER])
def test_whoever_may_change_a_rate_of_a_phase_may_see_them(firm: ApiClient, role: Role) -> None:
    of_person(firm, "85")
    by_the_hour(firm, "TAU-0", None)
    limited = role is Role.PROJECT_MANAGER
    caller = firm.as_manager("TAU-0", role=role) if limited else firm.with_role(role)
    key = firm.query('{ projectByCode(code: "TAU-0") { contracts { phases { id } } } }')
    phase = key["projectByCode"]["contracts"][0]["phases"][0]["id"]
    assert told(act(caller, "phaseUpdate", id=phase, hourlyRate="95")) == [("hourlyRate", TOLD)]
