"""Making the pro formas of a portion of a batch: exactly as planned, or failed with the reason."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from domain.batch.model import Batch, BatchInvoice, BatchItem, BillState
from domain.batch.plan import PlannedItem
from domain.batch.run import ITEM_MOVED, moved
from domain.billing.item import Item
from domain.billing.lines import line_of
from domain.client import Client
from domain.errors import RECORD_ARCHIVED, Issue, Refusal
from domain.invoice.create import blank
from domain.invoice.lines import require_few
from domain.invoice.model import Invoice, InvoiceLine
from domain.invoice.remaining import Billable
from domain.invoice.totals import total
from domain.job import JOB_BROKE
from domain.organisation import Entity, footer_of
from domain.project.model import Contract, Phase, Project
from domain.takeover.wire import pack_issue
from persistence import batches, claims, invoices, numbers
from persistence.ids import insert_records
from persistence.organisations import the_organisation
from persistence.session import ScopedSession, part_of
from resolvers._batch_running import assessments_again, by_contract_and_key
from resolvers._billing import complete
from resolvers._lines import keep_totals, taxed_by
from resolvers._mutation import Acting

log = structlog.get_logger("jalon")


def make_bills(acting: Acting, batch: Batch, bills: Sequence[BatchInvoice]) -> None:
    """Makes the pro formas of these bills; one that fails says why, and keeps no other back."""
    try:
        with part_of(acting.session):
            _make(acting, batch, bills)
    except Refusal:
        _each(acting, batch, bills)
    except DBAPIError:
        raise
    except Exception:
        # A bug in one of them: which one, and the others all the same.
        log.exception("bug", batch=batch.id, bills=len(bills))
        _each(acting, batch, bills)


def _each(acting: Acting, batch: Batch, bills: Sequence[BatchInvoice]) -> None:
    for bill in bills:
        try:
            with part_of(acting.session):
                _make(acting, batch, [bill])
        except Refusal as refusal:
            _fail(bill, refusal.issues)
        except DBAPIError:
            raise
        except Exception:
            reference = secrets.token_hex(5)
            log.exception("bug", reference=reference, bill=bill.id)
            _fail(bill, [JOB_BROKE(reference=reference)])


def _fail(bill: BatchInvoice, issues: Sequence[Issue]) -> None:
    bill.state, bill.issues = BillState.FAILED, [pack_issue(issue) for issue in issues]


@dataclass(frozen=True, slots=True)
class _Stock:
    """What the invoices of a portion are made from, read under the locks of their projects."""

    found: Mapping[tuple[int, str], PlannedItem]
    billables: Mapping[int, tuple[Billable, Project]]
    clients: Mapping[int, Client]
    entities: Mapping[int, Entity]
    settings: Mapping[str, Any]


def _stock(acting: Acting, batch: Batch, items: Sequence[BatchItem]) -> _Stock:
    session = acting.session
    contract_ids = {item.contract_id for item in items}
    projects = invoices.projects_of_contracts(session, contract_ids)
    invoices.lock_projects(session, projects)
    assessed = list(assessments_again(session, batch, contract_ids, locked=True))
    figures = {one.terms.id: one.figures for of in assessed for one in of.books.phases}
    contracts = invoices.records_by_id(session, Contract, contract_ids)
    records = invoices.records_by_id(session, Project, projects)
    phases = invoices.records_by_id(session, Phase, {item.phase_id for item in items})
    return _Stock(
        found=by_contract_and_key(assessed),
        billables={
            phase.id: (
                Billable(phase, contracts[phase.contract_id], figures[phase.id]),
                records[contracts[phase.contract_id].project_id],
            )
            for phase in phases.values()
            if phase.id in figures
        },
        clients=invoices.records_by_id(
            session, Client, {one.client_id for one in records.values()}
        ),
        entities={one.id: one for one in invoices.entities_of(session)},
        settings=the_organisation(session).settings,
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    bill: BatchInvoice
    invoice: Invoice
    lines: list[tuple[InvoiceLine, Item]]


def _make(acting: Acting, batch: Batch, bills: Sequence[BatchInvoice]) -> None:
    """The pro formas of these bills, exactly as planned; what moved fails its bill alone."""
    session = acting.session
    own = batches.items_of_bills(session, [bill.id for bill in bills])
    stock = _stock(acting, batch, [item for some in own.values() for item in some])
    ready = []
    for bill in bills:
        gone = [issue for _, issue in moved(own[bill.id], stock.found)]
        if gone:
            _fail(bill, gone)
        else:
            ready.append(bill)
    given = numbers.next_pro_forma_numbers(session, len(ready)) if ready else []
    drawn = [
        _draw(bill, own[bill.id], stock, number) for bill, number in zip(ready, given, strict=True)
    ]
    _keep(session, drawn)
    batches.release(session, [one.bill.id for one in drawn])
    session.flush()


def _keep(session: ScopedSession, drawn: Sequence[_Drawn]) -> None:
    """Writes pro formas with their lines, and gives the lines what they bill."""
    keys = insert_records(session, [one.invoice for one in drawn])
    for key, one in zip(keys, drawn, strict=True):
        for position, (line, _) in enumerate(one.lines, start=1):
            line.invoice_id, line.position = key, position
        one.bill.state, one.bill.invoice_id = BillState.GENERATED, key
        one.bill.issues = []
    lines = [pair for one in drawn for pair in one.lines]
    line_keys = insert_records(session, [line for line, _ in lines])
    claims.claim(
        session,
        [
            (key, line.currency, item)
            for key, (line, item) in zip(line_keys, lines, strict=True)
            if item.entries or item.claim is not None
        ],
    )


def _draw(bill: BatchInvoice, items: Sequence[BatchItem], stock: _Stock, number: str) -> _Drawn:
    client, entity = stock.clients[bill.client_id], stock.entities.get(bill.entity_id)
    if client.archived_at is not None:
        raise Refusal(RECORD_ARCHIVED(noun="client", key=f"client_{client.id}"))
    if entity is None:
        raise Refusal(RECORD_ARCHIVED(noun="entity", key=f"entity_{bill.entity_id}"))
    invoice = blank(
        client=client,
        entity=entity,
        pro_forma_number=number,
        footer=footer_of(stock.settings, client, entity, language=bill.language),
    )
    invoice.currency, invoice.commitment_no = bill.currency, bill.commitment_no
    lines, taxed = [], []
    projects: dict[int, Project] = {}
    require_few(items)
    for one in sorted(items, key=lambda one: (stock.billables[one.phase_id][1].code, one.id)):
        billable, project = stock.billables[one.phase_id]
        projects[project.id] = project
        planned = stock.found[(one.contract_id, one.key)]
        line = line_of(planned.item, billable, account=None, sku=None)
        taxes = [planned.tax] if planned.tax else []
        complete(line, billable, project, taxes, language=invoice.language)
        lines.append((line, planned.item))
        taxed.append((line.net_minor, taxed_by(planned.tax) if planned.tax else None))
    if len(projects) == 1:
        invoice.project_id = next(iter(projects))
    totals = total(taxed, currency=bill.currency)
    keep_totals(invoice, totals)
    if (totals.net, totals.vat) != (bill.net_minor, bill.vat_minor):
        raise Refusal(
            ITEM_MOVED(
                item="VAT",
                contract=f"contract_{items[0].contract_id}",
                expected=str(bill.net_minor + bill.vat_minor),
                found=str(totals.gross),
            )
        )
    return _Drawn(bill, invoice, lines)
