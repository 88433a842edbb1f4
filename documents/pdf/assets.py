"""The files of the house that papers are made with, and how markup names them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

Images = Mapping[str, tuple[str, bytes]]
"""Files by the address the markup uses: media type, content."""

FONT_URL = "font:"
"""The scheme of the fonts of the house: "font:" and the name of the file."""

PRODUCER = "Jalon"
"""What a file says it was made with."""


def style_sheet() -> str:
    """The style sheet of the papers; fonts are named as `font:` and their file."""
    return asset("html", "invoice.css").decode()


def asset(folder: str, name: str) -> bytes:
    """A file of this package."""
    return files("documents").joinpath(folder, name).read_bytes()
