"""The shared strings of a workbook: each text once, which cells name by its number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from templates_xlsx.reader.cells import unescaped
from templates_xlsx.reader.guard import Package
from templates_xlsx.reader.limits import MEBIBYTE, Limits
from templates_xlsx.reader.markup import Attributes, parsed, parser_of
from templates_xlsx.reader.plain import (
    NotPlain,
    must_be_plain,
    plain_characters,
    plain_head,
    plain_text,
)
from templates_xlsx.reader.refusals import TooLarge, Unreadable, too_large, unreadable

_PHONETIC = "rPh"
"""How to pronounce a text: reading aid, never part of it."""


_STRING = re.compile(r"\s*<si><t(?: xml:space=\"preserve\")?>([^<]*)</t>")
_END = "</si>"
_BARE = re.compile(r"<si><t>([^<]*)</t></si>")
_AROUND = len("<si><t></t></si>")
_ESCAPED = re.compile(r"&|_x|\]\]>")
_GIANT = MEBIBYTE
"""Bytes without the end of a string, after which the part is left to the parser."""


def read_strings(package: Package, part: str | None, limits: Limits) -> list[str]:
    """The strings in order, rich ones as plain text; none when there is no such part."""
    if part is None or part not in package:
        return []
    reader = _Strings(part, limits)
    parser = parser_of(part, namespaces=True)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    blocks = package.blocks(part, at_most=limits.strings_bytes)
    for _ in parsed(parser, _less_plain(blocks, reader), part=part, tags=limits.strings_tags):
        pass
    return reader.strings


def _less_plain(blocks: Iterator[bytes], reader: _Strings) -> Iterator[bytes]:
    """What the parser must read of the part; plain strings are given to the reader at once.

    The parser has read all that was yielded before more is asked for, so the strings keep their
    order. From the first thing on that is not plain, everything is left to it.
    """
    kept = next(blocks, b"")
    try:
        start = max(0, kept.find(b"<sst"))
        must_be_plain(plain_head(kept[:start]))
        yield kept[:start]
        kept = kept[start:]
        while block := next(blocks, b""):
            kept += block
            end = kept.rfind(_END.encode()) + len(_END)
            if end < len(_END):
                if len(kept) > _GIANT:
                    raise NotPlain
                continue
            must_be_plain(kept[:end])
            window, kept = plain_characters(kept[:end]), kept[end:]
            yield from _rich(window, reader)
    except NotPlain:
        pass
    yield kept
    yield from blocks


def _rich(window: str, reader: _Strings) -> Iterator[bytes]:
    """The strings of `window` that are not plain."""
    plain = _BARE.findall(window)
    if sum(map(len, plain)) + len(plain) * _AROUND == len(window) and not _ESCAPED.search(window):
        # Nothing but bare strings: what matched is as long as the window, so it is all of it.
        reader.keep_all(plain)
        return
    for piece in window.split(_END)[:-1]:
        string = _STRING.fullmatch(piece)
        try:
            if string is None:
                raise NotPlain
            reader.keep(plain_text(string[1]))
        except NotPlain:
            yield f"{piece}{_END}".encode()


class _Strings:
    """Collects `si` elements: the `t` in them, those of `r` runs included, not those of `rPh`."""

    __slots__ = ("_depth", "_limits", "_listening", "_part", "_phonetic", "_text", "strings")

    def __init__(self, part: str, limits: Limits) -> None:
        self.strings: list[str] = []
        self._part = part
        self._limits = limits
        self._depth = 0
        self._listening = False
        self._phonetic = False
        self._text = ""

    def start(self, tag: str, _attributes: Attributes) -> None:
        self._depth += 1
        name = tag.rpartition("|")[2]
        if name == "t":
            self._listening = not self._phonetic
        elif name == _PHONETIC:
            self._phonetic = True
        if self._depth > self._limits.depth:
            raise unreadable(Unreadable.PART_TOO_DEEP, self._part)
        if self._depth == 1 and name != "sst":
            raise unreadable(Unreadable.PART_MALFORMED, self._part)

    def end(self, tag: str) -> None:
        self._depth -= 1
        name = tag.rpartition("|")[2]
        if name == "t":
            self._listening = False
        elif name == "si":
            self.keep(self._text)
            self._text = ""
        elif name == _PHONETIC:
            self._phonetic = False

    def keep_all(self, plain: list[str]) -> None:
        """The next strings are `plain`, in which nothing is escaped."""
        if max(map(len, plain), default=0) > self._limits.text:
            raise too_large(TooLarge.TEXT, self._limits.text)
        self.strings += plain
        self._check_count()

    def keep(self, text: str) -> None:
        """The next string is `text`, as it is escaped in the file."""
        string = unescaped(text) if "_x" in text else text
        if len(string) > self._limits.text:
            raise too_large(TooLarge.TEXT, self._limits.text)
        self.strings.append(string)
        self._check_count()

    def _check_count(self) -> None:
        if len(self.strings) > self._limits.strings:
            raise too_large(TooLarge.STRINGS, self._limits.strings)

    def characters(self, text: str) -> None:
        if not self._listening:
            return
        self._text = self._text + text if self._text else text
        if len(self._text) > self._limits.text * 7:
            # Seven characters of `_xHHHH_` may stand for one; the cell's own limit comes later.
            raise too_large(TooLarge.TEXT, self._limits.text)
