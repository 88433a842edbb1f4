"""Telling a pro forma in another language: the words of the house, never those of a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from documents.figures import rate as written_rate
from domain.client import Client
from domain.invoice.model import Invoice, InvoiceKind, InvoiceLine
from domain.organisation import Entity, footer_of
from domain.project.model import Project
from persistence.invoice import invoices
from persistence.invoice.projects import projects_of
from persistence.organisations import the_organisation
from persistence.records import the_record
from resolvers._mutation import Acting
from resolvers.invoicing._billing import detail_of
from resolvers.invoicing._depositing import deduction_described, deposit_described

_ANY = Decimal(1)


def tell_in_language(
    acting: Acting, invoice: Invoice, *, before: str, given: Mapping[str, object]
) -> None:
    """Words that the house wrote in the language `before` are written in the new one.

    What a person wrote stays: nobody else can translate it.
    """
    _footer(acting, invoice, before=before, given=given)
    lines = invoices.lines_of(acting.session, invoice.id)
    _deductions(acting, invoice, lines, before=before)
    if invoice.kind is InvoiceKind.DEPOSIT:
        _deposit(acting, invoice, lines, before=before)
    projects = projects_of(acting.session, [invoice.id]).get(invoice.id, ())
    found = invoices.billables_by_project(acting.session, projects)
    billables = {one.phase.id: one for some in found.values() for one in some}
    for line in lines:
        billable = billables.get(line.phase_id or 0)
        if billable and line.detail and line.detail == detail_of(billable, line, before):
            line.detail = detail_of(billable, line, invoice.language)


def _footer(acting: Acting, invoice: Invoice, *, before: str, given: Mapping[str, object]) -> None:
    settings = the_organisation(acting.session).settings
    layers = (
        the_record(acting.session, Client, invoice.client_id),
        the_record(acting.session, Entity, invoice.entity_id),
    )
    if "footer_message" not in given and invoice.footer_message == footer_of(
        settings, *layers, language=before
    ):
        invoice.footer_message = footer_of(settings, *layers, language=invoice.language)


def _deductions(
    acting: Acting, invoice: Invoice, lines: Sequence[InvoiceLine], *, before: str
) -> None:
    deposits: dict[int, Invoice] = {}
    for line in lines:
        key = line.deducts_id
        if key is None:
            continue
        if key not in deposits:
            deposits[key] = the_record(acting.session, Invoice, key)
        if line.description == deduction_described(deposits[key], before):
            line.description = deduction_described(deposits[key], invoice.language)


def _deposit(
    acting: Acting, invoice: Invoice, lines: Sequence[InvoiceLine], *, before: str
) -> None:
    """A deposit of an amount, or of a percentage, which is kept in the words alone."""
    project = the_record(acting.session, Project, invoice.project_id or 0)
    for line in lines:
        percent = _percent_in(line.description, project, before)
        if line.description == deposit_described(percent, project, before):
            line.description = deposit_described(percent, project, invoice.language)


def _percent_in(description: str, project: Project, language: str) -> Decimal | None:
    """The percentage that the house wrote at this place of its sentence; None where it is not."""
    shown = written_rate(_ANY, language)
    head, _, tail = deposit_described(_ANY, project, language).partition(shown)
    if not (description.startswith(head) and description.endswith(tail)):
        return None
    written = description[len(head) : len(description) - len(tail)]
    figures = written.rstrip("%").strip().replace(",", ".")
    try:
        percent = Decimal(figures)
    except ArithmeticError:
        return None
    return percent if percent.is_finite() else None
