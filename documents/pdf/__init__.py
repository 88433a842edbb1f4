"""Papers as PDF: `render_invoice` is the way in; the engine is imported with the first."""

from documents.pdf.assets import Carried
from documents.pdf.invoice import render_invoice

__all__ = ["Carried", "render_invoice"]
