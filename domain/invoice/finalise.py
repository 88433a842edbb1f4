"""From pro forma to legal invoice: what must be there, then number, date, frozen content (F23)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.catalogue import TaxCode
from domain.client import Client
from domain.errors import Issue, PathPart, Refusal, call_error
from domain.invoice.euro import owes_vat_in_euro, rate_of, untimely
from domain.invoice.model import (
    PRO_FORMA,
    Invoice,
    InvoiceKind,
    InvoiceLine,
    InvoiceState,
    LineKind,
)
from domain.invoice.projects import differences
from domain.organisation import Entity
from domain.project.model import Project, ProjectStatus
from domain.tax import ExemptionReason, VatCategory

INVOICE_ALREADY_FINAL = call_error(
    "INVOICE_ALREADY_FINAL",
    "The invoice {number} is final: it cannot be changed. Credit it instead.",
)
INVOICE_EMPTY = call_error("INVOICE_EMPTY", "The invoice {number} has no line with an amount.")
INVOICE_ZERO = call_error("INVOICE_ZERO", "The invoice {number} comes to nothing: 0.00.")
LINE_WITHOUT_TAX = call_error(
    "LINE_WITHOUT_TAX", "Line {position} of {number} has no tax code.", "Give the line a tax code."
)
LINE_WITHOUT_ACCOUNT = call_error(
    "LINE_WITHOUT_ACCOUNT",
    "Line {position} of {number} has no ledger account.",
    "Give the line a ledger account.",
)
LINE_INCOMPLETE = call_error("LINE_INCOMPLETE", "Line {position} of {number} lacks {particular}.")
EXEMPTION_MISSING = call_error(
    "EXEMPTION_MISSING", "Line {position} of {number} bears no VAT and says no reason."
)
INVOICE_PROJECT_NOT_SIGNED = call_error(
    "INVOICE_PROJECT_NOT_SIGNED",
    "The project {project} is not signed: only a signed project can be invoiced for good.",
    "Set the project's status to SIGNED.",
)
DUE_BEFORE_ISSUE = call_error(
    "DUE_BEFORE_ISSUE", "The due date {found} is before the issue date {expected}."
)
INVOICE_NEGATIVE = call_error(
    "INVOICE_NEGATIVE",
    "The invoice {number} comes to less than nothing: what is owed back is credited.",
)
INVOICE_PROJECT_MOVED = call_error(
    "INVOICE_PROJECT_MOVED",
    "The project {project} now has another client or entity than the pro forma {number}.",
    "Delete the pro forma and draw it anew.",
)
VAT_IN_EURO_MISSING = call_error(
    "VAT_IN_EURO_MISSING",
    "{number} bears VAT in {currency}: the VAT must also be stated in euros.",
    "Give the euro rate: how many euros one {currency} is worth, on which day, by which source.",
)
MENTION_MISSING = call_error(
    "MENTION_MISSING",
    "A mandatory particular is missing on {number}: {particular}.",
    "Complete the client or the entity.",
)

FRANCE = ("FR", "RE", "GP", "MQ", "GF", "YT", "MC")
"""Where the French law on invoices applies; Monaco follows it for VAT."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that a final invoice rests on."""

    invoice: Invoice
    lines: Sequence[InvoiceLine]
    client: Client
    entity: Entity
    projects: Sequence[Project]
    """All that it covers, by rising identifier (B26)."""
    tax_codes: dict[int, TaxCode]
    phase_projects: Mapping[int, int] = field(default_factory=dict)
    """The project of each phase that a line is on, by identifiers."""

    @property
    def project(self) -> Project | None:
        """The one that the invoice is tied to; None where it covers several, or none."""
        tied = self.invoice.project_id
        return next((one for one in self.projects if one.id == tied), None)

    @property
    def number(self) -> str:
        return self.invoice.number or self.invoice.pro_forma_number


def require_pro_forma(invoice: Invoice) -> None:
    """Refuses with INVOICE_ALREADY_FINAL what the law froze (CGI 289 I-5)."""
    if invoice.state not in PRO_FORMA:
        raise Refusal(INVOICE_ALREADY_FINAL(number=invoice.number or invoice.pro_forma_number))


def require_complete(dossier: Dossier, *, issue_date: date) -> None:
    """Refuses with everything that is missing at once, not the first of it."""
    require_pro_forma(dossier.invoice)
    issues = [
        *_content(dossier),
        *(issue for line in dossier.lines for issue in _line(dossier, line)),
        *_dates(dossier.invoice, issue_date),
        *_vat_in_euro(dossier, issue_date),
        *_mentions(dossier),
    ]
    if issues:
        raise Refusal(*issues)


def finalise(invoice: Invoice, *, number: str, issue_date: date, now: datetime) -> None:
    """Gives the number and the date, and freezes the content: READY (Prête pour envoi)."""
    invoice.number = number
    invoice.issue_date = issue_date
    # Nobody pays a credit note.
    is_to_pay = invoice.kind is not InvoiceKind.CREDIT_NOTE
    invoice.due_date = due_date(invoice, issue_date) if is_to_pay else None
    invoice.state = InvoiceState.READY
    invoice.finalised_at = now


def due_date(invoice: Invoice, issue_date: date) -> date:
    """The date agreed, else the issue date and the days of payment."""
    return invoice.due_date or issue_date + timedelta(days=invoice.payment_days)


