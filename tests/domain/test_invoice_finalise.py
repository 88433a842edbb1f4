"""What a pro forma must hold to become a legal invoice; each lack on its own, and all at once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.errors import Refusal
from domain.invoice.finalise import Dossier, due_date, finalise, require_complete, require_pro_forma
from domain.invoice.model import InvoiceState, LineKind
from domain.project.model import ProjectStatus
from domain.tax import VatCategory
from tests.domain.examples import (
    client,
    dossier,
    entity,
    in_words,
    invoice,
    line,
    project,
    refused,
    tax_code,
)

ISSUED = date(2026, 11, 21)
TEXT = line(2, kind=LineKind.TEXT, tax_code_id=None, ledger_account=None, net_minor=0)


def lacks(**changed: Any) -> list[str]:
    return refused(lambda: require_complete(dossier(**changed), issue_date=ISSUED))


def test_a_complete_pro_forma_may_become_final() -> None:
    require_complete(dossier(), issue_date=ISSUED)
    require_complete(dossier(project=None, lines=[line(), TEXT]), issue_date=ISSUED)
    free_of_charge = line(2, quantity=Decimal(0), unit_price=Decimal(0), net_minor=0)
    require_complete(dossier(lines=[line(), free_of_charge]), issue_date=ISSUED)


ALONE: dict[str, list[dict[str, Any]]] = {
    "INVOICE_EMPTY": [{"lines": []}, {"lines": [TEXT]}],
    "INVOICE_ZERO": [{"invoice": invoice(net_minor=0)}],
    "INVOICE_PROJECT_NOT_SIGNED": [
        {"project": project(status=ProjectStatus.COMMERCIAL)},
        {"project": project(status=ProjectStatus.CLOSED)},
    ],
    "LINE_WITHOUT_TAX": [
        {"lines": [line(tax_code_id=None)]},
        # A code of another firm, or one that is gone, is none.
        {"lines": [line(tax_code_id=10)]},
    ],
    "EXEMPTION_MISSING": [
        {"tax_codes": {9: tax_code(rate=Decimal(0))}},
        {"tax_codes": {9: tax_code(rate=Decimal(0), mention="")}},
    ],
    "LINE_INCOMPLETE": [
        {"lines": [line(description="  ")]},
        {"lines": [line(quantity=None)]},
        {"lines": [line(unit_price=None)]},
    ],
    "LINE_WITHOUT_ACCOUNT": [
        {"lines": [line(ledger_account=None)]},
        {"lines": [line(ledger_account="")]},
    ],
    "DUE_BEFORE_ISSUE": [{"invoice": invoice(due_date=date(2026, 11, 20))}],
    "MENTION_MISSING": [
        {"entity": entity(address="")},
        {"entity": entity(vat_number=None)},
        {"entity": entity(siren=None)},
        {"client": client(billing_address="")},
    ],
    "INVOICE_ALREADY_FINAL": [
        {"invoice": invoice(state=InvoiceState.READY, number="PAR26-00001")},
        {"invoice": invoice(state=InvoiceState.FINAL, number="PAR26-00001")},
    ],
}


@pytest.mark.parametrize(
    ("code", "changed"),
    [(code, changed) for code, cases in ALONE.items() for changed in cases],
    ids=[f"{code}-{n}" for code, cases in ALONE.items() for n in range(len(cases))],
)
def test_each_lack_is_refused_on_its_own(code: str, changed: dict[str, Any]) -> None:
    assert lacks(**changed) == [code]


def test_everything_that_is_missing_is_said_at_once() -> None:
    found = lacks(
        invoice=invoice(net_minor=0, due_date=date(2026, 1, 1)),
        lines=[line(1, tax_code_id=None, ledger_account=None), line(2, ledger_account=None)],
        project=project(status=ProjectStatus.COMMERCIAL),
        entity=entity(address="", siren=None, vat_number=None),
        client=client(billing_address=""),
        tax_codes={9: tax_code(rate=Decimal(0))},
    )
    assert sorted(found) == [
        "DUE_BEFORE_ISSUE",
        "EXEMPTION_MISSING",
        "INVOICE_PROJECT_NOT_SIGNED",
        "INVOICE_ZERO",
        "LINE_WITHOUT_ACCOUNT",
        "LINE_WITHOUT_ACCOUNT",
        "LINE_WITHOUT_TAX",
        *["MENTION_MISSING"] * 4,
    ]


def test_a_line_is_named_by_its_place_in_the_invoice() -> None:
    with pytest.raises(Refusal) as caught:
        require_complete(dossier(lines=[line(), line(2, tax_code_id=None)]), issue_date=ISSUED)
    (issue,) = caught.value.issues
    assert issue.field == ("lines", 1, "tax_code")
    assert in_words(issue) == "Line 2 of PF-000001 has no tax code."


def test_each_part_of_a_line_is_named_by_its_place() -> None:
    bare = line(2, ledger_account=None, quantity=None, unit_price=None, description=" ")
    with pytest.raises(Refusal) as caught:
        require_complete(dossier(lines=[line(), bare]), issue_date=ISSUED)
    found = [(issue.code, issue.field) for issue in caught.value.issues]
    assert found == [
        ("LINE_INCOMPLETE", ("lines", 1, "description")),
        ("LINE_INCOMPLETE", ("lines", 1, "quantity")),
        ("LINE_INCOMPLETE", ("lines", 1, "unit_price")),
        ("LINE_WITHOUT_ACCOUNT", ("lines", 1, "ledger_account")),
    ]


def test_a_zero_rate_with_its_mention_is_enough() -> None:
    free = tax_code(rate=Decimal(0), mention="Autoliquidation", reason_code="VATEX-EU-AE")
    require_complete(dossier(tax_codes={9: free}), issue_date=ISSUED)


def test_a_siren_is_asked_of_french_entities_alone() -> None:
    """R123-237 is French law; a Belgian entity has no SIREN."""
    require_complete(dossier(entity=entity(country="BE", siren=None)), issue_date=ISSUED)
    assert lacks(entity=entity(country="RE", siren=None)) == ["MENTION_MISSING"]


@pytest.mark.parametrize(("net", "gross"), [(-100, -120), (100, -20)])
def test_less_than_nothing_is_a_matter_of_credit(net: int, gross: int) -> None:
    """Taxed deductions beside untaxed lines may leave a net, and less than nothing to pay."""
    of = invoice(net_minor=net, gross_minor=gross)
    with pytest.raises(Refusal) as caught:
        require_complete(dossier(invoice=of), issue_date=ISSUED)
    assert [issue.code for issue in caught.value.issues] == ["INVOICE_NEGATIVE"]


def test_a_due_date_on_the_day_of_issue_is_allowed() -> None:
    require_complete(dossier(invoice=invoice(due_date=ISSUED)), issue_date=ISSUED)
    require_complete(dossier(invoice=invoice(payment_days=0)), issue_date=ISSUED)


def test_the_due_date_agreed_comes_before_the_days_of_payment() -> None:
    assert due_date(invoice(payment_days=45), ISSUED) == date(2027, 1, 5)
    agreed = date(2026, 12, 31)
    assert due_date(invoice(payment_days=45, due_date=agreed), ISSUED) == agreed


def test_finalising_gives_number_and_dates_and_freezes() -> None:
    """F23: READY is Finale – Prête pour envoi."""
    made, now = invoice(), datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    finalise(made, number="PAR26-00042", issue_date=ISSUED, now=now)
    assert (made.number, made.issue_date, made.due_date) == (
        "PAR26-00042",
        ISSUED,
        date(2026, 12, 21),
    )
    assert (made.state, made.finalised_at) == (InvoiceState.READY, now)
    assert refused(lambda: require_pro_forma(made)) == ["INVOICE_ALREADY_FINAL"]


@pytest.mark.parametrize("state", [InvoiceState.DRAFT, InvoiceState.SENT])
def test_what_is_still_a_pro_forma_may_be_changed(state: InvoiceState) -> None:
    require_pro_forma(invoice(state=state))


def test_a_dossier_bears_the_legal_number_once_there_is_one() -> None:
    of: Dossier = dossier()
    assert of.number == "PF-000001"
    of.invoice.number = "PAR26-00001"
    assert of.number == "PAR26-00001"


def test_a_zero_rate_needs_no_reason_where_zero_is_the_rate() -> None:
    """EN 16931 category Z: the rate is zero, nothing is exempted (DOMAIN §4.2)."""
    zero = tax_code(rate=Decimal(0), category=VatCategory.ZERO, mention=None)
    require_complete(dossier(tax_codes={9: zero}), issue_date=ISSUED)
