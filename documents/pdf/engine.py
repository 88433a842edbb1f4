"""The engine that prints: WeasyPrint set up once, with our fonts and nothing from outside.

What is shared (fonts, style sheet, decoded logos) and what is left out (a browser's style sheet,
the HTML parser) saves a third of the time of a page and keeps memory flat; a paper of a known shape
is stamped and not laid out (`stamping`). Imported late: `press`.
"""

from __future__ import annotations

from importlib.resources import files
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

# WeasyPrint and what it rests on bear no types: a class of theirs is Any, and so is its heir.
import pydyf  # type: ignore[import-untyped]
import weasyprint
from cssselect2 import ElementWrapper  # type: ignore[import-untyped]
from weasyprint.css import ColorProfile
from weasyprint.pdf import generate_pdf
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from documents.pdf.assets import FONT_URL, Images, asset, style_sheet
from documents.pdf.stamping.fonts import Fonts
from documents.pdf.stamping.markup import Cut, cut
from documents.pdf.stamping.mould import Mould
from documents.pdf.stamping.moulding import moulded
from documents.pdf.stamping.setting import Setter
from documents.pdf.stamping.shapes import GivenUp, Shapes
from documents.pdf.stamping.unusual import Unusual
from documents.pdf.stamping.writing import PRODUCER

_COLOURS = "--srgb"

_MOST_KEPT = 96
"""Three entries a logo: the picture, its pixels, its transparency."""

_RUN = 2_000
"""Papers after which the press is set up anew: what the engine keeps for each stays bounded."""


class Fetcher(URLFetcher):  # type: ignore[misc]
    """Gives the fonts of the house and what this one paper was given; nothing else exists.

    None of the parent's openers (network, files) is set up, so there is nothing to get round.
    """

    def __init__(self, given: Images) -> None:
        self._fail_on_errors = False
        self._given = given

    def fetch(self, url: str, headers: object = None) -> Any:
        if url in self._given:
            media_type, content = self._given[url]
            return URLFetcherResponse(url, content, {"Content-Type": media_type})
        if url.startswith(FONT_URL):
            font = asset("fonts", PurePosixPath(url.removeprefix(FONT_URL)).name)
            return URLFetcherResponse(url, font, {"Content-Type": "font/ttf"})
        raise ValueError(f"a paper reads no address: {url[:80]}")


class Markup(weasyprint.HTML):  # type: ignore[misc]
    """A page parsed as XML by the C parser and styled by our sheet alone."""

    def __init__(self, markup: str, images: Images) -> None:
        self.base_url = None
        self.url_fetcher = Fetcher(images)
        self.media_type = "print"
        self.wrapper_element = ElementWrapper.from_html_root(
            ElementTree.fromstring(markup), content_language=None
        )
        self.etree_element = self.wrapper_element.etree_element

    def _ua_stylesheets(self, forms: bool = False) -> list[Any]:
        return []


class Engine:
    """One set-up of WeasyPrint; used by one thread at a time."""

    def __init__(self, given_up: GivenUp) -> None:
        self._fonts = FontConfiguration()
        self._styles = weasyprint.CSS(
            string=style_sheet(), font_config=self._fonts, url_fetcher=Fetcher({})
        )
        self._kept: dict[str, Any] = {}
        self._papers = 0
        self._met = Fonts()
        self._setter = Setter(self._met)
        self._shapes = Shapes(self._setter, given_up)

    def is_worn_out(self) -> bool:
        """Whether it has printed enough, or a cleaner of temporary files took its fonts away."""
        folder = self._fonts._folder
        return self._papers >= _RUN or not folder.is_dir() or not any(folder.iterdir())

    def printed(self, markup: str, images: Images, archival_identifier: str | None) -> bytes:
        """See `press.printed`."""
        if archival_identifier is not None:
            return self._archival(markup, images, archival_identifier)
        told = cut(markup)
        return self._shapes.printed(told, lambda: self._laid_out(markup, images, told))

    def _laid_out(self, markup: str, images: Images, cut: Cut | None) -> Mould | bytes:
        """The mould of a paper, or the file of one that cannot be moulded."""
        self._papers += 1
        page = Markup(markup, images)
        document = page.render(
            stylesheets=[self._styles], font_config=self._fonts, cache=self._kept, pdf_tags=True
        )
        try:
            return self._moulded(document, page, cut)
        except Unusual:
            document.fonts = {}
            made = document.write_pdf(pdf_tags=True, finisher=_signed_by_the_house)
            assert isinstance(made, bytes)
            return made
        finally:
            self._forget(images)

    def _moulded(self, document: Any, page: Markup, cut: Cut | None) -> Mould:
        if cut is None:
            raise Unusual("a head of its own")
        document.fonts = self._met.of_document()
        pdf = generate_pdf(document, None, 1, **{**weasyprint.DEFAULT_OPTIONS, "pdf_tags": True})
        return moulded(document, pdf, cut, page.etree_element, self._setter)

    def _archival(self, markup: str, images: Images, identifier: str) -> bytes:
        self._papers += 1
        pdf = Markup(markup, images).write_pdf(
            stylesheets=[self._styles],
            font_config=self._fonts,
            cache=self._kept,
            pdf_tags=True,
            pdf_variant="pdf/a-3b",
            color_profiles={_COLOURS: _standard_colours()},
            output_intent=_COLOURS,
            pdf_identifier=identifier.encode("ascii"),
            finisher=_signed_by_the_house,
        )
        self._forget(images)
        assert isinstance(pdf, bytes)
        return pdf

    def _forget(self, images: Images) -> None:
        """A kept drawing would hold the whole layout of its first paper; pixels hold nothing."""
        for url, (media_type, _) in images.items():
            if media_type == "image/svg+xml":
                self._kept.pop(url, None)
        if len(self._kept) > _MOST_KEPT:
            self._kept.clear()


def _standard_colours() -> ColorProfile:
    """The sRGB of the engine's package, which leaves the file open when it is left to itself.

    Made for each paper: the colour library writes a profile a second time in other bytes.
    """
    content = files("weasyprint.pdf").joinpath("sRGB2014.icc").read_bytes()
    rgb = (["r"], ["g"], ["b"])
    return ColorProfile(BytesIO(content), "sRGB2014.icc", "relative-colorimetric", rgb)


def _signed_by_the_house(document: object, pdf: pydyf.PDF) -> None:
    """The producer without a version: an upgrade of the engine alone is no change of the paper."""
    engine = pdf.info["Producer"].string
    pdf.info["Producer"] = pydyf.String(PRODUCER)
    for written in pdf.objects:
        if isinstance(written, pydyf.Stream) and written.extra.get("Type") == "/Metadata":
            written.stream[0] = written.stream[0].replace(engine.encode(), PRODUCER.encode())
