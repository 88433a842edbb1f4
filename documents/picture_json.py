"""How a picture is stored: to JSON and back, exactly.

Decimals are strings, dates ISO 8601, the logo base64. What is stored today is read in ten years:
a field that is missing takes its default, an unknown one or another format is refused aloud.
"""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache, lru_cache
from json.encoder import encode_basestring_ascii
from operator import attrgetter
from typing import Any, NamedTuple

from documents.picture import InvoicePicture
from domain.invoice.chain import canonical

FORMAT = 1
"""Raised when stored pictures can no longer be read as they are."""


def to_json(picture: InvoicePicture) -> dict[str, Any]:
    """`picture` as values that any JSON writer takes."""
    return {"format": FORMAT, **_written(picture)}


def from_json(stored: dict[str, Any]) -> InvoicePicture:
    """The picture that `to_json` wrote; ValueError when it is of another format."""
    if stored.get("format") != FORMAT:
        raise ValueError(f"a picture of the format {stored.get('format')} cannot be read")
    values = {name: value for name, value in stored.items() if name != "format"}
    picture = _read(InvoicePicture, values)
    assert isinstance(picture, InvoicePicture)
    return picture


class Kept(NamedTuple):
    """A picture as it is stored, and as it is hashed: `hashed` are the pieces of one text."""

    stored: str
    hashed: tuple[bytes, ...]


def kept(written: dict[str, Any]) -> Kept:
    """The text of what `to_json` wrote; its logo, most of it, is put in as it is.

    As it is stored, letters beyond ASCII are escaped: that is half as long in memory.
    """
    bare, logo = {**written, "logo": None}, written["logo"]
    text = canonical(bare)
    if logo is None:
        return Kept(_escaped(text), (text.encode(),))
    # No text within the JSON can hold these characters: its quotes are escaped.
    before, _, after = text.partition('"logo":null')
    shown, shown_bytes = _of_logo(logo)
    stored = _escaped(before) + shown + _escaped(after)
    return Kept(stored, (before.encode(), shown_bytes, after.encode()))


@lru_cache(maxsize=16)
def _of_logo(logo: str) -> tuple[str, bytes]:
    shown = f'"logo":"{logo}"'
    return shown, shown.encode()


def _escaped(text: str) -> str:
    """JSON with its letters beyond ASCII as JSON escapes them; they stand within texts alone."""
    return text if text.isascii() else _BEYOND.sub(_escape, text)


_BEYOND = re.compile(r"[^\x00-\x7f]")


def _escape(found: re.Match[str]) -> str:
    return encode_basestring_ascii(found[0])[1:-1]


def _written(value: Any) -> dict[str, Any]:
    """A dataclass by its fields; what makes JSON of each is found once for the class."""
    shape: type = type(value)
    names, read, writers = _fields(shape)
    told = dict(zip(names, read(value), strict=True))
    for name, write in writers:
        if told[name] is not None:
            told[name] = write(told[name])
    return told


@cache
def _fields(
    shape: type,
) -> tuple[tuple[str, ...], Callable[[Any], Any], tuple[tuple[str, Callable[[Any], Any]], ...]]:
    """The fields of a dataclass, what reads them all, and what writes those that are not plain."""
    hints = _hints(shape)
    names = tuple(field.name for field in dataclasses.fields(shape))
    writers = {name: _writer(hints[name]) for name in names}
    more = tuple((name, write) for name, write in writers.items() if write is not None)
    return names, attrgetter(*names), more


def _writer(shape: Any) -> Callable[[Any], Any] | None:
    """What makes JSON of a value that is there; None: it is JSON."""
    if isinstance(shape, types.UnionType):
        shape = next(part for part in shape.__args__ if part is not types.NoneType)
    if typing.get_origin(shape) is tuple:
        of_item = _writer(shape.__args__[0])
        return list if of_item is None else lambda items: [of_item(one) for one in items]
    if dataclasses.is_dataclass(shape):
        return _written
    if issubclass(shape, StrEnum):
        return attrgetter("value")
    return _WRITERS.get(shape)


@lru_cache(maxsize=16)
def _encoded(content: bytes) -> str:
    """A logo is that of a thousand papers in turn."""
    return b64encode(content).decode("ascii")


_WRITERS: dict[Any, Callable[[Any], Any]] = {
    Decimal: str,
    date: date.isoformat,
    bytes: _encoded,
}


def _read(shape: Any, value: Any) -> Any:
    if isinstance(shape, types.UnionType):
        shape = next(part for part in shape.__args__ if part is not types.NoneType)
        return None if value is None else _read(shape, value)
    if typing.get_origin(shape) is tuple:
        return tuple(_read(shape.__args__[0], item) for item in value)
    if dataclasses.is_dataclass(shape) and isinstance(shape, type):
        hints = _hints(shape)
        if unknown := value.keys() - hints.keys():
            raise ValueError(f"a {shape.__name__} has no {', '.join(sorted(unknown))}")
        return shape(**{name: _read(hints[name], item) for name, item in value.items()})
    if shape is date:
        return date.fromisoformat(value)
    if shape is bytes:
        return b64decode(value)
    return shape(value)


@cache
def _hints(shape: type) -> dict[str, Any]:
    return typing.get_type_hints(shape)
