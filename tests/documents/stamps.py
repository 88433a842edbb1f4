"""A press of its own to stamp with, and invoices that share a shape."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from documents.pdf.engine import Engine, Markup
from documents.pdf.invoice import _images, invoice_markup
from documents.pdf.stamping.shapes import Shapes
from documents.picture import InvoicePicture, Line, VatGroup
from tests.documents.pictures import NARROW


class CountingPress:
    """An engine of its own, with the number of papers it laid out."""

    def __init__(self) -> None:
        self.engine = Engine(set())
        self.laid_out = 0
        self._lay_out = self.engine._laid_out
        vars(self.engine)["_laid_out"] = self._counted

    @property
    def shapes(self) -> Any:
        return self.stamper.shapes

    @property
    def stamper(self) -> Any:
        return self.engine._stamper

    def print(self, picture: InvoicePicture) -> bytes:
        markup, images = set_in_html(picture)
        return self.engine.printed(markup, images, None)

    def laid_out_anew(self, picture: InvoicePicture) -> bytes:
        """What the same engine makes when it knows no shape."""
        known, self.stamper.shapes = self.shapes, Shapes(self.shapes.setter, set())
        try:
            return self.print(picture)
        finally:
            self.stamper.shapes = known

    def by_itself(self, picture: InvoicePicture) -> bytes:
        """What the engine writes where nothing of stamping is asked for."""
        markup, images = set_in_html(picture)
        made = self._lay_out(markup, images, None, plainly=True)
        assert isinstance(made, bytes)
        return made

    def plain(self, picture: InvoicePicture) -> bytes:
        """What the library alone makes of the same markup, fonts and all."""
        markup, images = set_in_html(picture)
        made = Markup(markup, images).write_pdf(
            stylesheets=[self.engine._styles], font_config=self.engine._fonts, pdf_tags=True
        )
        assert isinstance(made, bytes)
        return made

    def _counted(self, *asked: Any, **how: Any) -> Any:
        self.laid_out += 1
        return self._lay_out(*asked, **how)


def set_in_html(picture: InvoicePicture) -> tuple[str, Any]:
    images = _images(picture)
    return invoice_markup(picture, logo=next(iter(images), None)), images


def priced(picture: InvoicePicture, lines: tuple[Line, ...]) -> InvoicePicture:
    """`picture` with these lines at 20 %, and the totals they make."""
    net = sum((line.net or Decimal(0) for line in lines), Decimal("0.00"))
    vat = (net / 5).quantize(Decimal("0.01"))
    return replace(
        picture,
        lines=lines,
        groups=(VatGroup(label=f"20{NARROW}%", base=net, vat=vat),),
        net=net,
        vat=vat,
        gross=net + vat,
        deductions=(),
    )
