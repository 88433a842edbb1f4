"""The engine that prints: WeasyPrint set up once, with our fonts and nothing from outside.

What is shared (fonts, style sheet, decoded logos) and what is left out (a browser's style sheet,
the HTML parser) saves a third of the time of a page and keeps memory flat; a paper of a known shape
is stamped and not laid out (`stamping`). Imported late: `press`.
"""

from __future__ import annotations

from datetime import datetime, time
from functools import partial
from importlib.resources import files
from io import BytesIO
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

# WeasyPrint and what it rests on bear no types: a class of theirs is Any, and so is its heir.
import pydyf
import structlog
import weasyprint
from cssselect2 import ElementWrapper
from weasyprint.css import ColorProfile
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from documents.pdf.assets import FONT_URL, PRODUCER, Carried, Images, asset, style_sheet
from documents.pdf.stamping.unusual import GivenUp, Unusual, tell_of_failure

if TYPE_CHECKING:
    from documents.pdf.stamping.markup import Cut
    from documents.pdf.stamping.mould import Mould
    from documents.pdf.stamping.stamper import Stamper

_COLOURS = "--srgb"

_MOST_KEPT = 96
"""Three entries a logo: the picture, its pixels, its transparency."""

_RUN = 2_000
"""Papers after which the press is set up anew: what the engine keeps for each stays bounded."""

log = structlog.get_logger("jalon")


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
        self._given_up = given_up
        self._stamper = _stamper(given_up)

    def is_worn_out(self) -> bool:
        """Whether it has printed enough, or a cleaner of temporary files took its fonts away."""
        folder = self._fonts._folder
        return self._papers >= _RUN or not folder.is_dir() or not any(folder.iterdir())

    def printed(
        self,
        markup: str,
        images: Images,
        archival_identifier: str | None,
        carried: Carried | None = None,
    ) -> bytes:
        """See `press.printed`."""
        if archival_identifier is not None:
            return self._archival(markup, images, archival_identifier, carried)
        if self._stamper is None:
            made = self._laid_out(markup, images, None, plainly=True)
            assert isinstance(made, bytes)
            return made
        return self._stamper.printed(markup, partial(self._laid_out, markup, images))

    def _laid_out(
        self, markup: str, images: Images, cut: Cut | None, *, plainly: bool
    ) -> Mould | bytes:
        """The mould of a paper; its file when it is asked for `plainly` or cannot be moulded."""
        self._papers += 1
        page = Markup(markup, images)
        document = page.render(
            stylesheets=[self._styles], font_config=self._fonts, cache=self._kept, pdf_tags=True
        )
        try:
            if cut is not None and not plainly and (mould := self._mould(document, page, cut)):
                return mould
            document.fonts = {}
            made = document.write_pdf(pdf_tags=True, finisher=_signed_by_the_house)
            assert isinstance(made, bytes)
            return made
        finally:
            self._forget(images)

    def _mould(self, document: Any, page: Markup, cut: Cut) -> Mould | None:
        assert self._stamper is not None
        try:
            return self._stamper.moulded(document, page.etree_element, cut)
        except Unusual:
            return None
        except Exception as error:
            tell_of_failure(self._given_up, cut.shape, error)
            return None

    def _archival(
        self, markup: str, images: Images, identifier: str, carried: Carried | None
    ) -> bytes:
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
            attachments=[_attached(carried)] if carried else [],
            finisher=partial(_signed_with, metadata=carried.metadata if carried else b""),
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


def _stamper(given_up: GivenUp) -> Stamper | None:
    """None, told as an error, where the engine lacks what stamping needs of its inside."""
    try:
        from documents.pdf.stamping.stamper import Stamper
    except Exception as error:
        log.error("stamping_off", exc_info=error)
        return None
    return Stamper(given_up)


def _standard_colours() -> ColorProfile:
    """The sRGB of the engine's package, which leaves the file open when it is left to itself.

    Made for each paper: the colour library writes a profile a second time in other bytes.
    """
    content = files("weasyprint.pdf").joinpath("sRGB2014.icc").read_bytes()
    rgb = (["r"], ["g"], ["b"])
    return ColorProfile(BytesIO(content), "sRGB2014.icc", "relative-colorimetric", rgb)


def _attached(carried: Carried) -> weasyprint.Attachment:
    moment = datetime.combine(carried.day, time())
    return weasyprint.Attachment(
        string=carried.content,
        name=carried.name,
        description=carried.description,
        created=moment,
        modified=moment,
        relationship="Alternative",
    )


def _signed_with(document: object, pdf: pydyf.PDF, *, metadata: bytes) -> None:
    """What the paper says of the file that it carries stands with what it says of itself."""
    _signed_by_the_house(document, pdf)
    for written in _metadata(pdf):
        written.stream[0] = written.stream[0].replace(b"</rdf:RDF>", metadata + b"</rdf:RDF>")
    for written in pdf.objects:
        # No archive smooths pictures (ISO 19005-3, 6.2.8).
        if isinstance(written, pydyf.Stream) and "Interpolate" in written.extra:
            written.extra["Interpolate"] = "false"
    if "AF" in pdf.catalog:
        # The engine names a file that is carried twice.
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))


def _signed_by_the_house(document: object, pdf: pydyf.PDF) -> None:
    """The producer without a version: an upgrade of the engine alone is no change of the paper."""
    engine = pdf.info["Producer"].string
    pdf.info["Producer"] = pydyf.String(PRODUCER)
    for written in _metadata(pdf):
        written.stream[0] = written.stream[0].replace(engine.encode(), PRODUCER.encode())


def _metadata(pdf: pydyf.PDF) -> list[pydyf.Stream]:
    return [
        written
        for written in pdf.objects
        if isinstance(written, pydyf.Stream) and written.extra.get("Type") == "/Metadata"
    ]
