"""Crediting a final invoice: the credit note is numbered and final in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from documents.picture import Reference
from domain.billing.lines import TIME_STAYS_BILLED
from domain.errors import Issue, Refusal
from domain.given import text
from domain.invoice.credit import (
    AskedCredit,
    Credit,
    credit,
    require_creditable,
    taxes_as_issued,
)
from domain.invoice.lines import LONGEST_TEXT
from domain.invoice.model import Invoice, InvoiceKind
from domain.invoice.numbering import ISSUE_DATE_TOO_EARLY, require_recent
from domain.organisation import Entity
from persistence.billing import claims
from persistence.invoice import invoices, numbers
from persistence.invoice.crediting import credited_of
from persistence.invoice.projects import projects_of, projects_of_lines, sole_project
from persistence.records import the_record
from resolvers._mutation import Acting
from resolvers.collecting._paying import free_excess
from resolvers.invoicing._depositing import require_not_deducted
from resolvers.invoicing._freezing import freeze
from resolvers.invoicing._lines import keep_totals, taxed_by

_COPIED = (
    "client_id", "entity_id", "currency", "language", "supply_date", "commitment_no",
    "euro_rate", "euro_rate_on", "euro_rate_source",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CreditWanted:
    """A credit as it is asked for; `lines` None is all that is left of the invoice."""

    invoice_id: int
    lines: Sequence[AskedCredit] | None = None
    reason: str | None = None
    issue_date: date | None = None


def credit_invoice(acting: Acting, wanted: CreditWanted) -> tuple[Invoice, list[Issue]]:
    """The credit note of an invoice, final at once: until it is, its amounts stay billed.

    What was paid of it beyond what it comes to now is free on its payments again, and warned of;
    so is what its paper cannot show, that it cannot go through the platform, and time that stays
    billed by what is left of its line.
    """
    session = acting.session
    invoice = the_record(session, Invoice, wanted.invoice_id, field=("id",), locked=True)
    require_creditable(invoice)
    day = wanted.issue_date or acting.today
    require_recent(day, today=acting.today)
    _require_after(invoice, day)
    invoices.lock_projects(session, projects_of(session, [invoice.id]).get(invoice.id, ()))
    credited = _credited(acting, invoice, wanted.lines)
    require_not_deducted(acting, invoice, credited.lines)
    made = _begin(acting, invoice, credited, day)
    made.credit_reason = text(
        wanted.reason, field=("reason",), name="The reason", longest=LONGEST_TEXT
    )
    said = freeze(
        acting,
        invoices.dossier_of(acting.session, made),
        number=str(made.number),
        issue_date=day,
        references=(Reference(number=str(invoice.number), issue_date=invoice.issue_date or day),),
    )
    # What is credited whole can be billed again; a part of a line keeps what it bills.
    whole = claims.lines_credited_whole(session, [invoice.id])
    claims.free(session, whole)
    told = _still_billed(acting, invoice, credited, whole)
    return made, [*said, *told, *free_excess(acting, invoice, on=day, reason=made.number)]


def _still_billed(
    acting: Acting, invoice: Invoice, credited: Credit, whole: Collection[int]
) -> list[Issue]:
    """TIME_STAYS_BILLED for each line of time that is credited in part.

    A cap may have cut an entry in two: a part of it that the line took stays billed as well.
    """
    session = acting.session
    keys = {line.credits_line_id: line for line in credited.lines if line.credits_line_id}
    kept = claims.kept_by(session, list(keys)).entries
    of_line = {line.id: line.basis or {} for line in invoices.lines_of(session, invoice.id)}
    field = ("lines",)
    return [
        TIME_STAYS_BILLED(field=field, line=line.description)
        for key, line in keys.items()
        if kept.get(key) or (key not in whole and of_line[key].get("parts"))
    ]


def _require_after(invoice: Invoice, day: date) -> None:
    if invoice.issue_date is not None and day < invoice.issue_date:
        expected = invoice.issue_date.isoformat()
        raise Refusal(
            ISSUE_DATE_TOO_EARLY(field=("issue_date",), found=day.isoformat(), expected=expected)
        )


def _credited(acting: Acting, invoice: Invoice, asked: Sequence[AskedCredit] | None) -> Credit:
    dossier = invoices.dossier_of(acting.session, invoice)
    codes = {key: taxed_by(code) for key, code in dossier.tax_codes.items()}
    taxes = taxes_as_issued(invoice, codes)
    before = credited_of(acting.session, invoice)
    projects = projects_of_lines(acting.session, dossier) if len(dossier.projects) > 1 else {}
    return credit(
        invoice, dossier.lines, taxes=taxes, asked=asked, before=before, projects=projects
    )


def _begin(acting: Acting, invoice: Invoice, credited: Credit, day: date) -> Invoice:
    """The credit note with its number and its lines, not final yet."""
    session = acting.session
    entity = the_record(session, Entity, invoice.entity_id)
    number = numbers.next_legal_number(
        session, entity, series=entity.credit_note_series, issue_date=day, today=acting.today
    )
    made = Invoice(
        **{name: getattr(invoice, name) for name in _COPIED},
        project_id=invoice.project_id or sole_project(session, credited.lines),
        kind=InvoiceKind.CREDIT_NOTE,
        pro_forma_number=number,
        number=number,
        credits_id=invoice.id,
        payment_days=0,
    )
    session.add(made)
    session.flush()
    for line in credited.lines:
        line.invoice_id = made.id
    session.add_all(credited.lines)
    keep_totals(made, credited.totals)
    session.flush()
    return made
