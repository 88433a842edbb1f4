"""Drawing pro formas: from a project (F09, F10), or blank for a client (F13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.base import Versioned
from domain.billing.assessment import Assessment
from domain.billing.item import Item
from domain.billing.lines import ITEMS_OR_PHASES, stays_unbilled
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
from domain.invoice.lines import require_few
from domain.invoice.model import Invoice, InvoiceLine
from domain.invoice.remaining import Billable
from domain.organisation import Entity, footer_of
from domain.project.model import BillingMethod, ContractStatus, Project
from persistence.catalogue import tax_codes_of_country
from persistence.invoice import invoices, numbers
from persistence.organisations import the_organisation
from persistence.records import the_record
from resolvers._mutation import Acting
from resolvers.invoicing._billing import (
    LineTerms,
    assess_project,
    chosen_items,
    claim_items,
    complete,
    cut_off_of,
    held_by_batch,
    lines_of_items,
    ready_items,
)
from resolvers.invoicing._lines import append, require_account, require_product


@dataclass(frozen=True, slots=True)
class Draw:
    """What to draw a pro forma from: client, project, account or product."""

    client_id: int
    project_id: int
    asked: Sequence[Asked] | None = None
    basis: Basis = Basis.REMAINING
    ledger_account: str | None = None
    sku: str | None = None
    as_of: date | None = None
    """The day up to which is billed; today when None."""
    items: Sequence[str] | None = None
    """Keys of the items to bill, and nothing beside them."""


Drawn = tuple[InvoiceLine, Item | None]
"""A line, and the item that it bills."""


def draw_from_project(acting: Acting, draw: Draw) -> tuple[Invoice, tuple[Issue, ...]]:
    """A pro forma with a line for each phase that has something left (F09, F10).

    Of time, retainers and prepaid hours: a line for each item that is due (DOMAIN §2.4).
    """
    session = acting.session
    require_each_once(draw.asked or ())
    if draw.items is not None and draw.asked is not None:
        raise Refusal(ITEMS_OR_PHASES(field=("items",)))
    cut_off = cut_off_of(acting, draw.as_of)
    client = the_client(acting, draw.client_id)
    project = invoices.lock_project(session, draw.project_id)
    require_live(project, key=f"project_{project.id}", noun="project", field=("project_id",))
    account, sku = _account(acting, draw)
    entity = entity_of(acting, project.entity_id, field=("project_id",))
    invoice = begin(acting, client, entity)
    for_project(invoice, project=project, client=client)
    session.add(invoice)
    session.flush()
    assessed = assess_project(acting, project.id, cut_off=cut_off)
    terms = LineTerms(account, sku)
    if draw.items is not None:
        chosen = chosen_items(assessed, draw.items, project)
        lines: list[Drawn] = list(lines_of_items(acting, invoice, project, chosen, terms=terms))
        issues: tuple[Issue, ...] = ()
    else:
        chosen_phases = _chosen(acting, draw, project, cut_off=cut_off)
        lines, issues = _lines(
            acting, draw, project, assessed, chosen_phases, terms=terms, invoice=invoice
        )
    if not lines:
        raise Refusal(NOTHING_TO_INVOICE(field=("project_id",), project=project.code))
    require_few(lines)
    append(acting, invoice, [line for line, _ in lines])
    claim_items(acting, [(line, item) for line, item in lines if item is not None])
    return invoice, issues


def draw_blank(acting: Acting, *, client_id: int, entity_id: int | None) -> Invoice:
    """A pro forma of a client, without lines yet (F13)."""
    client = the_client(acting, client_id)
    invoice = begin(acting, client, entity_of(acting, entity_id, field=("entity_id",)))
    acting.session.add(invoice)
    acting.session.flush()
    return invoice


def the_client(acting: Acting, client_id: int) -> Client:
    """The client that is invoiced; refused when archived."""
    field = ("client_id",)
    client = the_record(acting.session, Client, client_id, field=field)
    require_live(client, key=f"client_{client_id}", noun="client", field=field)
    return client


def require_live(record: Versioned, *, key: str, noun: str, field: tuple[PathPart, ...]) -> None:
    """Nothing new is invoiced on what was put away; what is under way goes on."""
    if record.archived_at is not None:
        raise Refusal(RECORD_ARCHIVED(field=field, noun=noun, key=key))


def begin(
    acting: Acting, client: Client, entity: Entity, *, language: str | None = None
) -> Invoice:
    """A pro forma of both, not written yet, in a language: the client's when left out."""
    settings = the_organisation(acting.session).settings
    told_in = language or client.language
    made = blank(
        client=client,
        entity=entity,
        pro_forma_number=numbers.next_pro_forma_number(acting.session),
        footer=footer_of(settings, client, entity, language=told_in),
    )
    made.language = told_in
    return made


def entity_of(acting: Acting, entity_id: int | None, *, field: tuple[PathPart, ...]) -> Entity:
    """Who invoices; ENTITY_REQUIRED at `field`, where the caller says it, or the project should."""
    if entity_id is not None:
        entity = the_record(acting.session, Entity, entity_id, field=field)
        require_live(entity, key=f"entity_{entity_id}", noun="entity", field=field)
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
    assessed: Sequence[Assessment],
    chosen: Sequence[Billable],
    *,
    terms: LineTerms,
    invoice: Invoice,
) -> tuple[list[Drawn], tuple[Issue, ...]]:
    asked = {one.phase_id: one for one in draw.asked or ()}
    taxes = tax_codes_of_country(acting.session, project.country)
    by_fee = {
        one.phase.id for one in chosen if _is_by_fee(one, asked.get(one.phase.id), draw.basis)
    }
    wanted = {one.phase.id for one in chosen} - by_fee
    due = [item for item in ready_items(assessed) if item.phase_id in wanted]
    items = lines_of_items(acting, invoice, project, due, terms=terms)
    lines: list[Drawn] = []
    issues: list[Issue] = []
    for one in chosen:
        lines += [drawn for drawn in items if drawn[1].phase_id == one.phase.id]
        if one.phase.id not in by_fee:
            continue
        share = asked.get(one.phase.id)
        _require_free(assessed, one, field=("project_id",) if share is None else share.at())
        line, said = propose(
            one, asked=share, basis=draw.basis, account=terms.account, sku=terms.sku
        )
        issues += said
        if line is not None:
            if share is not None:
                every = [item for found in assessed for item in found.items]
                issues += stays_unbilled(every, one.phase, field=share.at())
            complete(line, one, project, taxes, language=invoice.language)
            lines.append((line, None))
    return lines, tuple(issues)


def _require_free(
    assessed: Sequence[Assessment], one: Billable, *, field: tuple[PathPart, ...]
) -> None:
    """A part of a fee that a batch holds is billed by that batch alone."""
    every = [item for found in assessed for item in found.items]
    held = held_by_batch(every, one.phase.id, field=field)
    if held:
        raise Refusal(*held)


def _is_by_fee(billable: Billable, share: Asked | None, basis: Basis) -> bool:
    """Whether the line takes a part of the fee; else it bills the items that are due."""
    if share is not None and share.is_measured:
        return True
    is_fixed = billable.contract.billing_method is BillingMethod.FIXED_FEE_PROGRESS
    return is_fixed and basis is Basis.REMAINING


def _chosen(acting: Acting, draw: Draw, project: Project, *, cut_off: date) -> list[Billable]:
    """The phases to draw from: those asked for, in that order, or all of the project."""
    found = invoices.billables_by_project(acting.session, [project.id], until=cut_off)
    billables = {one.phase.id: one for one in found.get(project.id, ())}
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
