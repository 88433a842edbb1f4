"""Replacing a final invoice, and crediting one of the former system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from documents.picture import Reference
from domain.client import Client
from domain.errors import Issue, Refusal
from domain.given import text
from domain.invoice.create import ENTITY_REQUIRED
from domain.invoice.credit import require_creditable
from domain.invoice.deposit import tax_code_of
from domain.invoice.euro import EuroRate, give_rate
from domain.invoice.finalise import require_complete
from domain.invoice.lines import LONGEST_TEXT
from domain.invoice.model import Invoice, InvoiceKind, InvoiceLine
from domain.invoice.numbering import ISSUE_DATE_TOO_EARLY, require_recent
from domain.invoice.past_credit import (
    PAST_INVOICE_UNKNOWN,
    AskedPast,
    CreditedHistory,
    PastLine,
    past_credit,
)
from domain.invoice.remaining import Placed, reached, require_all_within
from domain.organisation import Entity
from domain.project.model import BillingMethod, Project
from persistence import claims, invoices
from persistence.crediting import past_lines
from resolvers._crediting import CreditWanted, credit_invoice
from resolvers._finalising import freeze
from resolvers._lines import append, recount, require_tax_code
from resolvers._mutation import Acting

_TERMS = (
    "client_id", "entity_id", "project_id", "currency", "kind", "language", "supply_date",
    "payment_days", "commitment_no", "footer_message",
)  # fmt: skip
_LINE = (
    "position", "kind", "description", "currency", "detail", "quantity", "unit", "unit_price",
    "net_minor", "tax_code_id", "ledger_account", "sku", "phase_id", "discount",
    "period_start", "period_end", "deducts_id", "basis",
)  # fmt: skip


def replace_invoice(
    acting: Acting, invoice_id: int, *, reason: str | None, issue_date: date | None
) -> tuple[Invoice, Invoice, list[Issue]]:
    """A pro forma with the lines of a final invoice, and the credit note of all that is left of it.

    The credit frees what the lines bill, and deposits they take off; the new lines take it again.
    Time entries and periods of the former lines are freed by the credit, and go to the new ones.
    """
    session = acting.session
    invoice = invoices.the_record(session, Invoice, invoice_id, field=("id",), locked=True)
    require_creditable(invoice)
    told = text(reason, field=("reason",), name="The reason", longest=LONGEST_TEXT, required=True)
    if invoice.project_id is not None:
        # What the lines bill is read under the lock that drawing takes.
        invoices.lock_project(session, invoice.project_id)
    former = invoices.lines_of(session, invoice.id)
    kept = claims.kept_by(session, [line.id for line in former])
    note, issues = credit_invoice(
        acting, CreditWanted(invoice_id, reason=told, issue_date=issue_date)
    )
    made = Invoice(
        **{name: getattr(invoice, name) for name in _TERMS},
        pro_forma_number=invoices.next_pro_forma_number(session),
        replaces_id=invoice.id,
    )
    session.add(made)
    session.flush()
    credited = {line.credits_line_id: line for line in invoices.lines_of(session, note.id)}
    pairs = [
        (line.id, again)
        for line in former
        if (again := _again(made.id, line, credited.get(line.id))) is not None
    ]
    lines = [line for _, line in pairs]
    _require_room(acting, made, lines)
    append(acting, made, lines)
    claims.give(session, kept, {old: new.id for old, new in pairs})
    return made, note, issues


def _again(
    invoice_id: int, former: InvoiceLine, credited: InvoiceLine | None
) -> InvoiceLine | None:
    """The line once more, as far as the replacement credits it; None where nothing was left of it.

    What was credited before stays given back: it may be billed elsewhere by now.
    """
    line = InvoiceLine(invoice_id=invoice_id, **{name: getattr(former, name) for name in _LINE})
    if former.net_minor == 0 or (credited and credited.net_minor == former.net_minor):
        return line
    if credited is None:
        return None
    for name in ("quantity", "unit", "unit_price", "net_minor"):
        setattr(line, name, getattr(credited, name))
    line.detail = line.discount = line.basis = None
    return line


def _require_room(acting: Acting, invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    """What the credit freed is there, unless the invoice had been credited and billed before."""
    if invoice.project_id is None or invoice.kind is InvoiceKind.DEPOSIT:
        return
    found = invoices.billables_of(acting.session, invoice.project_id, archived=True)
    known = {one.phase.id: one for one in found}
    placed: list[Placed] = [(line, ("lines", place)) for place, line in enumerate(lines)]
    require_all_within(placed, known)
    sums: dict[int, int] = {}
    for line in lines:
        billable = known.get(line.phase_id or 0)
        if billable is not None:
            sums[billable.phase.id] = net = sums.get(billable.phase.id, 0) + line.net_minor
            is_fee = billable.contract.billing_method is BillingMethod.FIXED_FEE_PROGRESS
            line.progress = reached(net, billable.figures) if is_fee else None


@dataclass(frozen=True, slots=True)
class PastCreditWanted:
    """The credit of a former invoice as it is asked for; `lines` None is all that is left."""

    project_id: int
    invoice_no: str
    lines: Sequence[AskedPast] | None = None
    reason: str | None = None
    issue_date: date | None = None
    euro_rate: EuroRate | None = None


def credit_past_invoice(acting: Acting, wanted: PastCreditWanted) -> Invoice:
    """Our own credit note of an invoice of the former system: no number of our invoices is used.

    Its lines name the phases, so their amounts become billable again.
    """
    session = acting.session
    day = wanted.issue_date or acting.today
    require_recent(day, today=acting.today)
    reason = text(
        wanted.reason, field=("reason",), name="The reason", longest=LONGEST_TEXT, required=True
    )
    project = invoices.lock_project(session, wanted.project_id)
    past = _past(acting, wanted, project)
    number = next(iter(past.values())).history.invoice_no or ""
    issued = max(one.history.invoice_date for one in past.values())
    if day < issued:
        raise Refusal(
            ISSUE_DATE_TOO_EARLY(
                field=("issue_date",), found=day.isoformat(), expected=issued.isoformat()
            )
        )
    credited = past_credit(past, wanted.lines, invoice_no=number)
    note = _begin(acting, project, day)
    note.credited_number, note.credited_on, note.credit_reason = number, issued, reason
    _tax(acting, project, credited)
    lines = [line for _, _, line in credited]
    session.add(note)
    session.flush()
    append(acting, note, lines)
    if wanted.euro_rate is not None:
        give_rate(note, wanted.euro_rate, today=acting.today)
    recount(acting, note)
    session.flush()
    require_complete(invoices.dossier_of(session, note), issue_date=day)
    session.add_all(
        CreditedHistory(
            history_id=one.history.id,
            line_id=line.id,
            net_minor=line.net_minor,
            currency=line.currency,
        )
        for one, _, line in credited
    )
    session.flush()
    freeze(
        acting,
        invoices.dossier_of(session, note),
        number=str(note.number),
        issue_date=day,
        references=(Reference(number=number, issue_date=issued),),
    )
    return note


def _past(acting: Acting, wanted: PastCreditWanted, project: Project) -> dict[int, PastLine]:
    number = text(
        wanted.invoice_no, field=("invoice_no",), name="invoiceNo", longest=255, required=True
    )
    past = past_lines(acting.session, project.id, number or "")
    if not past:
        raise Refusal(
            PAST_INVOICE_UNKNOWN(field=("invoice_no",), found=number, project=project.code)
        )
    return past


def _begin(acting: Acting, project: Project, day: date) -> Invoice:
    """The credit note with its number, not final yet."""
    session = acting.session
    client = invoices.the_record(session, Client, project.client_id)
    entity_id = project.entity_id
    if entity_id is None:
        entities = invoices.entities_of(session)
        if len(entities) != 1:
            names = ", ".join(entity.code for entity in entities)
            raise Refusal(ENTITY_REQUIRED(field=("project_id",), expected=names))
        entity_id = entities[0].id
    entity = invoices.the_record(session, Entity, entity_id)
    number = invoices.next_legal_number(
        session, entity, series=entity.credit_note_series, issue_date=day, today=acting.today
    )
    return Invoice(
        pro_forma_number=number,
        number=number,
        client_id=client.id,
        entity_id=entity.id,
        project_id=project.id,
        currency=project.currency,
        kind=InvoiceKind.CREDIT_NOTE,
        language=client.language,
        commitment_no=project.commitment_no,
        payment_days=0,
    )


def _tax(
    acting: Acting,
    project: Project,
    credited: Sequence[tuple[PastLine, AskedPast, InvoiceLine]],
) -> None:
    """The tax code that was told, else that of the rate of the past line or of its phase."""
    taxes = invoices.tax_codes_of_country(acting.session, project.country)
    found = invoices.billables_of(acting.session, project.id, archived=True)
    billables = {one.phase.id: one for one in found}
    for past, asked, line in credited:
        if asked.tax_code:
            field = ("lines", asked.place, "tax_code")
            line.tax_code_id = require_tax_code(acting, asked.tax_code, field=field).id
            continue
        rate = past.history.vat_rate
        tax = tax_code_of(billables[past.phase.id], project, taxes, rate=rate)
        line.tax_code_id = tax.id if tax else None
