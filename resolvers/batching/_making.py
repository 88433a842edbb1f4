"""Making the pro formas of a portion of a batch: exactly as planned, or failed with the reason."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError

from domain.batch.listed import ListedItem, Proposal
from domain.batch.model import Batch
from domain.batch.moved import ITEM_MOVED, how_moved, moved
from domain.batch.plan import PlannedItem
from domain.billing.books import ContractTerms, PhaseTerms
from domain.billing.item import Item
from domain.billing.lines import columns_of
from domain.client import Client
from domain.errors import RECORD_ARCHIVED, Issue, Refusal
from domain.invoice.create import blank_columns
from domain.invoice.lines import require_few
from domain.invoice.model import Invoice, InvoiceLine
from domain.invoice.totals import Tax, total
from domain.job import JOB_BROKE
from domain.ledger import PhaseFigures
from domain.money import amount_text
from domain.organisation import Entity, footer_of
from domain.takeover.wire import pack_issue
from persistence.batch import bills as batch_bills
from persistence.billing import claims
from persistence.ids import insert_numbered
from persistence.invoice import invoices, numbers
from persistence.organisations import the_organisation
from persistence.records import records_by_id
from persistence.session import ScopedSession, part_of
from persistence.statistics import learn_first
from resolvers._mutation import Acting
from resolvers.batching._running import assessments_again, by_contract_and_key
from resolvers.invoicing._billing import told_beside
from resolvers.invoicing._lines import columns_of_totals, taxed_by

log = structlog.get_logger("jalon")


def make_bills(acting: Acting, batch: Batch, bills: Sequence[Proposal]) -> None:
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


def _each(acting: Acting, batch: Batch, bills: Sequence[Proposal]) -> None:
    for bill in bills:
        try:
            with part_of(acting.session):
                _make(acting, batch, [bill])
        except Refusal as refusal:
            _fail(acting, bill, refusal.issues)
        except DBAPIError:
            raise
        except Exception:
            reference = secrets.token_hex(5)
            log.exception("bug", reference=reference, bill=bill.id)
            _fail(acting, bill, [JOB_BROKE(reference=reference)])


def _fail(acting: Acting, bill: Proposal, issues: Sequence[Issue]) -> None:
    batch_bills.keep_failed(acting.session, bill.id, [pack_issue(issue) for issue in issues])


@dataclass(frozen=True, slots=True)
class _Stock:
    """What the invoices of a portion are made from, read under the locks of their projects."""

    found: Mapping[tuple[int, str], PlannedItem]
    phases: Mapping[int, tuple[PhaseTerms, PhaseFigures, ContractTerms]]
    clients: Mapping[int, Client]
    entities: Mapping[int, Entity]
    settings: Mapping[str, Any]
    _taxes: dict[int, Tax] = field(default_factory=dict)

    def tax_of(self, planned: PlannedItem) -> Tax | None:
        """How a line of this item is taxed, made once for each code."""
        code = planned.tax
        if code is None:
            return None
        found = self._taxes.get(code.id)
        if found is None:
            found = self._taxes[code.id] = taxed_by(code)
        return found


def _stock(acting: Acting, batch: Batch, items: Sequence[ListedItem]) -> _Stock:
    session = acting.session
    contract_ids = {item.contract_id for item in items}
    invoices.lock_projects(session, invoices.projects_of_contracts(session, contract_ids))
    assessed = list(assessments_again(session, batch, contract_ids, locked=True))
    return _Stock(
        found=by_contract_and_key(assessed),
        phases={
            one.terms.id: (one.terms, one.figures, of.books.terms)
            for of in assessed
            for one in of.books.phases
        },
        clients=records_by_id(session, Client, {of.books.terms.client_id for of in assessed}),
        entities={one.id: one for one in invoices.entities_of(session)},
        settings=the_organisation(session).settings,
    )


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A pro forma to be written: the columns of the invoice and of its lines, which bill items."""

    bill: Proposal
    invoice: dict[str, Any]
    lines: list[tuple[dict[str, Any], Item]]


