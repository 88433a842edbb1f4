"""The deposit of a project pays this project alone, on an invoice over several (B26, B28)."""

from __future__ import annotations

import pytest

from domain.errors import Refusal
from domain.invoice.model import Invoice, InvoiceLine, LineKind
from domain.invoice.own_deposits import require_own
from persistence.ledger.check import disagreements
from tests.api.invoices.acts import account_line, change, codes, final
from tests.api.invoices.exporting_acts import export, files
from tests.api.invoices.paying_acts import act
from tests.api.invoices.project_acts import codes_of, covered, jobs, left_of, line_on, over
from tests.api.invoices.test_project_papers import paper
from tests.support import accounting_files
from tests.support.api import ApiClient
from tests.support.takeover import project


def deposit_of(api: ApiClient, code: str, amount: str) -> str:
    """A final deposit invoice of a project."""
    job = project(api, code)["id"]
    made: str = act(api, "depositInvoiceCreate", projectId=job, amount=amount)["invoice"]["id"]
    assert codes(final(api, made)) == []
    return made


def test_a_part_is_credited_with_the_deposit_it_took(firm: ApiClient) -> None:
    """CREDIT_ABOVE_PROJECT: neither a line without its deduction, nor with that of another."""
    of = jobs(firm, "OWN-1", "OWN-2")
    first, second = (deposit_of(firm, code, "60.00") for code in of)
    invoice = over(firm, *of.values())
    priced = [*(line_on(phase) for phase in of.values()), account_line("7.00")]
    assert codes(change(firm, invoice, lines=priced)) == []
    for one in (first, second):
        assert codes(act(firm, "invoiceDeductDeposit", id=invoice, depositId=one)) == []
    assert codes(final(firm, invoice)) == []
    line_a, line_b, product, off_a, off_b = (
        {"lineId": line["id"]} for line in covered(firm, invoice)["lines"]
    )
    for asked in ([line_a], [line_b], [line_a, off_b], [line_b, off_a], [line_b, product, off_a]):
        answer = act(firm, "invoiceCredit", id=invoice, lines=asked)
        assert codes(answer) == ["CREDIT_ABOVE_PROJECT"], asked
    part = [{**line_a, "amount": "40.00"}, product]
    assert codes(act(firm, "invoiceCredit", id=invoice, lines=part)) == []
    assert codes(act(firm, "invoiceCredit", id=invoice, lines=[line_b, off_b])) == []
    more = [{**line_a, "amount": "0.01"}]
    assert codes(act(firm, "invoiceCredit", id=invoice, lines=more)) == ["CREDIT_ABOVE_PROJECT"]
    made = act(firm, "invoiceReplace", id=invoice, reason="r")
    assert codes(made) == []
    assert codes_of(firm, made["invoice"]["id"]) == ("OWN-1", ["OWN-1"])
    assert codes(final(firm, made["invoice"]["id"])) == []
    assert [left_of(firm, code)[0] for code in of] == ["60.00", "0.00"]
    with firm.house.database.reading(firm.organisation_id) as session:
        assert disagreements(session) == []


def test_its_papers_and_files_tell_whose_it_is(firm: ApiClient) -> None:
    """A credit note corrects the invoice, not its deposits; each deduction has a project (B29)."""
    of = jobs(firm, "TOL-1", "TOL-2")
    deposits = [deposit_of(firm, code, "60.00") for code in of]
    invoice = over(firm, *of.values())
    for one in deposits:
        assert codes(act(firm, "invoiceDeductDeposit", id=invoice, depositId=one)) == []
    assert codes(final(firm, invoice)) == []
    note = act(firm, "invoiceCredit", id=invoice)["creditNote"]["id"]
    told = paper(firm, note)
    assert told.count("En correction de la facture") == 1
    numbers = [covered(firm, one)["number"] for one in (*deposits, invoice)]
    assert f"En correction de la facture {numbers[2]}" in told
    assert all(f"Déduction de l’acompte {number}" in told for number in numbers[:2])
    written = files(firm, export(firm, "CSV", ids=[invoice, note])).values()
    rows = [
        (row["line"], row["project_code"])
        for content in written
        for row in accounting_files.comma_separated(content, separator=",")
    ]
    assert rows == [("1", "TOL-1"), ("2", "TOL-2"), ("3", "TOL-1"), ("4", "TOL-2")] * 2


def test_what_was_credited_before_the_rule_is_not_billed_to_another(
    firm: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deposit that an earlier credit left behind: neither replaced nor made final with it."""
    of = jobs(firm, "OLD-1", "OLD-2")
    deposit = deposit_of(firm, "OLD-1", "60.00")
    invoice = over(firm, *of.values())
    assert codes(act(firm, "invoiceDeductDeposit", id=invoice, depositId=deposit)) == []
    assert codes(final(firm, invoice)) == []
    line = covered(firm, invoice)["lines"][0]["id"]
    with monkeypatch.context() as former:
        former.setattr("domain.invoice.credit._require_by_project", lambda *_: None)
        assert codes(act(firm, "invoiceCredit", id=invoice, lines=[{"lineId": line}])) == []
    answer = act(firm, "invoiceReplace", id=invoice, reason="r")
    assert codes(answer) == ["DEPOSIT_OF_OTHERS"]
    with monkeypatch.context() as former:
        former.setattr(
            "resolvers.invoicing._replacing._require_own_deposits", lambda *_, **__: None
        )
        made = act(firm, "invoiceReplace", id=invoice, reason="r")["invoice"]["id"]
    assert codes(final(firm, made)) == ["DEPOSIT_OF_OTHERS"]


def lines_of(*told: tuple[int, int | None, int | None]) -> list[InvoiceLine]:
    """A line of each net, phase and deposit."""
    return [
        InvoiceLine(
            invoice_id=1,
            position=place,
            kind=LineKind.ACCOUNT,
            description="x",
            currency="EUR",
            net_minor=net,
            phase_id=phase,
            deducts_id=deposit,
            tax_code_id=1,
        )
        for place, (net, phase, deposit) in enumerate(told, 1)
    ]


@pytest.mark.parametrize(
    ("told", "projects", "refused"),
    [
        ([(100, 11, None), (-100, None, 21)], {1}, None),
        ([(100, 11, None), (7, None, None), (-107, None, 21)], {1}, None),
        ([(100, 12, None), (-100, None, 21)], {2}, "DEPOSIT_OF_OTHERS"),
        ([(100, 11, None), (100, 12, None), (-100, None, 21)], {1, 2}, None),
        ([(100, 11, None), (7, None, None), (1, 12, None), (-101, None, 21)], {1, 2},
         "DEDUCTION_ABOVE_INVOICE"),
        ([(40, 11, None), (100, 12, None), (-60, None, 21)], {1, 2}, "DEDUCTION_ABOVE_INVOICE"),
        ([(7, None, None), (-7, None, 21)], set(), None),
    ],
)  # fmt: skip
def test_what_is_made_final_takes_off_its_own(
    told: list[tuple[int, int | None, int | None]], projects: set[int], refused: str | None
) -> None:
    """What an earlier credit left: phase 11 is of project 1, and so is deposit 21."""
    invoice = Invoice(pro_forma_number="PF-1", client_id=1, entity_id=1, currency="EUR")

    def judge() -> None:
        require_own(
            invoice,
            lines_of(*told),
            projects=projects,
            of_phases={11: 1, 12: 2},
            of_deposits={21: 1},
            number="PF-1",
        )

    if refused is None:
        judge()
        return
    with pytest.raises(Refusal) as found:
        judge()
    assert [one.code for one in found.value.issues] == [refused]
