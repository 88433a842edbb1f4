"""XML read warily: no document type, no odd encoding, no endless tag, no bottomless nesting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers import expat

from templates_xlsx.reader.guard import Package
from templates_xlsx.reader.limits import MEBIBYTE, Limits
from templates_xlsx.reader.refusals import TooLarge, Unreadable, too_large, unreadable

Attributes = dict[str, str]

_ENCODINGS = {"utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "iso-8859-1"}
"""What expat decodes itself; any other name would be looked up among Python's codecs."""

_LONGEST_TAG = MEBIBYTE
"""expat scans an unfinished tag again with every block: an endless one would cost its square."""

_TEXT_BLOCK = 200_000
"""Bytes of text given at once: more than the longest cell, so a cell comes in one piece."""


def parser_of(part: str, *, namespaces: bool) -> expat.XMLParserType:
    """A parser that refuses a document type; with `namespaces`, names come as `uri|local`."""
    parser = expat.ParserCreate(namespace_separator="|" if namespaces else None)
    parser.buffer_text = True
    parser.buffer_size = _TEXT_BLOCK

    def doctype(*_: object) -> NoReturn:
        raise unreadable(Unreadable.PART_DECLARES, part)

    def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise unreadable(Unreadable.PART_ENCODED_ODDLY, part, found=encoding[:20])

    parser.StartDoctypeDeclHandler = doctype
    parser.XmlDeclHandler = declaration
    return parser


def parsed(
    parser: expat.XMLParserType, blocks: Iterable[bytes], *, part: str, tags: int
) -> Iterator[None]:
    """Feeds `blocks`, pausing after each so that what it brought can be handed on.

    Refused beyond that many `tags`, start and end each counted.
    """
    fed, left = 0, tags
    for block in blocks:
        feed(parser, block, part, last=False)
        fed += len(block)
        left -= block.count(b"<")
        if fed - parser.CurrentByteIndex > _LONGEST_TAG:
            raise unreadable(Unreadable.PART_MALFORMED, part)
        if left < 0:
            raise too_large(TooLarge.PART_TAGS, tags, part)
        yield
    feed(parser, b"", part, last=True)
    yield


def feed(parser: expat.XMLParserType, block: bytes, part: str, *, last: bool) -> None:
    """Parses one block; Refusal when it is not well formed."""
    try:
        parser.Parse(block, last)
    except (expat.ExpatError, UnicodeError) as error:
        raise unreadable(Unreadable.PART_MALFORMED, part) from error


@dataclass(slots=True)
class Element:
    """One element of a small part: its local name, its parent's, its attributes, its own text."""

    name: str
    parent: str
    attributes: Attributes
    text: str = ""


def elements(
    package: Package, part: str, wanted: frozenset[str], limits: Limits
) -> Iterator[Element]:
    """The elements of `part` whose local name is in `wanted`, each once it is closed.

    Attributes in a namespace are named `uri|local`. A generator: to stop early is to read no more.
    """
    path: list[Element] = []
    closed: list[Element] = []

    def start(tag: str, attributes: Attributes) -> None:
        if len(path) >= limits.depth:
            raise unreadable(Unreadable.PART_TOO_DEEP, part)
        name = tag.rpartition("|")[2]
        path.append(Element(name, path[-1].name if path else "", attributes))

    def end(_tag: str) -> None:
        element = path.pop()
        if element.name in wanted:
            closed.append(element)

    def text(characters: str) -> None:
        if path and path[-1].name in wanted:
            path[-1].text += characters
            if len(path[-1].text) > limits.text:
                raise too_large(TooLarge.TEXT, limits.text, part)

    parser = parser_of(part, namespaces=True)
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    blocks = package.blocks(part, at_most=limits.envelope_bytes)
    for _ in parsed(parser, blocks, part=part, tags=limits.envelope_tags):
        yield from closed
        closed.clear()
