"""From pro forma to legal invoice and its paper: numbered in a transaction, printed outside one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date

from documents.pdf import render_invoice
from documents.picture import InvoicePicture, Reference
from documents.picture_json import from_json, to_json
from documents.portrait import Occasion, picture_of
from domain.invoice.euro import EuroRate, give_rate
from domain.invoice.finalise import Dossier, finalise, require_complete, require_pro_forma
from domain.invoice.model import PDF_FORM, Invoice, IssuedDocument
from domain.invoice.numbering import require_recent
from domain.invoice.remaining import require_still_within
from domain.trace import OutboxEntry
from persistence import chain, invoices
from resolvers._lines import recount
from resolvers._mutation import Acting
from schema.context import Caller, House

HANDOVER = "invoice.finalised"
"""The topic under which final invoices wait for the accounting software (F02, F23)."""


def make_final(
    acting: Acting,
    *,
    invoice_id: int,
    issue_date: date | None,
    euro_rate: EuroRate | None = None,
) -> Invoice:
    """The legal invoice: number, date and picture, in this transaction (F23).

    The counter is locked last, so that its lock is held as shortly as can be.
    """
    session = acting.session
    invoice = invoices.the_record(session, Invoice, invoice_id, field=("id",), locked=True)
    require_pro_forma(invoice)
    day = issue_date or acting.today
    require_recent(day, today=acting.today)
    if invoice.project_id is not None:
        invoices.lock_project(session, invoice.project_id)
    if euro_rate is not None:
        give_rate(invoice, euro_rate, today=acting.today)
    recount(acting, invoice)
    dossier = invoices.dossier_of(session, invoice)
    require_complete(dossier, issue_date=day)
    if dossier.project is not None:
        billables = invoices.billables_of(session, dossier.project.id, archived=True)
        require_still_within(dossier.lines, billables)
    entity = dossier.entity
    number = invoices.next_legal_number(
        session, entity, series=entity.invoice_series, issue_date=day, today=acting.today
    )
    freeze(acting, dossier, number=number, issue_date=day)
    return invoice


def freeze(
    acting: Acting,
    dossier: Dossier,
    *,
    number: str,
    issue_date: date,
    references: tuple[Reference, ...] = (),
) -> None:
    """Makes a document final: its picture is kept, it waits for the accounts, and is chained."""
    session, invoice = acting.session, dossier.invoice
    # Written at once: from then on the database lets nobody change it.
    with session.no_autoflush:
        finalise(invoice, number=number, issue_date=issue_date, now=acting.house.clock())
        drawn = picture_of(dossier, Occasion(issue_date, logo=dossier.entity.logo))
        picture = to_json(replace(drawn, references=references))
        invoice.seller, invoice.buyer = picture["seller"], picture["buyer"]
    session.add(IssuedDocument(invoice_id=invoice.id, form=PDF_FORM, picture=picture))
    session.add(OutboxEntry(topic=HANDOVER, subject_id=invoice.id, content={"number": number}))
    chain.link(session, invoice)


@dataclass(frozen=True, slots=True)
class Paper:
    """A printed invoice in the store of files."""

    key: str
    filename: str
    size: int


@dataclass(frozen=True, slots=True)
class ToPrint:
    """A picture that is not printed yet."""

    picture: InvoicePicture
    invoice_id: int
    number: str
    is_final: bool


def prepare_paper(acting: Acting, invoice_id: int) -> ToPrint | Paper:
    """The picture of an invoice; of a final one that was printed before, the paper."""
    invoice = invoices.the_record(acting.session, Invoice, invoice_id)
    issued = invoices.issued_document(acting.session, invoice_id, PDF_FORM)
    if issued is None:
        dossier = invoices.dossier_of(acting.session, invoice)
        picture = picture_of(dossier, Occasion(acting.today, logo=dossier.entity.logo))
        return ToPrint(picture, invoice_id, invoice.pro_forma_number, is_final=False)
    number = str(invoice.number)
    if issued.file_key is not None:
        return Paper(issued.file_key, f"{number}.pdf", issued.size or 0)
    return ToPrint(from_json(issued.picture), invoice_id, number, is_final=True)


def print_paper(house: House, caller: Caller, prepared: ToPrint | Paper) -> Paper:
    """Prints outside of any transaction; the bytes of a final invoice are kept under their hash."""
    if isinstance(prepared, Paper):
        return prepared
    content = render_invoice(prepared.picture)
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"{caller.organisation_id}/invoices/{prepared.number}-{sha256[:16]}.pdf"
    house.files.put(key, content)
    if prepared.is_final:
        return _keep(house, caller, prepared, key=key, sha256=sha256, size=len(content))
    return Paper(key, f"{prepared.number}.pdf", len(content))


def _keep(
    house: House, caller: Caller, asked: ToPrint, *, key: str, sha256: str, size: int
) -> Paper:
    """Notes which bytes were issued; whoever was first stays, so that the paper never changes."""
    with house.database.writing(caller.organisation_id) as session:
        issued = invoices.issued_document(session, asked.invoice_id, PDF_FORM)
        if issued is not None and issued.file_key is None:
            issued.file_key, issued.sha256, issued.size = key, sha256, size
        kept = issued.file_key if issued is not None and issued.file_key else key
        return Paper(kept, f"{asked.number}.pdf", size)
