"""How much of an upload is read before it is refused, each limit with its default."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Counts and bytes beyond which an upload is refused as FILE_TOO_LARGE (or not believed)."""

    file_bytes: int = 25 * MEBIBYTE
    parts: int = 2_000
    """Files inside the zip, pictures included."""
    unpacked_bytes: int = 320 * MEBIBYTE
    """What all parts declare to unpack to; the zip reader never goes past what is declared."""
    ratio: int = 200
    """Unpacked over packed bytes of one part, asked only of parts over `ratio_from`."""
    ratio_from: int = 8 * MEBIBYTE
    sheets: int = 200
    rows: int = 200_000
    """Rows with content in one sheet; blank formatted rows do not count."""
    columns: int = 256
    cells: int = 4_000_000
    """Filled cells of one sheet."""
    strings: int = 1_000_000
    strings_bytes: int = 64 * MEBIBYTE
    merges: int = 20_000
    """Merged areas of the whole book."""
    formats: int = 100_000
    """Cell formats; Excel itself stops at 65,490."""
    envelope_bytes: int = 32 * MEBIBYTE
    """What one part other than a sheet or the shared strings may unpack to."""
    text: int = 32_767
    """Characters of one cell, as in Excel."""
    number: int = 40
    """Characters of one number; Excel writes 24 at most."""
    depth: int = 64
    """XML elements inside one another."""
    odd_bytes: int = 64 * MEBIBYTE
    """What a sheet may unpack to that holds comments, CDATA or an odd encoding: none at all, in
    files of spreadsheet programmes; each byte of it goes through the parser, twice."""
    odd_tags: int = 1_000_000
    """XML tags of such a sheet."""
    strings_tags: int = 1_500_000
    """XML tags of the shared strings that are not plain: those of rich texts."""
    records: int = 500_000
    """Records of a text table, blank ones included."""
    tags: int = 8_000_000
    """XML tags of one part that go through the parser: 100,000 rows of 16 cells and some more."""
    usual_tags: int = 32_000_000
    """XML tags of one sheet that are read by text search: 4 million cells, as many blank ones."""
    skipped: int = 1_000_000
    """Elements among the rows of one sheet that are not read: the fonts of rich texts mostly."""
    envelope_tags: int = 2_000_000
    """XML tags of a part other than a sheet or the shared strings."""
