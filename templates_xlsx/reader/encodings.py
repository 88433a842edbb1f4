"""In which characters a text file is written: by its mark, UTF-8 if it decodes, else Windows-1252.

An old Mac or DOS file decodes as Windows-1252 too, with wrong letters (`SociŽtŽ`): those two are
taken when the letters they give are those of French, and Windows-1252's are not.
"""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass

from templates_xlsx.reader.refusals import Unreadable, Unsupported, unreadable, unsupported
from templates_xlsx.reader.source import UTF16_MARKS, Source


@dataclass(frozen=True, slots=True)
class Encoding:
    """A codec of Python's, and the name that users know it by."""

    codec: str
    name: str


UTF8 = Encoding("utf-8-sig", "UTF-8")
CP1252 = Encoding("cp1252", "Windows-1252")
_UTF16 = Encoding("utf-16", "UTF-16")
_UTF16_LE = Encoding("utf-16-le", "UTF-16")
_UTF16_BE = Encoding("utf-16-be", "UTF-16")
_OLD = (Encoding("mac_roman", "Mac Roman"), Encoding("cp850", "DOS 850"))

_ASCII = bytes(range(128))
_SMALL = set("àâäáãåçéèêëíìîïñóòôöõøùûüúýÿœæß")
_CAPITALS = {letter.upper() for letter in _SMALL - {"ß"}}
_SIGNS = set("’‘“”«»€°–—…·§²³µ½\xa0")


def encoding_of(source: Source) -> Encoding:
    """The encoding of a text upload, every byte of it decodable; Refusal when it is none."""
    head = source.head()
    if head.startswith(UTF16_MARKS):
        candidate = _UTF16
    elif b"\0" in head:
        candidate = _unmarked_utf16(head)
    elif head.startswith(codecs.BOM_UTF8) or _decodes(source, UTF8):
        candidate = UTF8
    else:
        return _one_byte_encoding(source)
    if not _decodes(source, candidate):
        raise unreadable(Unreadable.UNDECODABLE)
    return candidate


def _unmarked_utf16(head: bytes) -> Encoding:
    """Latin letters in UTF-16 leave every other byte NUL: which half tells the order."""
    high, low = head[0::2].count(0), head[1::2].count(0)
    if max(high, low) * 4 < len(head) or min(high, low) * 8 > max(high, low):
        raise unsupported(Unsupported.NOT_TEXT)
    return _UTF16_LE if low > high else _UTF16_BE


def _decodes(source: Source, encoding: Encoding) -> bool:
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    try:
        for block in source.blocks():
            if "\0" in decoder.decode(block):
                raise unsupported(Unsupported.NOT_TEXT)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _one_byte_encoding(source: Source) -> Encoding:
    counts: Counter[int] = Counter()
    for block in source.blocks():
        counts.update(block.translate(None, _ASCII))
        if b"\0" in block:
            raise unsupported(Unsupported.NOT_TEXT)
    usual = _likeness(counts, CP1252)
    best, encoding = max(
        ((_likeness(counts, old) or 0, old) for old in _OLD), key=lambda scored: scored[0]
    )
    if usual is None and best <= 0:
        raise unreadable(Unreadable.UNDECODABLE)
    return CP1252 if usual is not None and usual >= best else encoding


def _likeness(counts: Counter[int], encoding: Encoding) -> int | None:
    """How much the letters look like those of French; None when it does not decode."""
    score = 0
    for byte, count in counts.items():
        try:
            letter = bytes([byte]).decode(encoding.codec)
        except UnicodeDecodeError:
            return None
        if letter in _SMALL:
            score += 2 * count
        elif letter in _CAPITALS or letter in _SIGNS:
            score += count
        else:
            score -= 2 * count
    return score
