"""Papers of hostile texts: each is printed as it is, and nothing is opened for it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from documents.logo import logo_media_type
from documents.pdf.invoice import render_invoice
from documents.picture import InvoicePicture, PaperKind
from tests.documents.hostile_pictures import HOSTILE, LITERAL, filled, texts_of, with_texts
from tests.documents.reading import opened

HOUSE = Path(__file__).parents[2]

WATCHED = """
import json, socket, sys
from documents.pdf import press
from documents.pdf.invoice import render_invoice
from tests.documents.test_hostile_papers import LOGOS, papers
from tests.documents.pictures import one_line
from dataclasses import replace

FAMILIES = ("open", "os.", "socket.", "subprocess.", "urllib.", "http.", "ftplib.", "shutil.")
seen, is_watching = [], False

def watch(event, facts):
    if is_watching and event.startswith(FAMILIES):
        seen.append([event, str(facts[0]) if facts else ""])

pictures = [*papers(), *(replace(one_line(), logo=logo) for logo in LOGOS)]
for picture in (one_line(), pictures[-1]):
    render_invoice(picture)  # Imports and fonts are read once, before anybody's text is.
own = str(press._engine()._fonts._folder)
sys.addaudithook(watch)
is_watching = True
for picture in pictures:
    render_invoice(picture)
said = [one for one in seen if one != ["os.listdir", own] and one != ["os.scandir", own]]
seen.clear()
open("/etc/hostname" if sys.platform == "linux" else "/etc/hosts").close()
socket.socket().connect_ex(("127.0.0.1", 9))
is_watching = False
print(json.dumps({"said": said, "would": [event for event, _ in seen]}))
"""


def mark(place: str) -> str:
    return "Zq" + re.sub(r"\W", "z", place)


def papers() -> list[InvoicePicture]:
    """An invoice and a pro forma with hostile texts in every field."""
    return [
        replace(hostile(HOSTILE), kind=kind, number=f"{prefix}{HOSTILE}")
        for kind, prefix in ((PaperKind.INVOICE, "FA-"), (PaperKind.PROFORMA, "PF-"))
    ]


def hostile(said: str) -> InvoicePicture:
    spoilt = with_texts(filled(), lambda place, _: f"{mark(place)}{said}")
    assert isinstance(spoilt, InvoicePicture)
    return spoilt


def drawing(inside: str, head: str = "") -> bytes:
    svg = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f'{head}<svg {svg} viewBox="0 0 9 9">{inside}<path d="M0 0h9v9z"/></svg>'.encode()


LOGOS = (
    drawing("<style>@import url(file:///etc/passwd);</style>"),
    drawing("<style>@import 'http://127.0.0.1:9/x.css';*{fill:url(http://127.0.0.1:9/#x)}</style>"),
    drawing('<rect fill="url(file:///etc/passwd#a)" width="9" height="9"/>'),
    drawing('<rect style="mask:url(http://127.0.0.1:9/#a);clip-path:url(file:///x#a)" width="9"/>'),
    drawing('<use href="file:///etc/passwd#x"/><use xlink:href="http://127.0.0.1:9/x.svg#y"/>'),
    drawing("", head='<?xml-stylesheet href="file:///etc/passwd" type="text/css"?>'),
    drawing("", head='<!DOCTYPE svg SYSTEM "file:///etc/passwd">'),
    drawing("", head='<!DOCTYPE svg PUBLIC "x" "http://127.0.0.1:9/x.dtd">'),
)


def test_every_text_of_a_paper_is_tried() -> None:
    """A field that is new must be filled in the picture of this test, or it fails here."""
    empty = [place for place, text in texts_of(filled()) if not text]
    # Headings and remarks have no figures; a line that is priced has all of theirs.
    assert [place for place in empty if not re.match(r"\.lines\.[123]\.", place)] == []


def test_every_text_is_printed_as_it_is() -> None:
    """Point 5: tags, entities, </style>, braces are letters like others, in every field."""
    shown, spoilt = (bare(render_invoice(hostile(said))) for said in ("Zq", LITERAL))
    places = [mark(place) for place, _ in texts_of(filled())]
    printed = [place for place in places if f"{place}Zq" in shown]
    assert len(printed) > 30
    assert [place for place in printed if f"{place}{LITERAL}" not in spoilt] == []


def bare(pdf: bytes) -> str:
    """All its letters, without spaces: narrow columns break a line anywhere."""
    text = "".join(page.extract_text() for page in opened(pdf).pages)
    return re.sub(r"[^!-~]", "", text)


def test_printing_them_opens_no_file_and_no_socket() -> None:
    """Python tells of each file it opens and each socket it makes: there is none of either."""
    told = subprocess.run(
        [sys.executable, "-c", WATCHED],
        cwd=HOUSE,
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        check=True,
        timeout=240,
    )
    found = json.loads(told.stdout.strip().splitlines()[-1])
    assert found["said"] == []
    # The proof of the proof: what is opened is seen.
    assert {"open", "socket.connect"} <= set(found["would"])


@pytest.mark.parametrize("logo", LOGOS)
def test_a_drawing_that_fetches_is_no_logo_and_one_that_declares_its_kind_is(logo: bytes) -> None:
    """Drawing programs write a DOCTYPE, which no reader follows; nothing else may lead outside."""
    is_declared = logo.startswith((b"<!DOCTYPE", b"<?xml"))
    assert logo_media_type(logo) == ("image/svg+xml" if is_declared else None)
    assert logo_media_type(drawing('<g id="a" style="fill:url(#b)"/><use href="#a"/>')) is not None


def test_a_file_of_two_kinds_is_the_picture_it_begins_as() -> None:
    """A polyglot: a picture with a page or a program behind it is printed as its pixels."""
    out = BytesIO()
    Image.new("RGB", (3, 2), "red").save(out, "PNG")
    for behind in (b"<html><script>x()</script>", b"PK\x03\x04", b"%PDF-1.7", b"GIF89a"):
        assert logo_media_type(out.getvalue() + behind) in ("image/png", None)
        assert logo_media_type(behind + out.getvalue()) is None
