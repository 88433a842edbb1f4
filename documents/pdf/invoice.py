"""An invoice on paper: its picture set in HTML, then printed to PDF."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from documents import figures
from documents.characters import within_xml
from documents.glyphs import boxed
from documents.logo import in_screen_colours, logo_media_type
from documents.pdf.assets import Carried, Images
from documents.pdf.page import FACTS_A_ROW, Page
from documents.pdf.press import LOGO_URL, printed
from documents.picture import InvoicePicture
from documents.picture_json import to_json

HTML_FOLDER = Path(__file__).parent.parent / "html"


def render_invoice(
    picture: InvoicePicture, *, archival: bool = False, carried: Carried | None = None
) -> bytes:
    """The paper of `picture` as PDF; the same picture gives the same bytes.

    `archival` makes it PDF/A-3b, the kind that may carry a file, which `carried` is.
    """
    archival = archival or carried is not None
    identifier = _identifier(picture) if archival else None
    if archival and picture.logo:
        picture = replace(picture, logo=in_screen_colours(picture.logo))
    images = _images(picture)
    markup = invoice_markup(picture, logo=next(iter(images), None))
    if archival:
        # What stands before is told, not set.
        head, body, rest = markup.partition("<body")
        markup = f"{head}{body}{boxed(rest)}"
    return printed(
        markup,
        images=images,
        archival_identifier=identifier,
        carried=carried,
    )


def invoice_markup(picture: InvoicePicture, *, logo: str | None) -> str:
    """The markup of the paper, HTML written as XML; `logo` is the address of the logo's file."""
    markup = _template().render(
        picture=picture,
        page=Page(picture),
        logo=logo,
        facts_a_row=FACTS_A_ROW,
        in_fours=figures.in_fours,
        day=figures.day,
    )
    return within_xml(markup)


def _identifier(picture: InvoicePicture) -> str:
    stored = orjson.dumps(to_json(picture), option=orjson.OPT_SORT_KEYS)
    return sha256(stored).hexdigest()[:32]


def _images(picture: InvoicePicture) -> Images:
    """The logo, when it can be shown, under the address the markup uses."""
    media_type = logo_media_type(picture.logo) if picture.logo else None
    if picture.logo is None or media_type is None:
        return {}
    return {LOGO_URL + sha256(picture.logo).hexdigest(): (media_type, picture.logo)}


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(HTML_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("invoice.html")
