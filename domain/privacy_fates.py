"""What columns are as far as persons are concerned, and an entry of their register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Fate(StrEnum):
    """What a column is, and what becomes of it when a person is erased."""

    PLAIN = "PLAIN"
    """Says nothing of a person: keys, days, figures, states."""
    NEUTRAL = "NEUTRAL"
    """A name or address of the person: a neutral one stands there afterwards."""
    EMPTIED = "EMPTIED"
    """Of the person: emptied."""
    REMOVED = "REMOVED"
    """Goes with its row, or with all that the row holds."""
    SECRET = "SECRET"
    """As REMOVED or of no use afterwards, and never handed out: hashes of secrets."""
    TEXT = "TEXT"
    """A text in which anybody may be named: what names the person is replaced."""
    DRAFT = "DRAFT"
    """As TEXT while it is of a pro forma; kept with the accounting documents once it is final."""
    ACCOUNTS = "ACCOUNTS"
    """Of an accounting document: kept."""
    MAIL = "MAIL"
    """Of a mail: emptied, except while claims may be made of the final document it took."""
    AUDIT = "AUDIT"
    """Told by the audit: emptied where it tells of the person, but for who did what."""
    SETTING = "SETTING"
    """What the firm says of itself: a person named there is not erased before it is changed."""


SAID: Mapping[Fate, str] = {
    Fate.NEUTRAL: "replaced by a neutral name or address",
    Fate.EMPTIED: "emptied",
    Fate.REMOVED: "removed",
    Fate.SECRET: "removed, never exported",
    Fate.TEXT: "the person's name, address and phone are replaced in it",
    Fate.DRAFT: "replaced in pro formas, kept in final documents",
    Fate.ACCOUNTS: "kept as accounting document",
    Fate.MAIL: "emptied; of a final document after five years",
    Fate.AUDIT: "emptied where the audit tells of the person; who did what, from where, stays",
    Fate.SETTING: "erasure is refused until the firm changes it",
}

COMMON = frozenset(("id", "organisation_id", "created_at", "updated_at", "version", "archived_at"))
"""Columns that records share: of no person."""


@dataclass(frozen=True, slots=True)
class Activity:
    """An entry of the register (GDPR art. 30(1)): what is done with personal data, why, how long.

    English sentences, the keys of the French ones. `tables` holds the columns of each record by
    their fate; what they share (`COMMON`) is not repeated.
    """

    name: str
    purpose: str
    basis: str
    people: str
    term: str
    tables: Mapping[str, Mapping[Fate, str]]
