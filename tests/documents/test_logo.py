"""Which files may be a logo."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from documents.logo import LOGO_BYTES, logo_media_type
from tests.documents.pictures import LOGO


def drawing(inside: str) -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{inside}</svg>'.encode()


def raster(form: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (30, 10), "#2f5d62").save(file, form)
    return file.getvalue()


def test_png_jpeg_and_svg_are_told_by_their_bytes() -> None:
    assert logo_media_type(LOGO) == "image/svg+xml"
    assert logo_media_type(raster("PNG")) == "image/png"
    assert logo_media_type(raster("JPEG")) == "image/jpeg"


def test_other_files_are_no_logo() -> None:
    for content in (
        b"",
        b"GIF89a",
        raster("GIF"),
        b"<html/>",
        b"<svg",
        b"%PDF-1.7",
        b"\xff\xd8\xff",
    ):
        assert logo_media_type(content) is None


def test_a_broken_png_is_no_logo() -> None:
    assert logo_media_type(raster("PNG")[:-20]) is None


def test_a_small_png_that_unfolds_into_gigabytes_is_no_logo() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    assert logo_media_type(png + struct.pack(">I", zlib.crc32(chunk))) is None


@pytest.mark.parametrize(
    "inside",
    [
        "<text>Atelier</text>",
        '<image href="file:///etc/passwd"/>',
        "<script>alert(1)</script>",
        "<foreignObject/>",
        "<g>" * 50 + "</g>" * 50,
        '<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>',
        '<g id="a">' + "<path/>" * 500 + "</g>" + '<use href="#a"/>' * 100,
    ],
)
def test_a_drawing_that_reaches_out_or_multiplies_is_no_logo(inside: str) -> None:
    assert logo_media_type(drawing(inside)) is None


def test_a_drawing_with_entities_is_no_logo() -> None:
    bomb = b'<!DOCTYPE svg [<!ENTITY a "ha">]>' + drawing("<title>&a;</title>")
    assert logo_media_type(bomb) is None


def test_the_notes_of_a_drawing_program_do_no_harm() -> None:
    notes = '<metadata><n:page xmlns:n="urn:editor"/></metadata><path d="M0 0h9v9z"/>'
    assert logo_media_type(drawing(notes)) == "image/svg+xml"


def test_a_heavy_file_is_no_logo() -> None:
    assert logo_media_type(drawing("<path/>" + " " * LOGO_BYTES)) is None
