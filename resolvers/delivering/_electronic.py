"""Final documents as electronic invoices: drawn once from what was frozen, their bytes kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from documents.electronic import cii, factur_x
from documents.electronic.obstacles import E_INVOICE_NOT_FINAL, obstacles
from documents.electronic.terms import Electronic
from documents.electronic.view import electronic_of
from documents.picture import InvoicePicture
from documents.picture_json import from_json
from domain.errors import Refusal
from domain.invoice.finalise import Dossier
from domain.invoice.model import CII_FORM, FACTUR_X_FORM, PDF_FORM, Invoice, IssuedDocument
from domain.invoice.papers import ElectronicForm
from persistence.invoice import invoices
from persistence.records import the_record
from persistence.session import ScopedSession
from resolvers._mutation import Acting
from resolvers.invoicing._picturing import picture_now
from schema.context import Caller, House
from schema.download import PDF, KeptFile


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a form is kept and handed out."""

    kept: str
    ending: str
    media_type: str

    def file(self, key: str, number: str, size: int) -> KeptFile:
        return KeptFile(key, f"{number}{self.ending}", self.media_type, size)


_SHAPES = {
    ElectronicForm.CII: _Shape(CII_FORM, ".xml", cii.MEDIA_TYPE),
    ElectronicForm.FACTUR_X: _Shape(FACTUR_X_FORM, "-factur-x.pdf", PDF),
}


@dataclass(frozen=True, slots=True)
class ToWrite:
    """A final document of which no electronic invoice was drawn yet."""

    invoice_id: int
    number: str
    picture: InvoicePicture
    xml: bytes | KeptFile
    """Of one that was drawn alone before, where it is."""


def prepare_electronic(acting: Acting, invoice_id: int, form: ElectronicForm) -> ToWrite | KeptFile:
    """What is to be written of a final document; what was written before, where it was.

    Refuses with all that stands in its way; of a pro forma too, while it can still be changed.
    """
    session = acting.session
    invoice = the_record(session, Invoice, invoice_id)
    if kept := _there(session, invoice_id, form, str(invoice.number)):
        return kept
    dossier = invoices.dossier_of(session, invoice)
    issued = invoices.issued_document(session, invoice_id, PDF_FORM)
    if issued is None:
        told = electronic_of(dossier, picture_now(session, dossier, acting.today))
        raise Refusal(E_INVOICE_NOT_FINAL(field=("id",), number=told.number), *obstacles(told))
    picture = from_json(issued.picture)
    told = electronic_of(dossier, picture)
    if issues := obstacles(told):
        raise Refusal(*issues)
    alone = _there(session, invoice_id, ElectronicForm.CII, told.number)
    return ToWrite(invoice_id, told.number, picture, alone or cii.write(told))


def as_issued(session: ScopedSession, dossier: Dossier) -> Electronic:
    """A final document as programs read it, in the words of the paper that was frozen."""
    issued = invoices.issued_document(session, dossier.invoice.id, PDF_FORM)
    assert issued is not None, "a final document has its picture"
    return electronic_of(dossier, from_json(issued.picture))


def _there(
    session: ScopedSession, invoice_id: int, form: ElectronicForm, number: str
) -> KeptFile | None:
    """What was written before in a form."""
    shape = _SHAPES[form]
    kept = invoices.issued_document(session, invoice_id, shape.kept)
    if kept is None or kept.file_key is None:
        return None
    return shape.file(kept.file_key, number, kept.size or 0)


def write_electronic(
    house: House,
    caller: Caller,
    prepared: ToWrite | KeptFile,
    form: ElectronicForm,
    *,
    patient: bool = False,
) -> KeptFile:
    """Writes outside of any transaction; whoever was first stays: the bytes never change.

    The XML that a paper carries is the one that is handed out alone. `patient` waits for other
    writers as long as it takes: for work that nobody waits for.
    """
    if isinstance(prepared, KeptFile):
        return prepared
    alone = prepared.xml
    if not isinstance(alone, KeptFile):
        alone = _kept(house, caller, prepared, ElectronicForm.CII, alone, patient=patient)
    if form is ElectronicForm.CII:
        return alone
    paper = factur_x.print_with(prepared.picture, house.files.get(alone.key))
    return _kept(house, caller, prepared, form, paper, patient=patient)


def _kept(
    house: House,
    caller: Caller,
    prepared: ToWrite,
    form: ElectronicForm,
    content: bytes,
    *,
    patient: bool,
) -> KeptFile:
    shape, number = _SHAPES[form], prepared.number
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"{caller.organisation_id}/invoices/{number}-{sha256[:16]}{shape.ending}"
    house.files.put(key, content)
    standing = caller.standing("invoiceElectronic")
    with house.database.writing(standing, patient=patient) as session:
        # Whoever draws another at the same time waits here.
        invoices.issued_document(session, prepared.invoice_id, PDF_FORM, locked=True)
        kept = invoices.issued_document(session, prepared.invoice_id, shape.kept)
        if kept is None:
            kept = IssuedDocument(
                invoice_id=prepared.invoice_id,
                form=shape.kept,
                picture={},
                file_key=key,
                sha256=sha256,
                size=len(content),
            )
            session.add(kept)
        return shape.file(kept.file_key or key, number, kept.size or len(content))
