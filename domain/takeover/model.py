"""An uploaded file and its rows under review: nothing else is written before confirmation."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import NAME, BigKey, Instant, Record, Scoped, Versioned, choice, owned


class ImportState(StrEnum):
    """API.md 6. UPLOADED and CHECKING are short; REVIEW waits for the person."""

    UPLOADED = "UPLOADED"
    CHECKING = "CHECKING"
    REVIEW = "REVIEW"
    REFUSED = "REFUSED"
    """The file as a whole cannot be taken: its issues say why."""
    APPLYING = "APPLYING"
    APPLIED = "APPLIED"
    APPLIED_PARTIALLY = "APPLIED_PARTIALLY"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    REVERTING = "REVERTING"
    """A job takes back what it wrote."""
    REVERTED = "REVERTED"


class RowOutcome(StrEnum):
    """What confirming would do with a row."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"


class RowColour(StrEnum):
    """RED blocks the row (A21), YELLOW warns (A22), GREEN passes: the order of the review."""

    RED = "RED"
    YELLOW = "YELLOW"
    GREEN = "GREEN"


WORKBOOK = "workbook"
"""The kind of an upload of several sheets; each of them is then an import within this one."""


class ImportFile(Versioned, Record):
    """An upload of one kind of sheet, or of a workbook of several, from its bytes to its end."""

    __tablename__ = "import_file"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "workbook_id"], ["import_file.organisation_id", "import_file.id"]
        ),
        Index(None, "organisation_id", "state", "id"),
        Index(None, "organisation_id", "workbook_id"),
    )

    filename: Mapped[str] = mapped_column(NAME)
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str | None] = mapped_column(String(32), default=None)
    workbook_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    """The import of the whole workbook that this sheet came in; it decides for all its sheets."""
    sheet: Mapped[str | None] = mapped_column(NAME, default=None)
    """The name of that sheet."""
    state: Mapped[ImportState] = mapped_column(choice(ImportState), default=ImportState.UPLOADED)
    file_key: Mapped[str | None] = mapped_column(NAME, default=None)
    issues: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    counts: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    review_hash: Mapped[str | None] = mapped_column(String(64), default=None)
    author: Mapped[str | None] = mapped_column(NAME, default=None)
    applied_at: Mapped[datetime | None] = mapped_column(Instant, default=None)


class ImportRow(Scoped, Record):
    """A checked row of an upload: `raw` by letter as typed, `cells` by key as to be stored."""

    __tablename__ = "import_row"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "import_id"], ["import_file.organisation_id", "import_file.id"]
        ),
        UniqueConstraint("organisation_id", "import_id", "number"),
        Index(None, "organisation_id", "import_id", "colour", "number"),
    )

    import_id: Mapped[int] = mapped_column(BigKey)
    number: Mapped[int] = mapped_column(Integer)
    """Row number of the sheet, as the user sees it."""
    colour: Mapped[RowColour] = mapped_column(choice(RowColour))
    outcome: Mapped[RowOutcome] = mapped_column(choice(RowOutcome))
    raw: Mapped[dict[str, Any]] = mapped_column(JSON)
    cells: Mapped[dict[str, Any]] = mapped_column(JSON)
    issues: Mapped[list[Any]] = mapped_column(JSON)
    marks: Mapped[str] = mapped_column(Text, default="")
    """What its issues are told of, " CODE@LETTER CODE@ ": what a review is filtered by."""
    changes: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    """[{field, before, after}] for a row that updates."""
    target_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    skipped: Mapped[bool] = mapped_column(Boolean, default=False)


class StagedUpload(Scoped, Record):
    """A place kept for bytes that a program will PUT to a signed address (API.md 5)."""

    __tablename__ = "staged_upload"
    __table_args__ = owned()

    filename: Mapped[str] = mapped_column(NAME)
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    file_key: Mapped[str] = mapped_column(NAME, default="")
    received_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
