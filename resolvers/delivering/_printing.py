"""The paper of a document: printed outside of any transaction, its bytes kept for good."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from documents.glyphs import printed_as_boxes
from documents.pdf import render_invoice
from documents.picture import InvoicePicture
from documents.picture_json import from_json, to_json
from domain.errors import Issue
from domain.invoice.model import PDF_FORM, Invoice
from persistence.invoice import invoices
from persistence.records import the_record
from resolvers._mutation import Acting
from resolvers.invoicing._picturing import picture_now
from schema.context import Caller, House


@dataclass(frozen=True, slots=True)
class Paper:
    """A printed invoice in the store of files."""

    key: str
    number: str
    size: int

    @property
    def filename(self) -> str:
        return f"{self.number}.pdf"

    def warnings(self) -> list[Issue]:
        """Nothing: it is printed, and final."""
        return []


@dataclass(frozen=True, slots=True)
class ToPrint:
    """A picture that is not printed yet."""

    picture: InvoicePicture
    invoice_id: int
    number: str
    is_final: bool

    def warnings(self) -> list[Issue]:
        """What the paper of a pro forma cannot show, while it can still be written otherwise."""
        return [] if self.is_final else printed_as_boxes(to_json(self.picture))


def prepare_paper(acting: Acting, invoice_id: int) -> ToPrint | Paper:
    """The picture of an invoice; of a final one that was printed before, the paper."""
    invoice = the_record(acting.session, Invoice, invoice_id)
    issued = invoices.issued_document(acting.session, invoice_id, PDF_FORM)
    if issued is None:
        dossier = invoices.dossier_of(acting.session, invoice)
        picture = picture_now(acting.session, dossier, acting.today)
        return ToPrint(picture, invoice_id, invoice.pro_forma_number, is_final=False)
    number = str(invoice.number)
    if issued.file_key is not None:
        return Paper(issued.file_key, number, issued.size or 0)
    return ToPrint(from_json(issued.picture), invoice_id, number, is_final=True)


def print_paper(
    house: House, caller: Caller, prepared: ToPrint | Paper, *, patient: bool = False
) -> Paper:
    """Prints outside of any transaction; the bytes of a final invoice are kept under their hash.

    `patient` waits for other writers as long as it takes: for work that nobody waits for.
    """
    if isinstance(prepared, Paper):
        return prepared
    content = render_invoice(prepared.picture)
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"{caller.organisation_id}/invoices/{prepared.number}-{sha256[:16]}.pdf"
    house.files.put(key, content)
    if prepared.is_final:
        kept = Paper(key, prepared.number, len(content))
        return _keep(house, caller, prepared, kept, sha256=sha256, patient=patient)
    return Paper(key, prepared.number, len(content))


def _keep(
    house: House, caller: Caller, asked: ToPrint, printed: Paper, *, sha256: str, patient: bool
) -> Paper:
    """Notes which bytes were issued; whoever was first stays, so that the paper never changes."""
    with house.database.writing(caller.standing("invoicePdf"), patient=patient) as session:
        issued = invoices.issued_document(session, asked.invoice_id, PDF_FORM, locked=True)
        if issued is not None and issued.file_key is None:
            issued.file_key, issued.sha256, issued.size = printed.key, sha256, printed.size
        kept = issued.file_key if issued is not None and issued.file_key else printed.key
        return Paper(kept, printed.number, printed.size)
