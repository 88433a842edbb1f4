"""Titles of columns as the header is compared: what a person types or a program exports still fits.

Source: DOMAIN §3.2 (without case, accents, punctuation, bracketed remark and `*`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from unicodedata import normalize

from domain.remembered import remembering
from templates_xlsx.sheet import Column, Sheet

REASONS = ("À corriger", "To mend")
"""Over the reasons in a file that was given back, in French and in English: not read again."""

_REMARK = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "º": None, "ª": None})
_LONGEST_TITLE = 120


@remembering(4096)
def fold_title(text: str) -> str:
    """`text` as titles are compared: "N° TVA (obligatoire) *" is "ntva". "" when it is none."""
    if len(text) > _LONGEST_TITLE:
        return ""
    folded = normalize("NFKD", _REMARK.sub(" ", text).casefold().translate(_LETTERS))
    return "".join(c for c in folded if c.isalnum())


@lru_cache(maxsize=64)
def known_titles(sheet: Sheet) -> Mapping[str, Column]:
    """The columns of `sheet` by every folded title they answer to: French, English, key."""
    return {
        fold_title(title): column
        for column in sheet.columns
        for title in (column.key, column.en, column.fr)
    }


def titles_with(sheet: Sheet, mapping: Mapping[str, str]) -> Mapping[str, Column]:
    """The known titles, and those that a caller mapped by hand ({title in the file: key})."""
    if not mapping:
        return known_titles(sheet)
    by_hand = {fold_title(title): sheet.column(key) for title, key in mapping.items()}
    return {**known_titles(sheet), **by_hand}


def is_reasons(title: str) -> bool:
    """Whether `title` stands over the reasons that we wrote ourselves."""
    return fold_title(title) in {fold_title(reasons) for reasons in REASONS}
