"""A first look at a worksheet, without its rows: hidden columns, protection, merged areas.

Merged areas stand after the rows in the file but are needed while the rows stream. So the part is
unpacked once, and only what stands around the rows is parsed: unpacking alone is some hundred times
cheaper than parsing. A part that cannot be cut so (see `plain`) is parsed whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from templates_xlsx.reader.guard import Package
from templates_xlsx.reader.letters import place_of
from templates_xlsx.reader.limits import Limits
from templates_xlsx.reader.markup import Attributes, parsed, parser_of
from templates_xlsx.reader.merges import Merge
from templates_xlsx.reader.plain import Cutter, NotPlain
from templates_xlsx.reader.refusals import TooLarge, Unreadable, too_large, unreadable
from templates_xlsx.reader.workbook import is_true

NAMESPACES = frozenset(
    {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
    }
)
"""SpreadsheetML, transitional and strict."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a worksheet says outside its rows."""

    hidden_columns: frozenset[int]
    protected: bool
    merges: tuple[Merge, ...]
    """Those that span rows and whose value is within the columns that are read."""
    areas: int
    """All merged areas, whatever they span."""
    prefix: bytes | None
    """Namespace prefix of the tags (b"" or b"x:") of a plain part; None when it is not plain."""


def surveyed(package: Package, part: str, limits: Limits, *, merges_left: int) -> Survey:
    """The survey of worksheet `part`, every byte of it unpacked and its checksum verified.

    Refused when the part is no worksheet or has more than `merges_left` merged areas.
    """
    around = _Around(part, limits, merges_left, has_rows=False)
    cutter = Cutter()
    try:
        around.read(cutter.around_rows(package.blocks(part)), limits.tags)
        return around.survey(cutter.prefix)
    except NotPlain:
        around = _Around(part, limits, merges_left, has_rows=True)
        odd = package.blocks(part, at_most=limits.odd_bytes)
        around.read(odd, limits.odd_tags)
        return around.survey(None)


class _Around:
    """Reads the elements around the rows; those of the rows too when they were not cut out."""

    def __init__(self, part: str, limits: Limits, merges_left: int, *, has_rows: bool) -> None:
        self._part = part
        self._limits = limits
        self._merges_left = merges_left
        self._has_rows = has_rows
        self._areas = 0
        self._hidden_columns: set[int] = set()
        self._protected = False
        self._merges: list[Merge] = []
        self._depth = 0

    def read(self, blocks: Iterator[bytes], tags: int) -> None:
        parser = parser_of(self._part, namespaces=True)
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        for _ in parsed(parser, blocks, part=self._part, tags=tags):
            pass

    def survey(self, prefix: bytes | None) -> Survey:
        return Survey(
            hidden_columns=frozenset(self._hidden_columns),
            protected=self._protected,
            merges=tuple(self._merges),
            areas=self._areas,
            prefix=prefix,
        )

    def _start(self, tag: str, attributes: Attributes) -> None:
        self._depth += 1
        if self._depth > 3:
            self._check_depth()
            return
        namespace, _, name = tag.rpartition("|")
        if self._depth == 1 and (name != "worksheet" or namespace not in NAMESPACES):
            raise unreadable(Unreadable.NOT_A_WORKSHEET, self._part)
        if self._depth == 2 and name == "sheetData":
            self._see_rows()
        elif self._depth == 2 and name == "sheetProtection":
            self._protected = is_true(attributes.get("sheet"))
        elif self._depth == 3 and name == "col" and is_true(attributes.get("hidden")):
            self._hide(attributes.get("min", ""), attributes.get("max", ""))
        elif self._depth == 3 and name == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def _end(self, _tag: str) -> None:
        self._depth -= 1

    def _see_rows(self) -> None:
        """Rows may stand in one place only; they are not seen here when they were cut out."""
        if not self._has_rows:
            raise unreadable(Unreadable.PART_MALFORMED, self._part)
        self._has_rows = False

    def _check_depth(self) -> None:
        if self._depth > self._limits.depth:
            raise unreadable(Unreadable.PART_TOO_DEEP, self._part)

    def _hide(self, first: str, last: str) -> None:
        if first.isdecimal() and last.isdecimal() and len(first) < 6 and len(last) < 6:
            self._hidden_columns.update(
                range(max(1, int(first)), min(int(last), self._limits.columns) + 1)
            )

    def _merge(self, reference: str) -> None:
        """Keeps a merge that spans several rows, if its value is where a table may be."""
        self._areas += 1
        if self._areas > self._merges_left:
            raise too_large(TooLarge.MERGES, self._limits.merges)
        corner, _, opposite = reference.partition(":")
        first, last = place_of(corner), place_of(opposite)
        if first and last and first[0] < last[0] and first[1] <= self._limits.columns:
            self._merges.append(Merge(first[0], last[0], first[1]))
