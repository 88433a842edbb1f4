"""Markdown: texts that mean themselves, code, links and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~])")


def plain(text: str) -> str:
    """`text` that shows as it is, in a table too."""
    return _SPECIAL.sub(r"\\\1", text).replace("\n", "<br>")


def code(name: str) -> str:
    """A name as a machine writes it; it holds neither a grave accent nor a bar."""
    return f"`{name}`"


def link(text: str, target: str) -> str:
    return f"[{plain(text)}]({target})"


def lines(*parts: str) -> str:
    """Parts of one cell, under each other; empty ones are left out."""
    return "<br>".join(part for part in parts if part)


def bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    rule = ["---"] * len(heads)
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, rule, *rows))


def page(*parts: str) -> str:
    """A page of headings, paragraphs, lists and tables, an empty line between them."""
    return "\n\n".join(part for part in parts if part) + "\n"
