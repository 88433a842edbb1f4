"""Documents for the accounts, made of the very records that the house keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from documents.accounting.entry import Entry, Surroundings, entry_of
from domain.accounting import Books
from domain.catalogue import TaxCode
from domain.client import Client
from domain.invoice.finalise import Dossier
from domain.invoice.model import Invoice, InvoiceKind, InvoiceLine, InvoiceState, LineKind
from domain.invoice.totals import Tax, line_net, total
from domain.organisation import Entity
from domain.tax import VatCategory

TAXES = {
    1: TaxCode(code="FR-20", rate=Decimal(20), category=VatCategory.STANDARD, country="FR"),
    2: TaxCode(
        code="FR-10", rate=Decimal(10), category=VatCategory.STANDARD, country="FR",
        vat_account="445712",
    ),
    3: TaxCode(code="FR-5.5", rate=Decimal("5.5"), category=VatCategory.STANDARD, country="FR"),
    4: TaxCode(
        code="AUTOLIQUIDATION", rate=Decimal(0), category=VatCategory.REVERSE_CHARGE, country="FR",
        reason_code="VATEX-EU-AE", mention="Autoliquidation",
    ),
}  # fmt: skip
DAY = date(2026, 11, 21)


@dataclass(frozen=True, slots=True)
class Sold:
    """A line: quantity, price, the tax by its key in TAXES, and the rest as a record has it."""

    quantity: str
    price: str
    tax: int = 1
    account: str | None = "706000"
    description: str = "Mission"
    sku: str | None = None
    discount: str | None = None


def document(
    sold: Sequence[Sold | str],
    *,
    number: str = "PAR26-00001",
    kind: InvoiceKind = InvoiceKind.INVOICE,
    currency: str = "EUR",
    rate: str | None = None,
    buyer: dict[str, Any] | None = None,
    books: Books | None = None,
    client: str = "CLI-0001",
    **more: Any,
) -> Entry:
    """The view of a final document; a text among what is sold is a line of text."""
    made = dossier(
        sold, number=number, kind=kind, currency=currency, rate=rate, buyer=buyer, client=client
    )
    return entry_of(made, Surroundings(books or Books(), **{"validated_on": DAY, **more}))


def dossier(
    sold: Sequence[Sold | str],
    *,
    number: str = "PAR26-00001",
    kind: InvoiceKind = InvoiceKind.INVOICE,
    currency: str = "EUR",
    rate: str | None = None,
    buyer: dict[str, Any] | None = None,
    client: str = "CLI-0001",
    parties: tuple[Client, Entity] | None = None,
    taxes: Mapping[int, TaxCode] = TAXES,
) -> Dossier:
    """All that a final document rests on."""
    lines = [_line(place, one, currency) for place, one in enumerate(sold, start=1)]
    taxed = [
        (line.net_minor, _tax(taxes[line.tax_code_id]))
        for line in lines
        if line.tax_code_id is not None
    ]
    totals = total(taxed, currency=currency)
    invoice = Invoice(
        pro_forma_number="PF-000001", client_id=1, entity_id=1, currency=currency, kind=kind,
        state=InvoiceState.READY, number=number, issue_date=DAY, due_date=date(2026, 12, 21),
        net_minor=totals.net, vat_minor=totals.vat, gross_minor=totals.gross,
        vat_groups=[
            {
                "rate": str(group.tax.rate), "category": group.tax.category.value,
                "reason_code": group.tax.reason_code, "mention": group.tax.mention,
                "base_minor": group.base, "vat_minor": group.vat,
            }
            for group in totals.groups
        ],
        buyer={
            "name": "Cabinet Lefèvre", "code": client, "vat_number": "FR44732829320",
            "siret": "73282932000074", "address": ["12 rue du Port", "75001 Paris"],
            **(buyer or {}),
        },
        euro_rate=None if rate is None else Decimal(rate),
    )  # fmt: skip
    invoice.id = int(number[-5:])
    today = Client(code=client, name="Today", name_key="today", loose_key="today")
    entity = Entity(
        code="PAR", name="Rivage", invoice_series="PAR", credit_note_series="PAV", siren="732829320"
    )
    buys, sells = parties or (today, entity)
    return Dossier(
        invoice=invoice, lines=lines, client=buys, entity=sells, projects=(), tax_codes=dict(taxes)
    )


def _tax(code: TaxCode) -> Tax:
    return Tax(code.rate, code.category, code.reason_code, code.mention)


def _line(place: int, sold: Sold | str, currency: str) -> InvoiceLine:
    if isinstance(sold, str):
        return InvoiceLine(
            invoice_id=1, position=place, kind=LineKind.TEXT, description=sold, currency=currency
        )
    quantity, price = Decimal(sold.quantity), Decimal(sold.price)
    discount = None if sold.discount is None else Decimal(sold.discount)
    return InvoiceLine(
        invoice_id=1, position=place, kind=LineKind.ACCOUNT, description=sold.description,
        currency=currency, quantity=quantity, unit="LS", unit_price=price, discount=discount,
        net_minor=line_net(
            quantity=quantity, unit_price=price, currency=currency, discount=discount
        ),
        tax_code_id=sold.tax, ledger_account=sold.account, sku=sold.sku,
    )  # fmt: skip
