"""Papers that carry their XML hold what Factur-X and archives (PDF/A-3b) want of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import facturx
import pytest
from PIL import Image
from pypdf import PdfReader

from documents.electronic import cii, factur_x
from documents.electronic.view import electronic_of
from documents.portrait import Occasion, picture_of
from tests.documents.entries import DAY, Sold, dossier
from tests.documents.test_electronic import buying, found, rivage


def carrying(sold: Sequence[Sold | str], logo: bytes | None = None) -> tuple[bytes, bytes]:
    """The paper of a document with its XML inside, and the XML."""
    made = dossier(sold, parties=(buying(), rivage()))
    made.invoice.buyer = {}
    picture = picture_of(made, Occasion(DAY, logo=logo))
    xml = cii.write(electronic_of(made, picture))
    return factur_x.print_with(picture, xml), xml


def test_the_paper_carries_the_xml_as_factur_x_wants_it() -> None:
    """PDF/A-3b: one file, named, associated and told of in the metadata."""
    paper, xml = carrying([Sold("1", "100"), "Un texte"])
    name, found_in = facturx.get_facturx_xml_from_pdf(paper)
    assert (name, found_in) == ("factur-x.xml", xml)
    root: Any = PdfReader(BytesIO(paper)).trailer["/Root"]
    (carried,) = [one.get_object() for one in root["/AF"]]
    assert carried["/AFRelationship"] == "/Alternative"
    assert carried["/EF"]["/F"].get_object()["/Subtype"] == "/text/xml"
    (intent,) = [one.get_object() for one in root["/OutputIntents"]]
    assert intent["/S"] == "/GTS_PDFA1"
    said = root["/Metadata"].get_object().get_data().decode()
    told_of = re.findall(r"<fx:(\w+)>([^<]+)<", said)
    assert told_of == [
        ("DocumentFileName", "factur-x.xml"), ("DocumentType", "INVOICE"), ("Version", "1.0"),
        ("ConformanceLevel", "EN 16931"),
    ]  # fmt: skip
    assert re.findall(r"pdfaProperty:name>(\w+)<", said) == [name for name, _ in told_of]
    assert 'pdfaid:part="3" pdfaid:conformance="B"' in said
    ElementTree.fromstring(said[said.index("<x:") : said.index("<?xpacket end")])


def test_every_font_of_such_a_paper_is_inside() -> None:
    paper, _ = carrying([Sold("1", "100", description="Façade – 東京 Ω")])
    for page in PdfReader(BytesIO(paper)).pages:
        fonts: Any = page["/Resources"]
        for one in fonts["/Font"].values():
            (shape,) = one.get_object()["/DescendantFonts"]
            assert "/FontFile2" in shape.get_object()["/FontDescriptor"].get_object()


def test_such_a_paper_sets_no_letter_that_its_fonts_lack(caplog: pytest.LogCaptureFixture) -> None:
    """ISO 19005-3, 6.2.11.8: a box stands there, the XML says what was written."""
    caplog.set_level(logging.WARNING, "weasyprint")
    words = "東京 한국 👷\ufe0f \ue000 e\u0301 \u200b\u00ad\u2003 שָׁ क्षि \u0e33 Ω É"
    paper, xml = carrying([Sold("1", "100", description=words)])
    assert "notdef" not in caplog.text
    said = " ".join(page.extract_text() for page in PdfReader(BytesIO(paper)).pages)
    assert "□□" in said
    assert "Ω" in said
    assert found(xml, "SpecifiedTradeProduct", "Name") == [words]


@pytest.mark.parametrize(("mode", "kind"), [("CMYK", "JPEG"), ("RGB", "JPEG"), ("RGBA", "PNG")])
def test_a_logo_of_such_a_paper_is_as_archives_want_it(mode: str, kind: str) -> None:
    """ISO 19005-3: nothing smoothed (6.2.8), no inks beside the colours of screens (6.2.4.3)."""
    logo = BytesIO()
    Image.new(mode, (60, 30)).save(logo, kind)
    paper, _ = carrying([Sold("1", "100")], logo.getvalue())
    resources: Any = PdfReader(BytesIO(paper)).pages[0]["/Resources"]
    (shown,) = [one.get_object() for one in resources["/XObject"].values()]
    layers = [shown, shown["/SMask"]] if "/SMask" in shown else [shown]
    assert shown["/ColorSpace"] == "/DeviceRGB"
    assert not any(one["/Interpolate"].value for one in layers)
    assert ("/SMask" in shown) is (mode == "RGBA")


def test_the_same_document_is_the_same_paper_to_the_byte() -> None:
    assert carrying([Sold("1", "100")]) == carrying([Sold("1", "100")])
    assert carrying([Sold("1", "100")])[0] != carrying([Sold("1", "101")])[0]
