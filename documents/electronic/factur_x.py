"""Factur-X: the paper that people read, with the XML that programs read inside (PDF/A-3b).

Source: Factur-X 1.0 (FNFE-MPE), §6: name of the file, relationship, extension of the metadata.
"""

from __future__ import annotations

from documents.pdf import Carried, render_invoice
from documents.picture import InvoicePicture

NAME = "factur-x.xml"

_SPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_TOLD = {
    "DocumentFileName": (NAME, "Name of the embedded XML document"),
    "DocumentType": ("INVOICE", "Type of the hybrid document"),
    "Version": ("1.0", "Version of the standard of the embedded XML document"),
    "ConformanceLevel": ("EN 16931", "Profile of the embedded XML document"),
}
"""What a hybrid document says of its XML; credit notes and deposits are INVOICE, too."""


def print_with(picture: InvoicePicture, xml: bytes) -> bytes:
    """The paper of a final document, carrying its XML; the same of both gives the same bytes."""
    carried = Carried(
        name=NAME,
        content=xml,
        description="Factur-X",
        day=picture.issue_date,
        metadata=_metadata().encode(),
    )
    return render_invoice(picture, carried=carried)


def _metadata() -> str:
    """The properties and, since PDF/A knows none of them, the schema that declares them."""
    told = "".join(f"<fx:{name}>{value}</fx:{name}>" for name, (value, _) in _TOLD.items())
    declared = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{meaning}</pdfaProperty:description></rdf:li>"
        for name, (_, meaning) in _TOLD.items()
    )
    return (
        f'<rdf:Description rdf:about="" xmlns:fx="{_SPACE}">{told}</rdf:Description>'
        '<rdf:Description rdf:about=""'
        ' xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
        ' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
        ' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
        '<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_SPACE}</pdfaSchema:namespaceURI>"
        "<pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{declared}</rdf:Seq></pdfaSchema:property>"
        "</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
    )
