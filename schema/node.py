"""Every thing that has an identifier of its own."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.errors import ID_INVALID, Refusal


@strawberry.interface(description="A thing with an identifier, e.g. client_12.")
class Node:
    id: strawberry.ID

    @classmethod
    def is_type_of(cls, obj: Any, info: Any) -> bool:
        return isinstance(obj, dict) and obj["__typename"] == cls.__name__


def key_of(identifier: str, noun: str, *, field: tuple[str | int, ...] = ()) -> int:
    """The integer in the identifier of a `noun` ("client_12" -> 12); ID_INVALID otherwise."""
    prefix, _, digits = identifier.rpartition("_")
    if prefix != noun or not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise Refusal(ID_INVALID(field=field, id=identifier[:60], noun=noun))
    return int(digits)


def optional_key(
    identifier: str | None, noun: str, *, field: tuple[str | int, ...] = ()
) -> int | None:
    """`key_of`, or None when no identifier was given."""
    return None if identifier is None else key_of(identifier, noun, field=field)
