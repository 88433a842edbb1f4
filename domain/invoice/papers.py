"""Papers of many invoices, asked for at once (B29): in which form, and what may come of one."""

from __future__ import annotations

from enum import StrEnum

from domain.errors import call_error

MOST_PAPERS = 10_000
"""In one job."""

PAPER_NOT_PRINTED = call_error(
    "PAPER_NOT_PRINTED",
    "{number} could not be printed, reference {reference}.",
    "The others are there. Print this one alone with invoicePdf.",
)
PAPER_GONE = call_error(
    "PAPER_GONE",
    "{number} is not there any more: it was deleted before it was printed.",
)


class ElectronicForm(StrEnum):
    """In what an electronic invoice is handed out."""

    FACTUR_X = "FACTUR_X"
    """The paper (PDF/A-3) that carries the XML."""
    CII = "CII"
    """The XML alone."""


class PapersForm(StrEnum):
    """How papers are handed out."""

    MERGED_PDF = "MERGED_PDF"
    """One file, a bookmark to each paper."""
    ZIP = "ZIP"
    """A file of each, the final ones as they were issued."""
    FACTUR_X = "FACTUR_X"
    """A zip of electronic invoices: papers that carry their XML."""
    CII = "CII"
    """A zip of electronic invoices: the XML alone."""
