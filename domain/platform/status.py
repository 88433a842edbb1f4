"""What became of an invoice at the platforms: statuses of its lifecycle, as they were told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import BigKey, Instant, Record, Scoped, owned
from domain.platform.wire import LONGEST_ID

LONGEST_ROLE = 8


class LifecycleStatus(Scoped, Record):
    """One status of an invoice, told by a platform or the buyer."""

    __tablename__ = "lifecycle_status"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "invoice_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "platform_id"],
            ["platform.organisation_id", "platform.id"],
        ),
        UniqueConstraint("organisation_id", "platform_id", "flow_id", "place"),
        Index(None, "organisation_id", "invoice_id", "id"),
        Index(None, "organisation_id", "code", "id"),
    )

    invoice_id: Mapped[int] = mapped_column(BigKey)
    platform_id: Mapped[int] = mapped_column(BigKey)
    flow_id: Mapped[str] = mapped_column(String(LONGEST_ID))
    place: Mapped[int] = mapped_column(Integer)
    """Within the message: one may tell of several documents."""
    code: Mapped[int] = mapped_column(Integer)
    """200 to 601 (BR-FR-CDV-CL-06); others may come."""
    said_by: Mapped[str | None] = mapped_column(String(LONGEST_ROLE))
    """The role of who says it: SE seller, BY buyer, WK platform, DFH the State's portal."""
    occurred_at: Mapped[datetime | None] = mapped_column(Instant)
    received_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the invoice came to who says it; of a 200, when it was deposited (MDT-95)."""
    reasons: Mapped[list[Any]] = mapped_column(JSON)
    """{code, text}, in the words of who says it."""


DEPOSITED, REFUSED, REJECTED = 200, 210, 213
"""Déposée; Refusée, by the buyer; Rejetée, by a platform (DGFiP, external specifications 3.2)."""
DOUBLE = "DOUBLON"
"""The reason of a rejection that says: that invoice is here already (BR-FR-CDV-CL-09)."""
TURNED_DOWN = (REJECTED,)
"""After which a document may be sent again: nobody has it."""
