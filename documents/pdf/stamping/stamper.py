"""Stamping for one set-up of the engine: the one door to all that rests on the engine's inside."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from xml.etree import ElementTree

import weasyprint
from weasyprint.pdf import generate_pdf

from documents.pdf.stamping.fonts import Fonts
from documents.pdf.stamping.markup import Cut, cut
from documents.pdf.stamping.mould import Mould
from documents.pdf.stamping.moulding import moulded
from documents.pdf.stamping.setting import Setter
from documents.pdf.stamping.shapes import Shapes
from documents.pdf.stamping.unusual import GivenUp


class Stamper:
    """What one set-up of the engine knows of fonts, texts and shapes; for one thread at a time."""

    def __init__(self, given_up: GivenUp) -> None:
        self._met = Fonts()
        self.setter = Setter(self._met)
        self.shapes = Shapes(self.setter, given_up)

    def printed(self, markup: str, lay_out: Callable[..., Mould | bytes]) -> bytes:
        """The paper; `lay_out` takes its cut and `plainly`, as in `shapes.LayOut`."""
        told = cut(markup)
        return self.shapes.printed(told, partial(lay_out, told))

    def moulded(self, document: Any, root: ElementTree.Element, cut: Cut) -> Mould:
        """The mould of a document that the engine laid out; see `moulding.moulded`."""
        document.fonts = self._met.of_document()
        pdf = generate_pdf(document, None, 1, **{**weasyprint.DEFAULT_OPTIONS, "pdf_tags": True})
        return moulded(document, pdf, cut, root, self.setter)
