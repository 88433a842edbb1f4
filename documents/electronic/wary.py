"""XML from outside, read warily: no document type, no odd encoding, no more than was allowed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn
from xml.etree import ElementTree
from xml.parsers import expat

_ENCODINGS = frozenset(("utf-8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "iso-8859-1"))
"""What expat decodes itself; any other name would be looked up among Python's codecs."""

_BLOCK, _LONGEST_TAG = 2**16, 2**17
"""Bytes read at once, and of a tag that has not ended: attributes are counted by no one else."""


class Fault(StrEnum):
    """What is wrong with it, in words that are translated."""

    TOO_LONG = "too long"
    TOO_DEEP = "nested too deeply"
    TOO_MANY = "too many elements"
    DECLARES = "a document type is declared"
    ENCODED = "an unknown encoding"
    MALFORMED = "no well-formed XML"


class Unread(Exception):
    """The XML was not read, for this fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is read: bytes, elements, and elements within one another."""

    length: int = 10 * 2**20
    elements: int = 100_000
    depth: int = 32


def read_tree(content: bytes, bounds: Bounds) -> ElementTree.Element:
    """The root, names as `{space}local`. Without a document type there is no entity to expand."""
    if len(content) > bounds.length:
        raise Unread(Fault.TOO_LONG)
    builder = _Builder(bounds)
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = builder.declares
    parser.XmlDeclHandler = builder.declaration
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.tree.data
    try:
        for start in range(0, len(content), _BLOCK):
            parser.Parse(content[start : start + _BLOCK], False)
            if start + _BLOCK - parser.CurrentByteIndex > _LONGEST_TAG:
                raise Unread(Fault.MALFORMED)
        parser.Parse(b"", True)
        return builder.tree.close()
    except expat.ExpatError as error:
        raise Unread(Fault.MALFORMED) from error


class _Builder:
    def __init__(self, bounds: Bounds) -> None:
        self.tree = ElementTree.TreeBuilder()
        self._elements, self._depth, self._deepest = bounds.elements, 0, bounds.depth

    def declares(self, *_: object) -> NoReturn:
        raise Unread(Fault.DECLARES)

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise Unread(Fault.ENCODED)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements -= 1
        self._depth += 1
        if self._elements < 0:
            raise Unread(Fault.TOO_MANY)
        if self._depth > self._deepest:
            raise Unread(Fault.TOO_DEEP)
        self.tree.start(_braced(name), {_braced(key): value for key, value in attributes.items()})

    def end(self, name: str) -> None:
        self._depth -= 1
        self.tree.end(_braced(name))


def _braced(name: str) -> str:
    return f"{{{name}" if "}" in name else name
