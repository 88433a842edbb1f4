"""Reading a paper back: its text as a person sees it, its fonts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import Any

from pypdf import PdfReader


def opened(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def page_texts(pdf: bytes) -> list[str]:
    """The text of each page, every kind of space and line break as one plain space."""
    return list(_page_texts(pdf))


@lru_cache(maxsize=16)
def _page_texts(pdf: bytes) -> tuple[str, ...]:
    """The same, read once of papers that are compared to each other: that takes half a printing."""
    return tuple(re.sub(r"\s+", " ", page.extract_text()) for page in opened(pdf).pages)


def text_of(pdf: bytes) -> str:
    return " ".join(page_texts(pdf))


def font_descriptors(pdf: bytes) -> Iterator[Any]:
    """The descriptor of every font that any page names."""
    for page in opened(pdf).pages:
        resources: Any = page["/Resources"]
        for font in resources["/Font"].values():
            for descendant in font.get_object().get("/DescendantFonts", [font]):
                yield descendant.get_object()["/FontDescriptor"].get_object()
