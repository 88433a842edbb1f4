"""Replacing a final invoice: its credit note, and a pro forma of what it still had."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from domain.errors import Issue
from domain.given import text
from domain.invoice.basis import once_more
from domain.invoice.credit import require_creditable
from domain.invoice.lines import LONGEST_TEXT
from domain.invoice.model import Invoice, InvoiceKind, InvoiceLine
from domain.invoice.own_deposits import require_own
from domain.invoice.projects import commitment_of
from domain.invoice.remaining import Placed, reached, require_all_within
from domain.project.model import BillingMethod
from persistence.billing import claims
from persistence.invoice import invoices, numbers
from persistence.invoice.deposits import projects_of_deposits
from persistence.invoice.payments import lock_invoices
from persistence.invoice.projects import projects_locked, projects_of, projects_of_phases
from persistence.records import the_record
from resolvers._mutation import Acting
from resolvers.invoicing._crediting import CreditWanted, credit_invoice
from resolvers.invoicing._depositing import require_deductions_within
from resolvers.invoicing._lines import (
    append,
    require_deposit_room,
)

_TERMS = (
    "client_id", "entity_id", "currency", "kind", "language", "supply_date",
    "payment_days", "commitment_no", "footer_message", "euro_rate", "euro_rate_on",
    "euro_rate_source",
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
    invoice = the_record(session, Invoice, invoice_id, field=("id",))
    require_creditable(invoice)
    former = invoices.lines_of(session, invoice.id)
    # Final, its lines stay: the deposits that they take off are locked with it, in one order.
    taken = {line.deducts_id for line in former if line.deducts_id is not None}
    lock_invoices(session, {invoice.id, *taken})
    told = text(reason, field=("reason",), name="The reason", longest=LONGEST_TEXT, required=True)
    # What the lines bill is read under the locks that drawing takes.
    invoices.lock_projects(session, projects_of(session, [invoice.id]).get(invoice.id, ()))
    kept = claims.kept_by(session, [line.id for line in former])
    note, issues = credit_invoice(
        acting, CreditWanted(invoice_id, reason=told, issue_date=issue_date)
    )
    made = Invoice(
        **{name: getattr(invoice, name) for name in _TERMS},
        due_date=_agreed(invoice),
        pro_forma_number=numbers.next_pro_forma_number(session),
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
    made.project_id = invoice.project_id or _project_of(acting, lines)
    _keep_commitment(acting, made, former=former, lines=lines)
    _require_room(acting, made, lines)
    append(acting, made, lines)
    require_deposit_room(acting, made)
    require_deductions_within(acting, made)
    _require_own_deposits(acting, made, lines, number=str(invoice.number))
    claims.give(session, kept, {old: new.id for old, new in pairs})
    return made, note, issues


def _project_of(acting: Acting, lines: Sequence[InvoiceLine]) -> int | None:
    """The project that lines of several are left with, where it is one."""
    phases = {line.phase_id for line in lines if line.phase_id is not None}
    found = set(projects_of_phases(acting.session, phases).values())
    return found.pop() if len(found) == 1 else None


def _keep_commitment(
    acting: Acting, made: Invoice, *, former: Sequence[InvoiceLine], lines: Sequence[InvoiceLine]
) -> None:
    """The purchase order of a project that is billed no more goes; those that stay bring theirs."""
    before = {line.phase_id for line in former if line.phase_id is not None}
    of = projects_of_phases(acting.session, before)
    held = set(of.values())
    stay = {of[line.phase_id] for line in lines if line.phase_id in of}
    if not stay or held == stay:
        return
    projects = projects_locked(acting.session, held)
    left = {projects[key].commitment_no for key in held - stay}
    if made.commitment_no and made.commitment_no in left:
        made.commitment_no = commitment_of(projects[key] for key in sorted(stay))


def _require_own_deposits(
    acting: Acting, made: Invoice, lines: Sequence[InvoiceLine], *, number: str
) -> None:
    """What was credited of a project before may leave its deposit on the lines of another."""
    taken = sorted({line.deducts_id for line in lines if line.deducts_id is not None})
    if not taken:
        return
    of_phases = projects_of_phases(
        acting.session, (line.phase_id for line in lines if line.phase_id)
    )
    tied = () if made.project_id is None else (made.project_id,)
    require_own(
        made,
        lines,
        projects={*of_phases.values(), *tied},
        of_phases=of_phases,
        of_deposits=projects_of_deposits(acting.session, taken),
        number=number,
    )


def _agreed(invoice: Invoice) -> date | None:
    """The due date that was agreed upon; None where it follows from the days of payment."""
    if invoice.issue_date is None:
        return invoice.due_date
    usual = invoice.issue_date + timedelta(days=invoice.payment_days)
    return None if invoice.due_date == usual else invoice.due_date


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
    line.detail = line.discount = None
    # What was credited before stays known of what the line bills: its period, its hours.
    line.basis = once_more(former.basis, credited=former.net_minor - credited.net_minor)
    return line


def _require_room(acting: Acting, invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    """What the credit freed is there, unless the invoice had been credited and billed before."""
    if invoice.kind is InvoiceKind.DEPOSIT:
        return  # `require_deposit_room` judges a deposit.
    phases = {line.phase_id for line in lines if line.phase_id is not None}
    projects = set(projects_of_phases(acting.session, phases).values())
    found = invoices.billables_by_project(acting.session, projects, archived=True)
    known = {one.phase.id: one for some in found.values() for one in some}
    placed: list[Placed] = [(line, ("lines", place)) for place, line in enumerate(lines)]
    require_all_within(placed, known)
    sums: dict[int, int] = {}
    for line in lines:
        billable = known.get(line.phase_id or 0)
        if billable is not None:
            sums[billable.phase.id] = net = sums.get(billable.phase.id, 0) + line.net_minor
            is_fee = billable.contract.billing_method is BillingMethod.FIXED_FEE_PROGRESS
            line.progress = reached(net, billable.figures) if is_fee else None