def _make(acting: Acting, batch: Batch, bills: Sequence[Proposal]) -> None:
    """The pro formas of these bills, exactly as planned; what moved fails its bill alone."""
    session = acting.session
    own = batch_bills.items_of_bills(session, [bill.id for bill in bills])
    stock = _stock(acting, batch, [item for some in own.values() for item in some])
    gone = {bill.id: moved(own[bill.id], stock.found) for bill in bills}
    phases = {item.phase_id for some in gone.values() for item, _ in some}
    names = batch_bills.names_of(session, phases)
    for bill in bills:
        if gone[bill.id]:
            _fail(acting, bill, how_moved(gone[bill.id], names))
    ready = [bill for bill in bills if not gone[bill.id]]
    given = numbers.next_pro_forma_numbers(session, len(ready)) if ready else []
    drawn = [
        _draw(bill, own[bill.id], stock, number) for bill, number in zip(ready, given, strict=True)
    ]
    if drawn:
        _keep(session, drawn)


def _keep(session: ScopedSession, drawn: Sequence[_Drawn]) -> None:
    """Writes pro formas with their lines, and gives the lines what they bill."""
    session.flush()
    keys = insert_numbered(session, Invoice, [one.invoice for one in drawn])
    # Each line looks for its invoice: by a key, and by the trigger that keeps final ones.
    learn_first(session, Invoice, len(keys))
    lines = [
        ({"invoice_id": key, "position": position, **line}, item)
        for key, one in zip(keys, drawn, strict=True)
        for position, (line, item) in enumerate(one.lines, start=1)
    ]
    line_keys = insert_numbered(session, InvoiceLine, [line for line, _ in lines])
    learn_first(session, InvoiceLine, len(line_keys))
    claims.claim(
        session,
        [
            (key, line["currency"], item)
            for key, (line, item) in zip(line_keys, lines, strict=True)
            if item.entries or item.claim is not None
        ],
    )
    made = {one.bill.id: key for one, key in zip(drawn, keys, strict=True)}
    batch_bills.keep_made(session, made)


def _draw(bill: Proposal, items: Sequence[ListedItem], stock: _Stock, number: str) -> _Drawn:
    client, entity = stock.clients[bill.client_id], stock.entities.get(bill.entity_id)
    if client.archived_at is not None:
        raise Refusal(RECORD_ARCHIVED(noun="client", key=f"client_{client.id}"))
    if entity is None:
        raise Refusal(RECORD_ARCHIVED(noun="entity", key=f"entity_{bill.entity_id}"))
    require_few(items)
    footer = footer_of(stock.settings, client, entity, language=bill.language)
    lines, taxed = [], []
    projects: set[int] = set()
    of_phase = stock.phases
    for one in sorted(items, key=lambda one: (of_phase[one.phase_id][2].project_code, one.id)):
        phase, figures, contract = of_phase[one.phase_id]
        projects.add(contract.project_id)
        planned = stock.found[(one.contract_id, one.key)]
        line = columns_of(
            planned.item, phase, contract.billing_method, figures, account=None, sku=None
        )
        line["tax_code_id"] = planned.tax.id if planned.tax else None
        line["detail"] = told_beside(line, contract.billing_method, figures, client.language)
        lines.append((line, planned.item))
        taxed.append((line["net_minor"], stock.tax_of(planned)))
    totals = total(taxed, currency=bill.currency)
    if (totals.net, totals.vat) != (bill.net_minor, bill.vat_minor):
        raise Refusal(
            ITEM_MOVED(
                item="VAT",
                contract=f"{contract.project_code} · {contract.name}",
                expected=amount_text(bill.net_minor + bill.vat_minor, bill.currency),
                found=amount_text(totals.gross, bill.currency),
            )
        )
    invoice = {
        **blank_columns(client, entity, footer),
        **columns_of_totals(totals),
        "pro_forma_number": number,
        "currency": bill.currency,
        "commitment_no": bill.commitment_no,
        "project_id": projects.pop() if len(projects) == 1 else None,
        "seller": {},
        "buyer": {},
    }
    return _Drawn(bill, invoice, lines)
