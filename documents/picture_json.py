"""How a picture is stored: to JSON and back, exactly.

Decimals are strings, dates ISO 8601, the logo base64. What is stored today is read in ten years:
a field that is missing takes its default, an unknown one or another format is refused aloud.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from base64 import b64decode, b64encode
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from documents.picture import InvoicePicture

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


def _written(value: Any) -> Any:
    match value:
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case bytes():
            return b64encode(value).decode("ascii")
        case StrEnum():
            return value.value
        case tuple():
            return [_written(item) for item in value]
        case None | bool() | int() | str():
            return value
        case _:
            fields = dataclasses.fields(value)
            return {field.name: _written(getattr(value, field.name)) for field in fields}


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
