"""What platforms tell of the life of an electronic invoice: statuses, reasons, amounts.

Places of the terms (MDT): AFNOR XP Z12-012. Codes are kept as they came, known or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReason:
    """Why (MDG-37). A code that is not listed is kept."""

    code: str | None
    """MDT-113."""
    text: str
    """MDT-114, in the words of who says it; may be empty."""
    comment: str
    """MDT-126; may be empty."""
    action: str | None
    """MDT-121: what is asked for."""
    action_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusAmount:
    """An amount that goes with a status (MDG-43)."""

    kind: str | None
    """MDT-207: MEN collected, MPA paid, RAP left to pay, ESC discount for early payment…"""
    amount: Decimal
    currency: str | None
    rate: Decimal | None
    on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPoint:
    """A term of the invoice that is found wrong (MDG-43)."""

    kind: str | None
    """MDT-207: DIV what stands there, DVA what was expected…"""
    term: str | None
    """MDT-206: "BT-152"."""
    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentStatus:
    """One status of one invoice; it is known by its number, its day and the SIREN of its seller."""

    number: str
    """MDT-87."""
    issued_on: date | None
    """MDT-100."""
    seller_siren: str | None
    """MDT-129."""
    type_code: str | None
    """MDT-91."""
    code: int
    """MDT-105."""
    label: str
    """MDT-106 as it stands: spellings differ, the code counts. May be empty."""
    occurred_at: datetime | None
    """MDT-78: when the status was set; when the message was made (MDT-8) where it is not told."""
    received_at: datetime | None
    """MDT-95: when the invoice came to who says it; of a 200, when it was deposited."""
    said_by: str | None
    """MDT-40, UNTDID 3035: SE seller, BY buyer, WK platform, DFH State…"""
    said_by_siren: str | None
    reasons: tuple[StatusReason, ...]
    amounts: tuple[StatusAmount, ...]
    points: tuple[StatusPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """A message: mostly of one status, of several where a platform tells them together."""

    message_id: str | None
    """MDT-4."""
    profile: str | None
    """MDT-3."""
    made_at: datetime | None
    """MDT-8."""
    statuses: tuple[DocumentStatus, ...]
