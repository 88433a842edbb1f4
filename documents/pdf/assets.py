"""The files of the house that papers are made with, and how markup names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

Images = Mapping[str, tuple[str, bytes]]
"""Files by the address the markup uses: media type, content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A file that a paper carries: the same document, for programs to read.

    `metadata` are descriptions in RDF that the paper says of itself for it; `day` is that of both.
    """

    name: str
    content: bytes
    description: str
    day: date
    metadata: bytes


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
