"""The press: same input same bytes, fonts inside, nothing read from outside."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from documents.pdf import press
from documents.pdf.assets import style_sheet
from documents.pdf.invoice import invoice_markup, render_invoice
from documents.picture import InvoicePicture
from documents.picture_json import from_json, to_json
from tests.documents.pictures import (
    english_credit_note,
    one_line,
    pro_forma,
    sixty_lines,
    three_rates,
)
from tests.documents.reading import font_descriptors, opened, page_texts, text_of

PICTURES = [one_line(), three_rates(), pro_forma(), english_credit_note()]
HOUSE = Path(__file__).parents[2]

ELSEWHERE = """
import hashlib
from documents.pdf.invoice import render_invoice
from tests.documents.pictures import three_rates
print(hashlib.sha256(render_invoice(three_rates())).hexdigest())
"""


@pytest.mark.parametrize("picture", PICTURES)
def test_the_same_picture_gives_the_same_bytes(picture: InvoicePicture) -> None:
    assert render_invoice(picture) == render_invoice(from_json(to_json(picture)))


def test_the_same_archival_paper_gives_the_same_bytes() -> None:
    first, again = (render_invoice(one_line(), archival=True) for _ in range(2))
    assert first == again


def test_a_machine_without_any_font_prints_the_same_bytes(tmp_path: Path) -> None:
    nothing = tmp_path / "fonts.conf"
    nothing.write_text(f"<fontconfig><cachedir>{tmp_path}</cachedir></fontconfig>")
    bare = {**os.environ, "FONTCONFIG_FILE": str(nothing), "PYTHONHASHSEED": "7"}
    told = subprocess.run(
        [sys.executable, "-c", ELSEWHERE],
        cwd=HOUSE,
        env={**bare, "PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == sha256(render_invoice(three_rates())).hexdigest()


@pytest.mark.parametrize("picture", PICTURES)
def test_every_font_is_inside_the_file_and_cut_down(picture: InvoicePicture) -> None:
    """F25: a printer needs nothing but the file."""
    descriptors = list(font_descriptors(render_invoice(picture)))
    assert descriptors
    for descriptor in descriptors:
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
        assert descriptor["/FontName"][7:8] == "+"


def test_letters_of_other_scripts_are_set_in_the_fonts_of_the_house() -> None:
    names = "Ελλάδα Київ Đặng İstanbul Հայ საქ שלום \U0001f600 ✓ → ≥"
    pdf = render_invoice(replace(one_line(), footer_message=names))
    fonts = {descriptor["/FontName"].split("+")[1] for descriptor in font_descriptors(pdf)}
    assert all(font.startswith(("House", "emoji")) for font in fonts), fonts
    text = text_of(pdf)
    for word in ("Ελλάδα", "Київ", "Đặng", "İstanbul", "Հայ", "\U0001f600", "✓", "→", "≥"):
        assert word in text


def test_the_file_tells_its_title_author_language_and_date_but_no_clock_and_no_version() -> None:
    reader = opened(render_invoice(one_line()))
    catalogue: Any = reader.root_object
    told = {name: str(value) for name, value in (reader.metadata or {}).items()}
    assert told["/Title"] == "Facture PAR26-00042"
    assert told["/Author"] == "Atelier Rivage Architectes"
    assert told["/Producer"] == "Jalon"
    assert told["/CreationDate"] == told["/ModDate"] == "D:20261121000000Z"
    assert set(told) == {"/Title", "/Author", "/Producer", "/CreationDate", "/ModDate"}
    assert catalogue["/Lang"] == "fr"


def test_the_paper_is_tagged_for_screen_readers() -> None:
    root: Any = opened(render_invoice(one_line())).root_object
    assert root["/MarkInfo"].get_object() == {"/Marked": True}
    assert "/StructTreeRoot" in root


def test_an_archival_paper_declares_pdf_a_and_says_the_same() -> None:
    pdf = render_invoice(one_line(), archival=True)
    root: Any = opened(pdf).root_object
    metadata = root["/Metadata"].get_data().decode()
    assert 'part="3"' in metadata
    assert 'conformance="B"' in metadata
    assert 'Producer="Jalon"' in metadata
    assert root["/OutputIntents"]
    assert page_texts(pdf) == page_texts(render_invoice(one_line()))


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/x.png",
        "http://169.254.169.254/",
        "file:///etc/hostname",
        "ftp://example.org/x",
        "data:text/plain,x",
        "logo:unknown",
        "font:../html/invoice.css",
    ],
)
def test_no_address_is_read_but_what_the_paper_was_given(address: str) -> None:
    from documents.pdf.engine import Fetcher

    with pytest.raises((ValueError, FileNotFoundError)):
        Fetcher({"logo:known": ("image/png", b"")})(address)


def test_markup_that_names_an_outside_picture_prints_without_it() -> None:
    markup = invoice_markup(one_line(), logo="file:///etc/hostname")
    assert len(opened(press.printed(markup, images={})).pages[0].images) == 0


def test_a_raster_logo_is_printed(tmp_path: Path) -> None:
    Image.new("RGBA", (300, 80), (47, 93, 98, 128)).save(tmp_path / "logo.png")
    picture = replace(one_line(), logo=(tmp_path / "logo.png").read_bytes())
    assert [image.image.size for image in opened(render_invoice(picture)).pages[0].images] == [  # type: ignore[union-attr]
        (300, 80)
    ]
    assert render_invoice(picture) == render_invoice(picture)


def test_the_lean_press_prints_what_the_engine_would_by_itself() -> None:
    """Leaving out the HTML parser and the browser's sheet must not change one word or one page."""
    import weasyprint

    from documents.pdf.engine import Fetcher

    markup = invoice_markup(sixty_lines(20), logo=None)
    sheet = f"<style>{style_sheet()}</style></head>"
    whole = "<!DOCTYPE html>" + markup.replace("</head>", sheet)
    pdf = weasyprint.HTML(string=whole, url_fetcher=Fetcher({})).write_pdf()
    assert page_texts(pdf) == page_texts(press.printed(markup, images={}))


def test_a_cleaner_of_temporary_files_does_not_spoil_the_next_paper() -> None:
    before = render_invoice(one_line())
    shutil.rmtree(press._engine()._fonts._folder)
    assert render_invoice(one_line()) == before
