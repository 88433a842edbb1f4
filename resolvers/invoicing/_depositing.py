"""Deposit invoices drawn from a project's fees, and taken off the invoices that follow."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from documents.figures import day as written_day
from documents.figures import rate as written_rate
from domain.catalogue import TaxCode
from domain.client import Client
from domain.errors import NOT_FOUND, RECORD_ARCHIVED, Issue, Refusal
from domain.invoice.create import DEFAULT_ACCOUNT, for_project
from domain.invoice.deposit import (
    DEDUCTION_ABOVE_DEPOSIT,
    DEDUCTION_LINE,
    DEPOSIT_ACCOUNT,
    DEPOSIT_DEDUCTED,
    DEPOSIT_LINE,
    DEPOSIT_LINE_PERCENT,
    NOTHING_TO_DEDUCT,
    deduction_lines,
    deposit_lines,
    fees_by_tax,
    pro_rata,
    require_deductible,
    still_to_deduct,
    to_deduct,
)
from domain.invoice.deposit_room import DepositWanted, deposit_net, require_room
from domain.invoice.finalise import require_pro_forma
from domain.invoice.lines import MOST_LINES
from domain.invoice.model import Invoice, InvoiceKind, InvoiceLine, InvoiceState, LineKind
from domain.money import amount_text
from domain.project.model import Project
from persistence.catalogue import account_exists, tax_codes_of_country
from persistence.invoice import deposits, invoices
from persistence.invoice.payments import lock_invoices
from persistence.invoice.projects import projects_of, projects_of_phases
from persistence.records import the_record
from resolvers._mutation import Acting
from resolvers.invoicing._drawing import draw_blank
from resolvers.invoicing._lines import append, recount, require_account
from words import phrase


def draw_deposit(acting: Acting, wanted: DepositWanted) -> Invoice:
    """A pro forma of type 386: a line for each VAT rate, pro rata of the fees at that rate."""
    session = acting.session
    project = invoices.lock_project(session, wanted.project_id)
    if project.archived_at is not None:
        key = f"project_{project.id}"
        raise Refusal(RECORD_ARCHIVED(field=("project_id",), noun="project", key=key))
    billables = invoices.billables_of(session, project.id)
    taxes = tax_codes_of_country(session, project.country)
    fees = fees_by_tax(billables, project, taxes)
    net = deposit_net(wanted, fees, project)
    require_room(
        net,
        billables,
        others=sum(one.unbilled for one in deposits.open_deposits(session, [project.id])),
        currency=project.currency,
        field=("amount",),
    )
    invoice = draw_blank(acting, client_id=project.client_id, entity_id=project.entity_id)
    client = the_record(session, Client, project.client_id)
    for_project(invoice, project=project, client=client)
    invoice.kind = InvoiceKind.DEPOSIT
    lines = deposit_lines(
        pro_rata(net, fees),
        description=deposit_described(wanted.percent, project, invoice.language),
        currency=project.currency,
        account=_account(acting, wanted.ledger_account),
    )
    append(acting, invoice, lines)
    return invoice


def deposit_described(percent: Decimal | None, project: Project, language: str) -> str:
    """What the line of a deposit says: of which project, and which share of its fees."""
    named = f"{project.code} – {project.name}"
    if percent is None:
        return phrase(DEPOSIT_LINE, language, project=named)
    shown = written_rate(percent, language)
    return phrase(DEPOSIT_LINE_PERCENT, language, percent=shown, project=named)


def deduction_described(deposit: Invoice, language: str) -> str:
    """What a line says that takes a final deposit off."""
    # Legal documents have a day.
    assert deposit.issue_date is not None
    day = written_day(deposit.issue_date, language)
    return phrase(DEDUCTION_LINE, language, number=str(deposit.number), day=day)


def _account(acting: Acting, asked: str | None) -> str:
    number = (asked or "").strip()
    if number:
        require_account(acting, number, field=("ledger_account",))
        return number
    known = account_exists(acting.session, DEPOSIT_ACCOUNT)
    return DEPOSIT_ACCOUNT if known else DEFAULT_ACCOUNT


def deduct(acting: Acting, *, invoice_id: int, deposit_id: int, amount: Decimal | None) -> Invoice:
    """Takes a final deposit off a pro forma, by negative lines; its lock keeps others away."""
    invoice, deposit = _both(acting, invoice_id, deposit_id)
    session = acting.session
    projects = projects_of(session, [invoice.id]).get(invoice.id, ())
    require_deductible(deposit, invoice, projects=projects)
    lines = invoices.lines_of(session, invoice.id)
    own = _of_project(acting, lines, deposit.project_id or 0) if len(projects) > 1 else lines
    parts = to_deduct(
        deposit,
        left=deposits.left_of(session, [deposit.id])[deposit.id],
        bases=net_by_tax(own),
        amount=amount,
    )
    if len(lines) + len(parts) > MOST_LINES:
        raise Refusal(NOTHING_TO_DEDUCT(field=("id",), number=str(deposit.number)))
    accounts = {
        line.tax_code_id: line.ledger_account for line in invoices.lines_of(session, deposit.id)
    }
    description = deduction_described(deposit, invoice.language)
    made = deduction_lines(parts, deposit, description=description, accounts=accounts)
    last = max((line.position for line in lines), default=0)
    for position, line in enumerate(made, start=last + 1):
        line.invoice_id, line.position = invoice.id, position
    session.add_all(made)
    _counted(acting, invoice)
    return invoice


def _of_project(acting: Acting, lines: Sequence[InvoiceLine], project_id: int) -> list[InvoiceLine]:
    """Of the lines of several projects, those that bill one, or take a deposit of it off."""
    of = projects_of_phases(acting.session, (line.phase_id for line in lines if line.phase_id))
    taken = sorted({line.deducts_id for line in lines if line.deducts_id is not None})
    own = deposits.projects_of_deposits(acting.session, taken)
    return [
        line
        for line in lines
        if project_id in (of.get(line.phase_id or 0), own.get(line.deducts_id or 0))
    ]


def undeduct(acting: Acting, *, invoice_id: int, deposit_id: int) -> Invoice:
    """Takes the deduction of a deposit off a pro forma: the deposit may be deducted elsewhere."""
    invoice, deposit = _both(acting, invoice_id, deposit_id)
    lines = invoices.lines_of(acting.session, invoice.id)
    gone = [line for line in lines if line.deducts_id == deposit.id]
    if not gone:
        shown = deposit.number or deposit.pro_forma_number
        raise Refusal(NOTHING_TO_DEDUCT(field=("deposit_id",), number=shown))
    for line in gone:
        acting.session.delete(line)
    _counted(acting, invoice)
    return invoice


def _counted(acting: Acting, invoice: Invoice) -> None:
    acting.session.flush()
    recount(acting, invoice)
    invoice.state = InvoiceState.DRAFT
    invoices.mark_changed(invoice)
    acting.session.flush()


def _both(acting: Acting, invoice_id: int, deposit_id: int) -> tuple[Invoice, Invoice]:
    locked = lock_invoices(acting.session, (invoice_id, deposit_id))
    for key, name in ((invoice_id, "id"), (deposit_id, "deposit_id")):
        if key not in locked:
            raise Refusal(NOT_FOUND(field=(name,), noun="invoice", key=f"invoice_{key}"))
    require_pro_forma(locked[invoice_id])
    return locked[invoice_id], locked[deposit_id]


def net_by_tax(lines: Sequence[InvoiceLine]) -> dict[int | None, int]:
    """The net of the lines by tax code, deductions included."""
    nets: dict[int | None, int] = {}
    for line in lines:
        if line.kind is not LineKind.TEXT:
            nets[line.tax_code_id] = nets.get(line.tax_code_id, 0) + line.net_minor
    return nets


def to_be_deducted(acting: Acting, *project_ids: int) -> list[Issue]:
    """A warning for each final deposit of the projects that is not wholly deducted."""
    return [
        still_to_deduct(one.number, one.left, one.currency).at(field=("project_id",))
        for some in deposits.to_deduct(acting.session, project_ids).values()
        for one in some
    ]


def require_not_deducted(acting: Acting, deposit: Invoice, credited: Sequence[InvoiceLine]) -> None:
    """DEPOSIT_DEDUCTED: what invoices took off must first be given back by them.

    `credited` are the lines of a credit note of the deposit that is not written yet.
    """
    if deposit.kind is not InvoiceKind.DEPOSIT:
        return
    session, currency = acting.session, deposit.currency
    left = deposits.left_of(session, [deposit.id])[deposit.id]
    taken = deposits.deducted(session, [deposit.id])[deposit.id]
    for tax, net in net_by_tax(credited).items():
        rest = max(0, left.get(tax, 0))
        if taken.get(tax, 0) > 0 and net > rest:
            raise Refusal(
                DEPOSIT_DEDUCTED(
                    field=("lines",),
                    number=str(deposit.number),
                    code=the_record(session, TaxCode, tax or 0).code,
                    found=amount_text(taken[tax], currency),
                    expected=amount_text(rest, currency),
                )
            )


def require_deductions_within(acting: Acting, invoice: Invoice) -> None:
    """DEDUCTION_ABOVE_DEPOSIT where a deposit, which the caller has locked, has less left."""
    lines = invoices.lines_of(acting.session, invoice.id)
    keys = sorted({line.deducts_id for line in lines if line.deducts_id is not None})
    for key, left in deposits.left_of(acting.session, keys).items():
        own = net_by_tax([line for line in lines if line.deducts_id == key])
        for tax, net in own.items():
            if left.get(tax, 0) < 0:
                deposit = the_record(acting.session, Invoice, key)
                rest, currency = max(0, left.get(tax, 0) - net), deposit.currency
                raise Refusal(
                    DEDUCTION_ABOVE_DEPOSIT(
                        field=("id",),
                        number=str(deposit.number),
                        found=amount_text(-net, currency),
                        expected=amount_text(rest, currency),
                    )
                )