def _content(dossier: Dossier) -> list[Issue]:
    issues: list[Issue] = []
    number = dossier.number
    if not any(line.kind is not LineKind.TEXT for line in dossier.lines):
        issues.append(INVOICE_EMPTY(field=("lines",), number=number))
    elif dossier.invoice.net_minor == 0 and not _is_paid_ahead(dossier):
        issues.append(INVOICE_ZERO(field=("lines",), number=number))
    elif dossier.invoice.net_minor < 0 or dossier.invoice.gross_minor < 0:
        issues.append(INVOICE_NEGATIVE(field=("lines",), number=number))
    return issues + _project(dossier)


def _is_paid_ahead(dossier: Dossier) -> bool:
    """Deposits may take all of an invoice off."""
    return any(line.deducts_id is not None for line in dossier.lines)


def _vat_in_euro(dossier: Dossier, issue_date: date) -> list[Issue]:
    """Where the euro is the currency of the tax, its VAT is told in it too (DOMAIN §2.6)."""
    invoice = dossier.invoice
    if rate_of(invoice) is None and owes_vat_in_euro(invoice, country=dossier.entity.country):
        return [
            VAT_IN_EURO_MISSING(
                field=("euro_rate",), number=dossier.number, currency=invoice.currency
            )
        ]
    return untimely(invoice, issue_date=issue_date)


def _project(dossier: Dossier) -> list[Issue]:
    issues: list[Issue] = []
    invoice = dossier.invoice
    # A former invoice may be credited after the project has ended.
    ended = invoice.kind is InvoiceKind.CREDIT_NOTE and ProjectStatus.CLOSED
    for project in dossier.projects:
        where = _place_of(project, dossier)
        if project.status not in (ProjectStatus.SIGNED, ended):
            issues.append(INVOICE_PROJECT_NOT_SIGNED(field=where, project=project.code))
        if project.client_id != invoice.client_id or project.entity_id not in (
            None,
            invoice.entity_id,
        ):
            issues.append(
                INVOICE_PROJECT_MOVED(field=where, project=project.code, number=dossier.number)
            )
    return issues + differences([(one, _place_of(one, dossier)) for one in dossier.projects])


def _place_of(project: Project, dossier: Dossier) -> tuple[PathPart, ...]:
    """Where an invoice names the project: of several, on the first line of its phases."""
    of = dossier.phase_projects
    if dossier.project is None:
        for line in dossier.lines:
            if of.get(line.phase_id or 0) == project.id:
                return "lines", line.position - 1, "phase_id"
    return ("project_id",)


def _line(dossier: Dossier, line: InvoiceLine) -> list[Issue]:
    if line.kind is LineKind.TEXT:
        return []
    number, position = dossier.number, line.position
    issues = _incomplete(line, number)
    tax = dossier.tax_codes.get(line.tax_code_id or 0)
    if tax is None:
        field = ("lines", position - 1, "tax_code")
        issues.append(LINE_WITHOUT_TAX(field=field, number=number, position=position))
    elif tax.rate == 0 and tax.category is not VatCategory.ZERO and not tax.mention:
        field = ("lines", position - 1, "tax_code")
        issues.append(EXEMPTION_MISSING(field=field, number=number, position=position))
    if not line.ledger_account:
        field = ("lines", position - 1, "ledger_account")
        issues.append(LINE_WITHOUT_ACCOUNT(field=field, number=number, position=position))
    return issues


def _incomplete(line: InvoiceLine, number: str) -> list[Issue]:
    """What the law wants of every line (CGI ann. II art. 242 nonies A I-8°)."""
    has_words = bool(line.description.strip())
    if has_words and line.quantity is not None and line.unit_price is not None:
        return []
    wanted = {
        ("description", "its description"): has_words or None,
        ("quantity", "its quantity"): line.quantity,
        ("unit_price", "its unit price"): line.unit_price,
    }
    return [
        LINE_INCOMPLETE(
            field=("lines", line.position - 1, name),
            number=number,
            position=line.position,
            particular=particular,
        )
        for (name, particular), value in wanted.items()
        if value is None
    ]


def _dates(invoice: Invoice, issue_date: date) -> list[Issue]:
    due = due_date(invoice, issue_date)
    if due >= issue_date:
        return []
    return [
        DUE_BEFORE_ISSUE(
            field=("due_date",), found=due.isoformat(), expected=issue_date.isoformat()
        )
    ]


def _mentions(dossier: Dossier) -> list[Issue]:
    found = (dossier.tax_codes.get(line.tax_code_id or 0) for line in dossier.lines)
    missing = missing_particulars(
        entity=dossier.entity,
        client=dossier.client,
        taxes=[tax for tax in found if tax is not None],
    )
    return [MENTION_MISSING(number=dossier.number, particular=name) for name in missing]


def missing_particulars(
    *, entity: Entity | None, client: Client, taxes: Sequence[TaxCode]
) -> list[str]:
    """The particulars of both parties that the law wants and that are not known.

    CGI ann. II art. 242 nonies A I; C. com. L441-9. None of an entity that nobody named yet.
    """
    wanted: dict[str, str | None] = {"the address of the client": client.billing_address}
    if entity is not None:
        wanted = {"the address of the entity": entity.address, **wanted}
        if any(tax.exemption != ExemptionReason.FRANCHISE_BASE for tax in taxes):
            wanted["the VAT number of the entity"] = entity.vat_number
    if any(tax.category is VatCategory.REVERSE_CHARGE for tax in taxes):
        # 242 nonies A I-4°: the buyer's number when the buyer owes the tax.
        known = client.vat_number if client.vat_number != "NA" else None
        wanted["the VAT number of the client"] = known
    if entity is not None and entity.country in FRANCE:
        wanted["the SIREN of the entity"] = entity.siren
    return [name for name, value in wanted.items() if not value]
