"""Papers as PDF: `render_invoice` is the way in; the engine is imported with the first."""

from documents.pdf.invoice import render_invoice

__all__ = ["render_invoice"]
