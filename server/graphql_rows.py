"""How a field is taken from the row it stands in."""

from __future__ import annotations

from typing import Any


def read_field(source: Any, name: str) -> Any:
    """A field of a row (a dict whose keys are the fields of its type) or of an object."""
    return source[name] if isinstance(source, dict) else getattr(source, name)
