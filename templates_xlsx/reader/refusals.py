"""What the reader says of a whole file: four red kinds, one info, and the reasons they give.

A reason is one of a closed set of clauses, carried as the fact `reason`: facts are translated one
by one before they fill a sentence, so each clause has its French beside the sentences.
"""

from __future__ import annotations

from enum import StrEnum

from domain.errors import IssueKind, Refusal, Scope, Severity
from templates_xlsx.reader.limits import MEBIBYTE

_SAVE_AGAIN = (
    "Open it in Excel or LibreOffice, save it as an Excel workbook (.xlsx) without a password, "
    "and send that file."
)

FILE_UNREADABLE = IssueKind(
    "FILE_UNREADABLE",
    Severity.ERROR,
    Scope.FILE,
    "The file cannot be opened: {reason}{place}.",
    _SAVE_AGAIN,
)
FILE_TYPE_UNSUPPORTED = IssueKind(
    "FILE_TYPE_UNSUPPORTED",
    Severity.ERROR,
    Scope.FILE,
    "The file is neither an Excel workbook (.xlsx, .xlsm) nor a text table (.csv): {reason}.",
    _SAVE_AGAIN,
)
FILE_TOO_LARGE = IssueKind(
    "FILE_TOO_LARGE",
    Severity.ERROR,
    Scope.FILE,
    "The file is too large to be imported at once: {reason}{place}; the limit is {limit}.",
    "Copy the filled rows into a new workbook, without pictures, or split them over several files.",
)
FILE_EMPTY = IssueKind(
    "FILE_EMPTY",
    Severity.ERROR,
    Scope.FILE,
    "The file holds no row to import.",
    "Fill in the rows under the header, save the file, and send it again.",
)
ENCODING_DETECTED = IssueKind(
    "ENCODING_DETECTED",
    Severity.INFO,
    Scope.FILE,
    "The text file was read as {encoding}, with its columns separated by “{separator}”.",
)
TAB = "tab"
"""The fact `separator` of a table separated by tabs."""


class Unreadable(StrEnum):
    """Why a file cannot be opened."""

    LOCKED = "it is protected by a password"
    LOCKED_OR_OLD = "it is protected by a password, or in an old Office format"
    MARKUP = "it is a web page or XML under the name of a spreadsheet"
    TRUNCATED = "it is incomplete, its end is missing"
    DAMAGED = "it is damaged, its contents cannot be unpacked"
    PART_DAMAGED = "it is damaged, one of its parts cannot be unpacked"
    PART_TWICE = "it holds the same part twice, and which one counts is unknown"
    PART_ENCRYPTED = "one of its parts is encrypted"
    PART_PACKED_ODDLY = "one of its parts is compressed in a way that Excel does not use"
    PART_MISSING = "one of the parts of the workbook is missing"
    PART_SHARED = "two of its sheets are the same part"
    PART_MALFORMED = "one of its parts is not written correctly"
    PART_DECLARES = "one of its parts declares a document type, which Excel never does"
    PART_ENCODED_ODDLY = "one of its parts is in an encoding that Excel never uses"
    PART_TOO_DEEP = "one of its parts nests its elements too deeply"
    NOT_A_WORKSHEET = "one of its sheets is not a worksheet"
    ROW_MISPLACED = "rows are out of order or written twice"
    CELL_MISPLACED = "cells are out of order or written twice"
    CELL_INVALID = "a cell holds something else than its type says"
    NUMBER_EXCESSIVE = "a number is longer or larger than Excel can hold"
    UNDECODABLE = "its characters are neither UTF-8, UTF-16 nor Windows-1252"
    QUOTE_UNCLOSED = "a quotation mark is opened and never closed"


class Unsupported(StrEnum):
    """What a file is instead of a workbook or a text table."""

    OLD_WORKBOOK = "it is an old Excel workbook (.xls)"
    BINARY_WORKBOOK = "it is a binary Excel workbook (.xlsb)"
    OPEN_DOCUMENT = (
        "it is an OpenDocument file (.ods); LibreOffice saves it as .xlsx by File, Save As, "
        "“Excel 2007–365”"
    )
    PDF = "it is a PDF"
    OTHER_PROGRAMME = "it is the document of another programme"
    ARCHIVE = "it is a zip archive; extract the workbook from it"
    NOT_TEXT = "it is a picture, a programme or something else that is not text"


class TooLarge(StrEnum):
    """What a file has too much of."""

    MEGABYTES = "it has too many megabytes"
    UNPACKED = "it unpacks to too many megabytes"
    PARTS = "it is made of too many parts"
    PART_RATIO = "one of its parts unpacks to too many times its size"
    PART_UNPACKED = "one of its parts unpacks to too many megabytes"
    PART_TAGS = "one of its parts holds too many elements"
    SHEETS = "it has too many sheets"
    ROWS = "it has too many filled rows"
    WORKBOOK_ROWS = "its sheets have too many filled rows together; send the long ones apart"
    COLUMNS = "it has too many filled columns"
    CELLS = "it has too many filled cells"
    STRINGS = "it holds too many different texts"
    MERGES = "it has too many merged areas"
    FORMATS = "it has too many cell formats"
    TEXT = "a cell holds too many characters"
    RECORD = "a record holds too many characters; a quotation mark may be unclosed"


def unreadable(
    reason: Unreadable,
    place: str = "",
    *,
    row: int | None = None,
    column: str | None = None,
    found: str | None = None,
) -> Refusal:
    """The refusal of a file that cannot be opened; `place` is a part or a cell, as users see it."""
    issue = FILE_UNREADABLE(
        reason=reason, place=_bracketed(place), row=row, column=column, found=found
    )
    return Refusal(issue)


def unsupported(reason: Unsupported) -> Refusal:
    """The refusal of a file of a type that is not read."""
    return Refusal(FILE_TYPE_UNSUPPORTED(reason=reason))


def too_large(
    reason: TooLarge,
    limit: int,
    place: str = "",
    *,
    row: int | None = None,
    column: str | None = None,
) -> Refusal:
    """The refusal of a file that has more than `limit` of something."""
    issue = FILE_TOO_LARGE(
        reason=reason, place=_bracketed(place), limit=limit, row=row, column=column
    )
    return Refusal(issue)


def megabytes(count: int) -> int:
    """Bytes as users count them."""
    return count // MEBIBYTE


def _bracketed(place: str) -> str:
    return f" ({place[:120]})" if place else ""
