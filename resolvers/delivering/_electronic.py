"""Final documents as electronic invoices: drawn once from what was frozen, their bytes kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from documents.electronic import cii
from documents.electronic.obstacles import E_INVOICE_NOT_FINAL, obstacles
from documents.electronic.terms import Electronic
from documents.electronic.view import electronic_of
from documents.picture_json import from_json
from domain.errors import Refusal
from domain.invoice.model import CII_FORM, PDF_FORM, Invoice, IssuedDocument
from persistence.invoice import invoices
from persistence.records import the_record
from resolvers._mutation import Acting
from resolvers.invoicing._picturing import picture_now
from schema.context import Caller, House
from schema.download import KeptFile


@dataclass(frozen=True, slots=True)
class ToWrite:
    """A final document of which no electronic invoice was drawn yet."""

    told: Electronic
    invoice_id: int


def prepare_electronic(acting: Acting, invoice_id: int) -> ToWrite | KeptFile:
    """What is to be written of a final document; what was written before, where it was.

    Refuses with all that stands in its way; of a pro forma too, while it can still be changed.
    """
    session = acting.session
    invoice = the_record(session, Invoice, invoice_id)
    kept = invoices.issued_document(session, invoice_id, CII_FORM)
    if kept is not None and kept.file_key is not None:
        return _file(kept.file_key, str(invoice.number), kept.size or 0)
    dossier = invoices.dossier_of(session, invoice)
    issued = invoices.issued_document(session, invoice_id, PDF_FORM)
    if issued is None:
        told = electronic_of(dossier, picture_now(session, dossier, acting.today))
        raise Refusal(E_INVOICE_NOT_FINAL(field=("id",), number=told.number), *obstacles(told))
    told = electronic_of(dossier, from_json(issued.picture))
    if issues := obstacles(told):
        raise Refusal(*issues)
    return ToWrite(told, invoice_id)


def write_electronic(house: House, caller: Caller, prepared: ToWrite | KeptFile) -> KeptFile:
    """Writes outside of any transaction; whoever was first stays: the bytes never change."""
    if isinstance(prepared, KeptFile):
        return prepared
    content = cii.write(prepared.told)
    sha256, number = hashlib.sha256(content).hexdigest(), prepared.told.number
    key = f"{caller.organisation_id}/invoices/{number}-{sha256[:16]}.xml"
    house.files.put(key, content)
    with house.database.writing(caller.standing("invoiceElectronic")) as session:
        # Whoever draws another at the same time waits here.
        paper = invoices.issued_document(session, prepared.invoice_id, PDF_FORM, locked=True)
        kept = invoices.issued_document(session, prepared.invoice_id, CII_FORM)
        if kept is None and paper is not None:
            kept = IssuedDocument(
                invoice_id=prepared.invoice_id,
                form=CII_FORM,
                picture={},
                file_key=key,
                sha256=sha256,
                size=len(content),
            )
            session.add(kept)
        stays = kept.file_key if kept is not None and kept.file_key else key
        return _file(stays, number, kept.size or 0 if kept is not None else len(content))


def _file(key: str, number: str, size: int) -> KeptFile:
    return KeptFile(key, f"{number}.xml", cii.MEDIA_TYPE, size)
