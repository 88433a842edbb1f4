"""Drawing pro formas: from a project (F09, F10), or blank for a client (F13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from documents.portrait import progress_detail
from domain.base import Versioned
from domain.catalogue import TaxCode
from domain.client import Client
from domain.errors import RECORD_ARCHIVED, Issue, PathPart, Refusal
from domain.invoice.create import (
    ENTITY_REQUIRED,
    NOTHING_TO_INVOICE,
    PHASE_OF_OTHER_PROJECT,
    Asked,
    Basis,
    blank,
    for_project,
    propose,
    require_each_once,
)
from domain.invoice.model import Invoice, InvoiceLine
from domain.invoice.remaining import Billable
from domain.money import rounded
from domain.organisation import Entity
from domain.project.model import BillingMethod, ContractStatus, Project
from persistence import invoices
from persistence.organisations import the_organisation
from resolvers._lines import append, require_account, require_product
from resolvers._mutation import Acting


@dataclass(frozen=True, slots=True)
class Draw:
    """What to draw a pro forma from: client, project, account or product."""

    client_id: int
    project_id: int
    asked: Sequence[Asked] | None = None
    basis: Basis = Basis.REMAINING
    ledger_account: str | None = None
    sku: str | None = None


def draw_from_project(acting: Acting, draw: Draw) -> tuple[Invoice, tuple[Issue, ...]]:
    """A pro forma with a line for each phase that has something left (F09, F10)."""
    session = acting.session
    require_each_once(draw.asked or ())
    client = _the_client(acting, draw.client_id)
    project = invoices.lock_project(session, draw.project_id)
    _require_live(project, key=f"project_{project.id}", noun="project", field=("project_id",))
    account, sku = _account(acting, draw)
    entity = _entity(acting, project.entity_id, field=("project_id",))
    invoice = _begin(acting, client, entity)
    for_project(invoice, project=project, client=client)
    session.add(invoice)
    session.flush()
    lines, issues = _lines(acting, draw, project, account=account, sku=sku, invoice=invoice)
    if not lines:
        raise Refusal(NOTHING_TO_INVOICE(field=("project_id",), project=project.code))
    append(acting, invoice, lines)
    return invoice, issues


def draw_blank(acting: Acting, *, client_id: int, entity_id: int | None) -> Invoice:
    """A pro forma of a client, without lines yet (F13)."""
    client = _the_client(acting, client_id)
    invoice = _begin(acting, client, _entity(acting, entity_id, field=("entity_id",)))
    acting.session.add(invoice)
    acting.session.flush()
    return invoice


def _the_client(acting: Acting, client_id: int) -> Client:
    field = ("client_id",)
    client = invoices.the_record(acting.session, Client, client_id, field=field)
    _require_live(client, key=f"client_{client_id}", noun="client", field=field)
    return client


def _require_live(record: Versioned, *, key: str, noun: str, field: tuple[PathPart, ...]) -> None:
    """Nothing new is invoiced on what was put away; what is under way goes on."""
    if record.archived_at is not None:
        raise Refusal(RECORD_ARCHIVED(field=field, noun=noun, key=key))


def _begin(acting: Acting, client: Client, entity: Entity) -> Invoice:
    footers = the_organisation(acting.session).settings.get("footer_message") or {}
    return blank(
        client=client,
        entity=entity,
        pro_forma_number=invoices.next_pro_forma_number(acting.session),
        footer=footers.get(client.language),
    )


def _entity(acting: Acting, entity_id: int | None, *, field: tuple[PathPart, ...]) -> Entity:
    """Who invoices; ENTITY_REQUIRED at `field`, where the caller says it, or the project should."""
    if entity_id is not None:
        entity = invoices.the_record(acting.session, Entity, entity_id, field=field)
        _require_live(entity, key=f"entity_{entity_id}", noun="entity", field=field)
        return entity
    entities = invoices.entities_of(acting.session)
    if len(entities) == 1:
        return entities[0]
    names = ", ".join(entity.code for entity in entities)
    raise Refusal(ENTITY_REQUIRED(field=field, expected=names))


def _account(acting: Acting, draw: Draw) -> tuple[str | None, str | None]:
    """The account of lines that have none of their own, and the product it is of (F09, F12)."""
    account = (draw.ledger_account or "").strip() or None
    if account:
        require_account(acting, account, field=("ledger_account",))
    if draw.sku is None:
        return account, None
    product = require_product(acting, draw.sku, field=("product_sku",))
    return account or product.ledger_account, product.sku


def _lines(
    acting: Acting,
    draw: Draw,
    project: Project,
    *,
    account: str | None,
    sku: str | None,
    invoice: Invoice,
) -> tuple[list[InvoiceLine], tuple[Issue, ...]]:
    asked = {one.phase_id: one for one in draw.asked or ()}
    taxes = invoices.tax_codes_of_country(acting.session, project.country)
    lines: list[InvoiceLine] = []
    issues: list[Issue] = []
    for one in _chosen(acting, draw, project):
        line, said = propose(
            one, asked=asked.get(one.phase.id), basis=draw.basis, account=account, sku=sku
        )
        issues += said
        if line is not None:
            tax = _tax_of(one, project, taxes)
            line.tax_code_id = tax.id if tax else None
            line.detail = _detail(one, line, invoice.language)
            lines.append(line)
    return lines, tuple(issues)


def _chosen(acting: Acting, draw: Draw, project: Project) -> list[Billable]:
    """The phases to draw from: those asked for, in that order, or all of the project."""
    billables = {one.phase.id: one for one in invoices.billables_of(acting.session, project.id)}
    if draw.asked is None:
        active = ContractStatus.ACTIVE
        return [one for one in billables.values() if one.contract.status is active]
    strangers = [one for one in draw.asked if one.phase_id not in billables]
    if strangers:
        raise Refusal(
            *(
                PHASE_OF_OTHER_PROJECT(
                    field=one.at("phase_id"), phase=f"phase_{one.phase_id}", project=project.code
                )
                for one in strangers
            )
        )
    return [billables[one.phase_id] for one in draw.asked]


def _detail(billable: Billable, line: InvoiceLine, language: str) -> str | None:
    by_progress = billable.contract.billing_method is BillingMethod.FIXED_FEE_PROGRESS
    if not by_progress or line.progress is None:
        return None
    figures = billable.figures
    return progress_detail(
        percent=rounded(line.progress, 2),
        fee=figures.adjusted_fee,
        currency=figures.currency,
        language=language,
    )


def _tax_of(billable: Billable, project: Project, taxes: Sequence[TaxCode]) -> TaxCode | None:
    """The tax code of a phase: its rate in the building's country, or the project's exemption."""
    rate = project.vat_rate if billable.phase.vat_rate is None else billable.phase.vat_rate
    if rate == 0 or not billable.contract.taxable:
        reason = project.vat_exemption
        return next((tax for tax in taxes if reason and tax.exemption == reason), None)
    return next((tax for tax in taxes if tax.exemption is None and tax.rate == rate), None)


def tell_in_language(
    acting: Acting, invoice: Invoice, *, before: str, given: Mapping[str, object]
) -> None:
    """Words that the house wrote in the language `before` are written in the new one.

    What a person wrote stays: nobody else can translate it.
    """
    footers = the_organisation(acting.session).settings.get("footer_message") or {}
    if "footer_message" not in given and invoice.footer_message == footers.get(before):
        invoice.footer_message = footers.get(invoice.language)
    if invoice.project_id is None:
        return
    found = invoices.billables_of(acting.session, invoice.project_id)
    billables = {one.phase.id: one for one in found}
    for line in invoices.lines_of(acting.session, invoice.id):
        billable = billables.get(line.phase_id or 0)
        if billable and line.detail and line.detail == _detail(billable, line, before):
            line.detail = _detail(billable, line, invoice.language)
