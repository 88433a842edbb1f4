"""What is billed in part: rests of periods, entries cut by a cap, caps of archived phases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from domain.project.history import BillingHistory
from domain.project.model import Contract, Phase, PhaseKind, Project
from domain.time_entry import TimeEntry
from tests.api.invoices.acts import DELETE, change, codes, final
from tests.api.invoices.test_drawing_items import (
    CREDIT,
    HOURLY,
    RETAINER,
    billable,
    draw,
    keys,
    lines_of,
    worked,
)
from tests.api.invoices.test_lines_by_hand import asked
from tests.support.api import ApiClient
from tests.support.takeover import project

TIME = "TIME_AND_MATERIALS"
PAST_CREDIT = """
mutation($i: PastInvoiceCreditInput!) {
  pastInvoiceCredit(input: $i) { creditNote { net { amount } } userErrors { code } }
}
"""
CONTRACT = (
    "mutation($i: ContractUpdateInput!) { contractUpdate(input: $i) { userErrors { code } } }"
)
PHASE = "mutation($i: PhaseUpdateInput!) { phaseUpdate(input: $i) { userErrors { code } } }"
ARCHIVE = "mutation($i: ArchiveInput!) { phaseArchive(input: $i) { userErrors { code } } }"
WRITE_OFF = """
mutation($i: TimeEntriesWriteOffInput!) {
  timeEntriesWriteOff(input: $i) { counts { updated } userErrors { code } }
}
"""


def credit(api: ApiClient, invoice: str, *lines: dict[str, Any]) -> None:
    answer = api.query(CREDIT, id=invoice, lines=list(lines) or None, key=str(uuid4()))
    assert codes(answer["invoiceCredit"]) == []


def phase_of(api: ApiClient, code: str, method: str) -> dict[str, Any]:
    with api.house.database.reading(api.organisation_id) as session:
        phase, job = session.execute(
            select(Phase, Project.id)
            .join(Contract, Contract.id == Phase.contract_id)
            .join(Project, Project.id == Contract.project_id)
            .where(Project.code == code, Contract.billing_method == method)
        ).one()
        return {"id": phase.id, "contract": phase.contract_id, "project": job}


def due(api: ApiClient, code: str, method: str) -> list[tuple[str, str]]:
    return [
        (item["key"].partition(":")[2], item["amount"]["amount"])
        for item in billable(api, code, method)["items"]
        if item["selectable"]
    ]


def total(api: ApiClient) -> str:
    found: str = billable(api, RETAINER, "RETAINER")["totalBalance"]["amount"]
    return found


def test_what_covered_a_period_is_due_again_and_drawn_once(any_firm: ApiClient) -> None:
    """F10, DOMAIN §2.6: 500.00 by hand, January drawn less them; deleted, they are due."""
    phase = phase_of(any_firm, RETAINER, "RETAINER")["id"]
    hand = draw(any_firm, RETAINER, phases=[{"phaseId": f"phase_{phase}", "amount": "500"}])
    drawn = draw(any_firm, RETAINER, asOf="2026-02-28")
    assert [line["net"]["amount"] for line in lines_of(drawn)] == ["322.58", "1500.00"]
    assert total(any_firm) == "12000.00"
    any_firm.query(DELETE, id=hand["invoice"]["id"])
    assert total(any_firm) == "12500.00"
    (key, amount), *_ = due(any_firm, RETAINER, "RETAINER")
    assert (key, amount) == ("rest:retainer:2026-01-15", "500.00")
    wanted = keys(billable(any_firm, RETAINER, "RETAINER"))[:1]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: draw(any_firm, RETAINER, items=wanted), range(2)))
    (rest,) = [answer for answer in answers if answer["invoice"] is not None]
    (line,) = lines_of(rest)
    assert line["detail"] == "Solde, du 15 janvier 2026 au 31 janvier 2026"
    assert (line["explanation"]["rule"], line["quantity"]) == ("REST", "1")
    assert line["explanation"]["sentence"] == "It came to 822.58 EUR; 322.58 EUR of it is billed."
    assert total(any_firm) == "12000.00"

    for one in (drawn, rest):
        assert codes(final(any_firm, one["invoice"]["id"])) == []
    february = lines_of(drawn)[1]["id"]
    credit(any_firm, drawn["invoice"]["id"], {"lineId": february, "amount": "500"})
    assert due(any_firm, RETAINER, "RETAINER")[0] == ("rest:retainer:2026-02-01", "500.00")
    credit(any_firm, rest["invoice"]["id"], {"lineId": line["id"], "amount": "200"})
    assert due(any_firm, RETAINER, "RETAINER")[0] == ("rest:retainer:2026-01-15", "200.00")
    assert total(any_firm) == "12700.00"
    draw(any_firm, RETAINER, phases=[{"phaseId": f"phase_{phase}", "amount": "700"}])
    assert due(any_firm, RETAINER, "RETAINER")[0] == ("2026-03-01", "1500.00")


def test_a_past_invoice_that_is_credited_covers_no_period_any_more(firm: ApiClient) -> None:
    phase = phase_of(firm, RETAINER, "RETAINER")
    with firm.house.database.writing(firm.organisation_id) as session:
        session.add(
            BillingHistory(
                phase_id=phase["id"],
                net_minor=50_000,
                invoice_date=date(2026, 2, 1),
                invoice_no="OLD-1",
                currency="EUR",
                vat_rate=Decimal(20),
            )
        )
    assert codes(final(firm, draw(firm, RETAINER, asOf="2026-02-28")["invoice"]["id"])) == []
    assert total(firm) == "12000.00"
    asked = {"projectId": project(firm, RETAINER)["id"], "invoiceNo": "OLD-1", "reason": "x"}
    told = firm.query(PAST_CREDIT, i={**asked, "idempotencyKey": "p"})["pastInvoiceCredit"]
    assert codes(told) == []
    assert total(firm) == "12500.00"


def _cap(api: ApiClient, contract: int, cap: str) -> None:
    answer = api.query(CONTRACT, i={"id": f"contract_{contract}", "cap": cap})
    assert codes(answer["contractUpdate"]) == []


def test_the_part_of_an_entry_that_a_cap_left_is_billed_once(any_firm: ApiClient) -> None:
    """CAP_REACHED: 300.00 of the second entry are billed, at another rate and written off too."""
    phase = phase_of(any_firm, HOURLY, TIME)
    worked(any_firm, HOURLY, "8", "8")
    _cap(any_firm, phase["contract"], "980")
    drawn = draw(any_firm, HOURLY, items=keys(billable(any_firm, HOURLY, TIME)))
    assert drawn["invoice"]["net"]["amount"] == "980.00"
    assert codes(final(any_firm, drawn["invoice"]["id"])) == []
    _cap(any_firm, phase["contract"], "5000")
    assert [amount for _, amount in due(any_firm, HOURLY, TIME)] == ["380.00"]
    told = any_firm.query(PHASE, i={"id": f"phase_{phase['id']}", "hourlyRate": "90"})
    assert codes(told["phaseUpdate"]) == ["TIME_REPRICED"]
    assert [amount for _, amount in due(any_firm, HOURLY, TIME)] == ["420.00"]
    asked = {"ids": ["time_entry_2"], "reason": "x", "idempotencyKey": "w"}
    assert any_firm.query(WRITE_OFF, i=asked)["timeEntriesWriteOff"]["counts"]["updated"] == 1
    worked(any_firm, HOURLY, "8")
    assert [amount for _, amount in due(any_firm, HOURLY, TIME)] == ["720.00"]


def test_a_part_of_an_entry_that_is_credited_in_part_stays_billed_and_is_told(
    any_firm: ApiClient,
) -> None:
    """A line that bills 980.00 of one entry of 1,360.00 is of time, though it bills no entry."""
    phase = phase_of(any_firm, HOURLY, TIME)
    worked(any_firm, HOURLY, "16")
    _cap(any_firm, phase["contract"], "980")
    drawn = draw(any_firm, HOURLY, items=keys(billable(any_firm, HOURLY, TIME)))
    assert codes(final(any_firm, drawn["invoice"]["id"])) == []
    _cap(any_firm, phase["contract"], "5000")
    (line,) = lines_of(drawn)
    for lines, told, rest in (
        ([{"lineId": line["id"], "amount": "300"}], ["TIME_STAYS_BILLED"], "380.00"),
        (None, [], "1360.00"),
    ):
        given = {"id": drawn["invoice"]["id"], "lines": lines, "key": str(uuid4())}
        assert codes(any_firm.query(CREDIT, **given)["invoiceCredit"]) == told
        assert [amount for _, amount in due(any_firm, HOURLY, TIME)] == [rest]


def test_an_archived_phase_stays_in_the_cap_of_its_contract(firm: ApiClient) -> None:
    """1,000.00 less 850.00 on the phase that is put away: 150.00 are drawn, and made final."""
    first = phase_of(firm, HOURLY, TIME)
    worked(firm, HOURLY, "10")
    with firm.house.database.writing(firm.organisation_id) as session:
        agreed = session.scalars(select(Phase).where(Phase.id == first["id"])).one()
        agreed.fee_minor = 0
        person = session.scalars(select(TimeEntry.collaborator_id)).first()
        assert person is not None
        second = Phase(
            contract_id=first["contract"],
            code="REG2",
            name="Régie 2",
            name_key="regie 2",
            kind=PhaseKind.PHASE,
            position=99,
            fee_minor=0,
            currency=agreed.currency,
            vat_rate=agreed.vat_rate,
            ledger_account=agreed.ledger_account,
            hourly_rate_minor=8500,
        )
        session.add(second)
    _cap(firm, first["contract"], "1000")
    drawn = draw(firm, HOURLY, items=keys(billable(firm, HOURLY, TIME)))
    assert drawn["invoice"]["net"]["amount"] == "850.00"
    assert codes(final(firm, drawn["invoice"]["id"])) == []
    with firm.house.database.writing(firm.organisation_id) as session:
        second_id = session.scalars(select(Phase.id).where(Phase.code == "REG2")).one()
        session.add(
            TimeEntry(
                collaborator_id=person,
                project_id=first["project"],
                contract_id=first["contract"],
                phase_id=second_id,
                worked_on=date(2026, 11, 5),
                hours=Decimal(10),
                approved=True,
            )
        )
    told = firm.query(ARCHIVE, i={"id": f"phase_{first['id']}"})["phaseArchive"]
    assert codes(told) == []
    drawn = draw(firm, HOURLY, items=keys(billable(firm, HOURLY, TIME)))
    assert drawn["invoice"]["net"]["amount"] == "150.00"
    by_hand = draw(firm, HOURLY, phases=[{"phaseId": f"phase_{second_id}", "amount": "1"}])
    assert codes(by_hand) == ["AMOUNT_ABOVE_REMAINING"]
    assert codes(final(firm, drawn["invoice"]["id"])) == []


def test_a_rest_that_is_lowered_to_nothing_is_given_up(any_firm: ApiClient) -> None:
    """REST_GIVEN_UP, as it says: a part of a month that was credited is not drawn for ever."""
    drawn = draw(any_firm, RETAINER, asOf="2026-02-28")
    assert codes(final(any_firm, drawn["invoice"]["id"])) == []
    credit(any_firm, drawn["invoice"]["id"], {"lineId": lines_of(drawn)[1]["id"], "amount": "500"})
    wanted = keys(billable(any_firm, RETAINER, "RETAINER"))[:2]
    given = draw(any_firm, RETAINER, items=wanted)["invoice"]
    rest, march = given["lines"]
    lines = [asked(rest, unitPrice="0"), asked(march, unitPrice=march["unitPrice"])]
    assert codes(change(any_firm, given["id"], lines=lines)) == ["REST_GIVEN_UP"]
    again = ("rest:retainer:2026-02-01", "500.00")
    assert again not in due(any_firm, RETAINER, "RETAINER")
    assert codes(final(any_firm, given["id"])) == []
    assert again not in due(any_firm, RETAINER, "RETAINER")
    credit(any_firm, given["id"])
    assert due(any_firm, RETAINER, "RETAINER")[0] == again
