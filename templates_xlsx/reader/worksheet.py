"""A worksheet of a package: looked at once, then read as often as one likes, its rows streaming."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat

from templates_xlsx.raw import RawRow
from templates_xlsx.reader.cells import CellReader
from templates_xlsx.reader.gather import Gatherer
from templates_xlsx.reader.guard import Package
from templates_xlsx.reader.limits import Limits
from templates_xlsx.reader.markup import parsed, parser_of
from templates_xlsx.reader.plain import Cutter, without_blank_rows
from templates_xlsx.reader.rows import NAMES, End, Start, TagReader
from templates_xlsx.reader.survey import NAMESPACES, Survey
from templates_xlsx.reader.usual import UsualReader
from templates_xlsx.reader.workbook import SheetEntry


@dataclass(frozen=True, slots=True)
class Worksheet:
    """What is needed to read a worksheet any number of times."""

    package: Package
    entry: SheetEntry
    survey: Survey
    cells: CellReader
    limits: Limits

    def rows(self) -> Iterator[RawRow]:
        """Its filled rows from the top, read anew; Refusal where the part is not to be trusted."""
        part, prefix = self.entry.part, self.survey.prefix
        gatherer = Gatherer(self.entry, self.survey.merges, self.cells, self.limits)
        parser = parser_of(part, namespaces=prefix is None)
        reader = _tag_reader(gatherer, parser, prefix)
        try:
            if prefix is None:
                yield from self._exact_rows(parser, reader, gatherer)
            else:
                usual = UsualReader(gatherer, self.cells, parser, prefix)
                plain = without_blank_rows(Cutter().rows(self.package.blocks(part)), prefix)
                yield from usual.rows(plain)
        finally:
            _release(parser)

    def _exact_rows(
        self, parser: expat.XMLParserType, reader: TagReader, gatherer: Gatherer
    ) -> Iterator[RawRow]:
        part = self.entry.part
        odd = self.package.blocks(part, at_most=self.limits.odd_bytes)
        for _ in parsed(parser, odd, part=part, tags=self.limits.odd_tags):
            yield from gatherer.taken()
            if reader.is_over:
                return


def _tag_reader(gatherer: Gatherer, parser: expat.XMLParserType, prefix: bytes | None) -> TagReader:
    """A tag reader that listens to `parser`, which names tags with a prefix or a namespace."""
    names: dict[str, str] = {}
    if prefix is None:
        names = {f"{namespace}|{name}": name for namespace in NAMESPACES for name in NAMES}
    elif prefix:
        names = {prefix.decode() + name: name for name in NAMES}

    def listen(start: Start, end: End) -> None:
        parser.StartElementHandler = _renaming_start(start, names) if names else start
        parser.EndElementHandler = _renaming_end(end, names) if names else end

    reader = TagReader(gatherer, listen)
    parser.CharacterDataHandler = reader.characters
    return reader


def _renaming_start(start: Start, names: dict[str, str]) -> Start:
    return lambda tag, attributes: start(names.get(tag, tag), attributes)


def _renaming_end(end: End, names: dict[str, str]) -> End:
    return lambda tag: end(names.get(tag, tag))


def _release(parser: expat.XMLParserType) -> None:
    """Parts a parser from its handlers, which hold one another: a large sheet goes at once."""
    parser.StartElementHandler = parser.EndElementHandler = None
    parser.CharacterDataHandler = None
