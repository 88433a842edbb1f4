"""Parts in which `<` only ever opens a tag: they can be cut by text search without being parsed.

Nearly every part is so: UTF-8, without comments, CDATA sections or processing instructions. In XML
neither a text nor an attribute may hold a bare `<`, so what looks like a tag there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HEAD = 1 << 22
"""How far the rows may be from the top of a part that is cut."""
_KEPT = 64
"""Bytes kept of a block, so that a tag that two blocks share is seen whole with the second."""

_OPENING = re.compile(rb"<(?:([A-Za-z_][\w.-]{0,30}):)?sheetData(\s[^<>]*)?>")
_DECLARATION = re.compile(rb"(?:\xef\xbb\xbf)?\s*<\?xml\s([^<>]*)\?>")
_ENCODING = re.compile(rb"""encoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)


_ODD = bytes(set(range(32)) - set(b"\t\n"))
_ODD_SIGNS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
"""Characters that XML forbids, and CR, which it turns into LF."""
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
_ENTITY = re.compile("&(?:lt|gt|quot|apos|amp);")


class NotPlain(Exception):
    """What was looked at must be parsed."""


def must_be_plain(piece: bytes) -> None:
    """NotPlain when something in `piece` begins that is neither a tag nor text."""
    # A single character is searched for some ten times faster than two.
    if b"\0" in piece or (b"!" in piece and b"<!" in piece) or (b"?" in piece and b"<?" in piece):
        raise NotPlain


def plain_head(piece: bytes) -> bytes:
    """What follows the XML declaration at the top of a part; NotPlain unless it is in UTF-8."""
    declaration = _DECLARATION.match(piece)
    if declaration and _ENCODING.search(declaration.group(1)):
        raise NotPlain
    return piece[declaration.end() :] if declaration else piece


def plain_characters(piece: bytes) -> str:
    """The characters of `piece`, each meaning itself; NotPlain when one would not."""
    is_odd = len(piece.translate(None, _ODD)) != len(piece)
    if is_odd or any(sign in piece for sign in _ODD_SIGNS):
        raise NotPlain
    try:
        return piece.decode()
    except UnicodeDecodeError as error:
        raise NotPlain from error


def plain_text(characters: str) -> str:
    """The text of an element; NotPlain when it holds more than the five named entities."""
    if "]]>" in characters:
        raise NotPlain
    if "&" not in characters:
        return characters
    text, replaced = _ENTITY.subn(lambda entity: _ENTITIES[entity.group()], characters)
    if replaced != characters.count("&"):
        raise NotPlain
    return text


class Cutter:
    """Cuts a part at its `sheetData`; NotPlain as soon as it proves not to be plain."""

    def __init__(self) -> None:
        self.prefix = b""
        """The namespace prefix of the tags (b"" or b"x:"), once the head was read."""

    def around_rows(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The bytes before and after `sheetData`."""
        head, rows = self._head(blocks)
        yield head
        closing = b"</" + self.prefix + b"sheetData"
        while (end := rows.find(closing)) < 0 or (end := rows.find(b">", end)) < 0:
            _must_keep_names(rows)
            block = next(blocks, None)
            if block is None:
                raise NotPlain
            rows = rows[-_KEPT:] + block
        _must_keep_names(rows[:end])
        yield rows[end + 1 :]
        yield from blocks

    def rows(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The bytes inside `sheetData` of a part known to be plain; the rest is not unpacked."""
        _, rows = self._head(blocks)
        closing = b"</" + self.prefix + b"sheetData"
        while (end := rows.find(closing)) < 0:
            yield rows[:-_KEPT]
            rows = rows[-_KEPT:] + next(blocks, closing)
        yield rows[:end]

    def _head(self, blocks: Iterator[bytes]) -> tuple[bytes, bytes]:
        """The part up to `sheetData`, and the beginning of what is in it."""
        head = b""
        opening = None
        for block in blocks:
            head += block
            opening = _OPENING.search(head, max(0, len(head) - len(block) - _KEPT))
            if opening or len(head) > _HEAD:
                break
        if opening is None or opening.group().endswith(b"/>"):
            raise NotPlain
        before = head[: opening.start()]
        must_be_plain(plain_head(before))
        self.prefix = opening.group(1) + b":" if opening.group(1) else b""
        return before, head[opening.end() :]


def without_blank_rows(blocks: Iterator[bytes], prefix: bytes) -> Iterator[bytes]:
    """`blocks` of a plain part less whole rows without a value or a formula.

    A column formatted down to row 1,048,576 is an honest user's file: a hundred megabytes of rows
    with nothing in them. Rows are cut only where a block has no value at all, between its first
    row and its last one, so what is left is as well formed as before. The last one stays, if it
    tells its number: rows after it may count from there.
    """
    marks = tuple(b"<" + prefix + name for name in (b"v", b"is", b"f"))
    row_end = b"</" + prefix + b"row>"
    numbered = b"<" + prefix + b'row r="'
    kept = b""
    for block in blocks:
        window = kept + block
        kept = b""
        if not any(mark in window for mark in marks):
            first = window.find(row_end) + len(row_end)
            last = window.rfind(b"<" + prefix + b"row", 0, window.rfind(row_end))
            if last >= first >= len(row_end) and window.startswith(numbered, last):
                kept = window[last:]
                window = window[:first]
        yield window
    yield kept


def _must_keep_names(rows: bytes) -> None:
    """NotPlain when rows do not name their tags as the root does; one could mean something else."""
    must_be_plain(rows)
    if b"xmlns" in rows:
        raise NotPlain
