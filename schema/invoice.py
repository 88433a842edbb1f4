"""Invoices: pro forma or legal, with lines, VAT per rate and the project's other invoices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.invoice.euro import vat_in_euro
from domain.invoice.model import CreditState, InvoiceKind, InvoiceState, LineKind
from domain.invoice.model import Invoice as InvoiceRecord
from domain.invoice.model import InvoiceLine as InvoiceLineRecord
from domain.payment import PaymentState
from domain.tax import VatCategory
from persistence.invoice.crediting import invoices_credited, lines_credited
from persistence.invoice.payments import standings
from persistence.invoice.projects import other_invoices, projects_of
from persistence.reading import Computed, Derived, Noun, Row, ToMany, ToOne, Wanted, load_by_ids
from persistence.session import ScopedSession
from schema.accounting import INVOICE_EXPORT, InvoiceExport
from schema.catalogue import TAX_CODE, TaxCode
from schema.client import CLIENT, Client
from schema.explanation import EXPLANATION, LineExplanation
from schema.invoice_mail import INVOICE_MAIL, InvoiceMail
from schema.node import Node
from schema.organisation import ENTITY, Entity
from schema.project import PHASE, PROJECT, Phase, Project
from schema.scalars import Money, MoneyRow, money, money_field, number_field, plain
from schema.transmission import LIFECYCLE_STATUS, TRANSMISSION, LifecycleStatus, Transmission

if TYPE_CHECKING:
    from schema.payment import PaymentAllocation

strawberry.enum(
    InvoiceState,
    description="DRAFT: pro forma, in preparation. SENT: pro forma, with the client. READY: "
    "legal, waits to be handed over or sent. FINAL: legal, and gone out.",
)
strawberry.enum(InvoiceKind, description="EN 16931 types 380, 381, 386.")
strawberry.enum(
    LineKind, description="What a line stands for; TEXT has neither quantity, price nor tax."
)
strawberry.enum(CreditState, description="How much of an invoice was credited.")
strawberry.enum(PaymentState, description="PAID: nothing is due any more.")


@strawberry.type(description="The VAT of one rate, computed on the sum of its lines.")
class VatGroup:
    rate: Decimal = strawberry.field(description="Percent.")
    category: VatCategory = strawberry.field(description="EN 16931 (UNCL5305).")
    reason_code: str | None = strawberry.field(description="VATEX: why no VAT is charged.")
    mention: str | None = strawberry.field(description="What is printed of it.")
    base: Money = strawberry.field(description="Net, of all its lines.")
    vat: Money = strawberry.field(description="Rounded once, on the base.")


@strawberry.type(description="One line. A TEXT line has neither quantity, price nor tax.")
class InvoiceLine(Node):
    position: int = strawberry.field(description="Its place on the invoice.")
    kind: LineKind
    description: str
    detail: str | None
    quantity: Decimal | None
    unit: str | None = strawberry.field(description="UN/ECE: C62, LS, HUR, DAY, MON.")
    unit_price: Decimal | None = strawberry.field(description="Net, in the invoice's currency.")
    net: Money = strawberry.field(description="After the discount.")
    tax_code: TaxCode | None
    ledger_account: str | None
    sku: str | None
    phase: Phase | None = strawberry.field(description="Whose fee it bills; null of others.")
    credited: Money = strawberry.field(description="Net, by all credit notes.")
    deducts: Invoice | None = strawberry.field(
        description="The deposit invoice that this line takes off."
    )
    progress: Decimal | None = strawberry.field(
        description="Percent of the phase's fee that this line brings the billing to."
    )
    discount: Decimal | None = strawberry.field(description="Percent off quantity × unit price.")
    period_start: date | None = strawberry.field(description="Null of what has no period.")
    period_end: date | None = strawberry.field(description="The last day, itself included.")
    explanation: LineExplanation | None = strawberry.field(
        description="Why it comes to its amount; null of credit notes, and of lines of before."
    )


@strawberry.type(description="A party as it was on the day of issue; later changes leave it alone.")
class InvoiceParty:
    name: str
    address: list[str]
    siren: str | None
    siret: str | None
    vat_number: str | None


@strawberry.type(description="What one unit of the invoice's currency is worth in euros.")
class EuroRate:
    rate: Decimal = strawberry.field(description="Euros for one unit.")
    on: date
    source: str = strawberry.field(description="Who published it, e.g. BCE.")


@strawberry.type(description="Another invoice that holds one of its projects (Divers).")
class OtherInvoice:
    id: strawberry.ID = strawberry.field(description="Its own: `invoice { id }` is the invoice's.")
    invoice: Invoice
    number: str = strawberry.field(description="The legal number, or that of the pro forma.")
    state: InvoiceState


@strawberry.type(description="A pro forma, or a legal invoice once it is final.")
class Invoice(Node):
    pro_forma_number: str = strawberry.field(description="Of a credit note, its number.")
    number: str | None = strawberry.field(description="The legal number; null while pro forma.")
    kind: InvoiceKind
    state: InvoiceState
    client: Client
    entity: Entity
    project: Project | None = strawberry.field(description="Null where it covers several.")
    projects: list[Project] = strawberry.field(
        description="All that it covers: its own, and those of the phases on its lines (B26)."
    )
    seller: InvoiceParty | None = strawberry.field(description="Null while pro forma.")
    buyer: InvoiceParty | None = strawberry.field(description="Null while pro forma.")
    currency: str = strawberry.field(description="ISO 4217, of all its amounts.")
    language: str = strawberry.field(description="fr or en: of the paper.")
    issue_date: date | None = strawberry.field(description="Null while pro forma.")
    due_date: date | None = strawberry.field(description="Pro forma: only if agreed on.")
    supply_date: date | None = strawberry.field(description="Null: none was given.")
    payment_days: int = strawberry.field(description="To the due date, if none is agreed.")
    commitment_no: str | None = strawberry.field(description="The buyer's purchase order.")
    footer_message: str | None
    net: Money = strawberry.field(description="The sum of its lines.")
    vat: Money = strawberry.field(description="The sum of its VAT groups.")
    gross: Money = strawberry.field(description="Net and VAT.")
    vat_groups: list[VatGroup] = strawberry.field(description="By falling rate.")
    euro_rate: EuroRate | None = strawberry.field(
        description="By which the VAT of another currency is stated in euros."
    )
    vat_in_euro: Money | None = strawberry.field(
        description="The VAT total in euros; null in euros, without VAT, or without a rate."
    )
    lines: list[InvoiceLine]
    credit_state: CreditState = strawberry.field(description="How much of it was credited.")
    credited: Money = strawberry.field(description="Gross, by all its credit notes.")
    credit_notes: list[Invoice]
    credited_invoice: Invoice | None = strawberry.field(description="Of a credit note.")
    credited_number: str | None = strawberry.field(
        description="Of a credit note on an invoice of the former system: that one's number."
    )
    credited_on: date | None = strawberry.field(description="That one's date.")
    credit_reason: str | None = strawberry.field(description="Of a credit note.")
    replaces: Invoice | None = strawberry.field(description="The invoice it stands in for.")
    replaced_by: list[Invoice]
    paid: Money = strawberry.field(description="Payments that are set against it.")
    net_due: Money = strawberry.field(
        description="Gross less credits and payments; nobody pays a credit note."
    )
    payment_state: PaymentState | None = strawberry.field(
        description="Null of a pro forma and of a credit note."
    )
    allocations: list[Annotated[PaymentAllocation, strawberry.lazy("schema.payment")]]
    other_invoices: list[OtherInvoice]
    mails: list[InvoiceMail] = strawberry.field(description="By e-mail, the oldest first.")
    transmissions: list[Transmission] = strawberry.field(
        description="To an approved platform, the oldest first: itself, then what was received."
    )
    lifecycle_statuses: list[LifecycleStatus] = strawberry.field(
        description="What became of it there, in the order in which it was told."
    )
    exports: list[InvoiceExport] = strawberry.field(
        description="To the accounting software, the oldest first."
    )
    deletable: bool = strawberry.field(description="A final invoice is credited, never deleted.")
    created_at: datetime
    updated_at: datetime
    finalised_at: datetime | None = strawberry.field(description="Null while pro forma.")
    handed_over_at: datetime | None = strawberry.field(description="When it became FINAL.")
    version: int


def _groups(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "rate": plain(Decimal(group["rate"])),
            "category": VatCategory(group["category"]),
            "reason_code": group["reason_code"],
            "mention": group["mention"],
            "base": money(group["base_minor"], row["currency"]),
            "vat": money(group["vat_minor"], row["currency"]),
        }
        for group in row["vat_groups"]
    ]


def _euro_rate(row: Mapping[str, Any]) -> dict[str, Any] | None:
    if row["euro_rate"] is None:
        return None
    return {
        "rate": plain(row["euro_rate"]),
        "on": row["euro_rate_on"],
        "source": row["euro_rate_source"],
    }


def _vat_in_euro(row: Mapping[str, Any]) -> MoneyRow | None:
    """The figure of the paper: made anew of what was frozen, it cannot be another."""
    if row["euro_rate"] is None or row["vat_minor"] == 0:
        return None
    return money(vat_in_euro(row["vat_minor"], row["currency"], row["euro_rate"]), "EUR")


def _party(kept: Mapping[str, Any]) -> dict[str, Any] | None:
    """The identity that was copied when the invoice became final."""
    if not kept:
        return None
    known = {name: kept.get(name) for name in InvoiceParty.__annotations__}
    return {**known, "address": kept.get("address") or []}


def _credited_of_lines(
    session: ScopedSession, keys: Sequence[int], wanted: Wanted
) -> dict[int, MoneyRow]:
    found = lines_credited(session, keys)
    return {key: money(net.minor, net.currency) for key, net in found.items()}


def _credited(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, MoneyRow]:
    found = invoices_credited(session, keys)
    return {key: money(one.gross.minor, one.gross.currency) for key, one in found.items()}


def _credit_states(
    session: ScopedSession, keys: Sequence[int], wanted: Wanted
) -> dict[int, CreditState]:
    return {key: one.state for key, one in invoices_credited(session, keys).items()}


def _paid(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, MoneyRow]:
    return {key: money(one.paid, one.currency) for key, one in standings(session, keys).items()}


def _net_due(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, MoneyRow]:
    return {key: money(one.due, one.currency) for key, one in standings(session, keys).items()}


def _payment_states(
    session: ScopedSession, keys: Sequence[int], wanted: Wanted
) -> dict[int, PaymentState | None]:
    return {key: one.state for key, one in standings(session, keys).items()}


def _allocation() -> Noun:
    # That module reads this one.
    from schema.payment import ALLOCATION

    return ALLOCATION


def _others(
    session: ScopedSession, keys: Sequence[int], wanted: Wanted
) -> dict[int, list[dict[str, Any]]]:
    found = other_invoices(session, keys)
    told = {key for others in found.values() for key, *_ in others} if "invoice" in wanted else ()
    invoices = load_by_ids(session, INVOICE, wanted.get("invoice", {}), told)
    return {
        own: [
            {
                "id": f"other_invoice_{key}",
                "invoice": invoices.get(key),
                "number": number,
                "state": state,
            }
            for key, number, state in others
        ]
        for own, others in found.items()
    }


def _projects(session: ScopedSession, keys: Sequence[int], wanted: Wanted) -> dict[int, list[Row]]:
    own = projects_of(session, keys)
    found = load_by_ids(session, PROJECT, wanted, (one for some in own.values() for one in some))
    return {key: [found[one] for one in some if one in found] for key, some in own.items()}


INVOICE_LINE = Noun(
    InvoiceLineRecord,
    "InvoiceLine",
    {
        "quantity": number_field("quantity"),
        "unit_price": number_field("unit_price"),
        "tax_code": ToOne(lambda: TAX_CODE, "tax_code_id"),
        "phase": ToOne(lambda: PHASE, "phase_id"),
        "progress": number_field("progress"),
        "discount": number_field("discount"),
        "explanation": EXPLANATION,
        "deducts": ToOne(lambda: INVOICE, "deducts_id"),
        "net": money_field("net_minor"),
        "credited": Derived(_credited_of_lines),
    },
)
INVOICE: Noun = Noun(
    InvoiceRecord,
    "Invoice",
    {
        "client": ToOne(lambda: CLIENT, "client_id"),
        "entity": ToOne(lambda: ENTITY, "entity_id"),
        "project": ToOne(lambda: PROJECT, "project_id"),
        "projects": Derived(_projects, default=()),
        "seller": Computed(("seller",), lambda row: _party(row["seller"])),
        "buyer": Computed(("buyer",), lambda row: _party(row["buyer"])),
        "net": money_field("net_minor"),
        "vat": money_field("vat_minor"),
        "gross": money_field("gross_minor"),
        "vat_groups": Computed(("vat_groups", "currency"), _groups),
        "euro_rate": Computed(("euro_rate", "euro_rate_on", "euro_rate_source"), _euro_rate),
        "vat_in_euro": Computed(("vat_minor", "currency", "euro_rate"), _vat_in_euro),
        "lines": ToMany(lambda: INVOICE_LINE, "invoice_id", ("position",)),
        "credit_state": Derived(_credit_states, default=CreditState.NONE),
        "credited": Derived(_credited),
        "credit_notes": ToMany(lambda: INVOICE, "credits_id"),
        "credited_invoice": ToOne(lambda: INVOICE, "credits_id"),
        "replaces": ToOne(lambda: INVOICE, "replaces_id"),
        "replaced_by": ToMany(lambda: INVOICE, "replaces_id"),
        "paid": Derived(_paid),
        "net_due": Derived(_net_due),
        "payment_state": Derived(_payment_states),
        "allocations": ToMany(_allocation, "invoice_id"),
        "mails": ToMany(lambda: INVOICE_MAIL, "invoice_id"),
        "transmissions": ToMany(lambda: TRANSMISSION, "invoice_id"),
        "lifecycle_statuses": ToMany(lambda: LIFECYCLE_STATUS, "invoice_id"),
        "exports": ToMany(lambda: INVOICE_EXPORT, "invoice_id"),
        "other_invoices": Derived(_others, default=()),
        "deletable": Computed(
            ("state",), lambda row: row["state"] in (InvoiceState.DRAFT, InvoiceState.SENT)
        ),
    },
)
