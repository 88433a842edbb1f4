"""A batch of invoices: the contracts it is chosen from, their items, and what it makes of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import (
    CODE,
    CURRENCY,
    HOURS,
    NAME,
    UNIT_PRICE,
    BigKey,
    Instant,
    Record,
    Scoped,
    Versioned,
    choice,
    owned,
)
from domain.billing.item import BillableState, ItemKind
from domain.project.model import BillingMethod

LONGEST_ITEM_KEY = 160


class BatchState(StrEnum):
    """SELECTING → SAVED → GENERATED → EXPORTED (DOMAIN §2.5), and what jobs are at in between."""

    PLANNING = "PLANNING"
    """A job reads what is due (B04)."""
    SELECTING = "SELECTING"
    """What is due is listed, and can be included or left out; nothing is held."""
    SAVED = "SAVED"
    """Named, its items held for it; its invoices are proposed."""
    GENERATING = "GENERATING"
    """A job makes the pro formas."""
    GENERATED = "GENERATED"
    EXPORTED = "EXPORTED"


class Grouping(StrEnum):
    """How items come together; never of two entities, currencies, VAT regimes or orders."""

    PER_CONTRACT = "PER_CONTRACT"
    PER_CLIENT = "PER_CLIENT"
    """Une facture par client (B26)."""


class BillState(StrEnum):
    """What became of an invoice that a batch is to make."""

    PROPOSED = "PROPOSED"
    GENERATED = "GENERATED"
    """There is a pro forma, or by now a final invoice."""
    FAILED = "FAILED"
    """It could not be made: its issues say why. Its items are held still."""
    DROPPED = "DROPPED"
    """Taken out (B25): its items are free."""


LIVE_BILLS = (BillState.PROPOSED, BillState.GENERATED, BillState.FAILED)


class Batch(Versioned, Record):
    """A sitting at which all that is due is billed. Archived: deleted, with what was not final."""

    __tablename__ = "batch"
    __table_args__ = owned(
        UniqueConstraint("organisation_id", "schedule_id", "due_on"),
        Index(None, "organisation_id", "state", "id"),
    )

    name: Mapped[str] = mapped_column(NAME)
    """Enregistrer sous (B23)."""
    cut_off: Mapped[date]
    """The day up to which is billed."""
    grouping: Mapped[Grouping] = mapped_column(choice(Grouping), default=Grouping.PER_CONTRACT)
    state: Mapped[BatchState] = mapped_column(choice(BatchState), default=BatchState.SELECTING)
    criteria: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    """Which contracts it is chosen from."""
    left_out: Mapped[dict[str, Any]] = mapped_column(JSON, default_factory=dict)
    """What stays out when the list is read anew: {items: [key], contracts: [identifier]}."""
    author: Mapped[str] = mapped_column(NAME, default="")
    plan: Mapped[str | None] = mapped_column(String(40), default=None)
    """The hash of the plan it was run by."""
    schedule_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    due_on: Mapped[date | None] = mapped_column(default=None)
    """Of a batch that a schedule made: the day it was due. One a schedule and day."""
    generated_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    exported_at: Mapped[datetime | None] = mapped_column(Instant, default=None)


class BatchContract(Scoped, Record):
    """A contract as it was assessed for a batch; its names are kept as they are compared."""

    __tablename__ = "batch_contract"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "batch_id"], ["batch.organisation_id", "batch.id"]
        ),
        UniqueConstraint("organisation_id", "batch_id", "contract_id"),
        Index(None, "organisation_id", "batch_id", "client_key", "id"),
        Index(
            "ix_batch_contract_totals",
            *("organisation_id", "batch_id", "currency", "total_minor", "id"),
        ),
    )

    batch_id: Mapped[int] = mapped_column(BigKey)
    contract_id: Mapped[int] = mapped_column(BigKey)
    project_id: Mapped[int] = mapped_column(BigKey)
    client_id: Mapped[int] = mapped_column(BigKey)
    entity_id: Mapped[int | None] = mapped_column(BigKey)
    client_key: Mapped[str] = mapped_column(NAME)
    contract_key: Mapped[str] = mapped_column(NAME)
    project_code: Mapped[str] = mapped_column(CODE)
    type: Mapped[BillingMethod] = mapped_column(choice(BillingMethod))
    taxable: Mapped[bool] = mapped_column(Boolean)
    currency: Mapped[str] = mapped_column(CURRENCY)
    state: Mapped[BillableState] = mapped_column(choice(BillableState))
    """The padlock (B16–B18)."""
    total_minor: Mapped[int] = mapped_column(BigInteger)
    """Solde total (B08)."""
    unbilled_minor: Mapped[int] = mapped_column(BigInteger)
    blockers: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)


class BatchItem(Scoped, Record):
    """An item of a contract of a batch, as it was assessed.

    `reserves` is its key while the batch holds it: one holder at a time, by the unique key.
    """

    __tablename__ = "batch_item"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "batch_id"], ["batch.organisation_id", "batch.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "bill_id"],
            ["batch_invoice.organisation_id", "batch_invoice.id"],
        ),
        UniqueConstraint("organisation_id", "reserves"),
        Index(None, "organisation_id", "batch_id", "selected", "bundle"),
        Index(None, "organisation_id", "batch_id", "contract_id"),
        Index(None, "organisation_id", "bill_id"),
        Index(
            "ix_batch_item_held",
            "organisation_id",
            "contract_id",
            sqlite_where=literal_column("reserves IS NOT NULL"),
            postgresql_where=literal_column("reserves IS NOT NULL"),
        ),
    )

    batch_id: Mapped[int] = mapped_column(BigKey)
    contract_id: Mapped[int] = mapped_column(BigKey)
    phase_id: Mapped[int] = mapped_column(BigKey)
    key: Mapped[str] = mapped_column(String(LONGEST_ITEM_KEY))
    kind: Mapped[ItemKind] = mapped_column(choice(ItemKind))
    currency: Mapped[str] = mapped_column(CURRENCY)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    unbilled_minor: Mapped[int] = mapped_column(BigInteger)
    selectable: Mapped[bool] = mapped_column(Boolean)
    selected: Mapped[bool] = mapped_column(Boolean)
    bundle: Mapped[str] = mapped_column(String(32))
    """What must be alike on one invoice, digested: see domain.batch.consolidate."""
    fingerprint: Mapped[int] = mapped_column(BigInteger)
    """Of all that its line will be made of, below 2^44: another one, another line."""
    tickets: Mapped[int] = mapped_column(Integer, default=0)
    """Time entries that its line bills (B11)."""
    hours: Mapped[Decimal] = mapped_column(HOURS, default=Decimal(0))
    """Theirs (B12)."""
    rate: Mapped[Decimal | None] = mapped_column(UNIT_PRICE, default=None)
    collaborator_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    period_start: Mapped[date | None] = mapped_column(default=None)
    period_end: Mapped[date | None] = mapped_column(default=None)
    tax_code_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    regime: Mapped[str] = mapped_column(String(40), default="")
    blockers: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    bill_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    reserves: Mapped[str | None] = mapped_column(String(LONGEST_ITEM_KEY), default=None)


class BatchInvoice(Scoped, Record):
    """An invoice that a batch makes; `place` is its rank, and with the batch its natural key."""

    __tablename__ = "batch_invoice"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "batch_id"], ["batch.organisation_id", "batch.id"]
        ),
        ForeignKeyConstraint(
            ["organisation_id", "invoice_id"], ["invoice.organisation_id", "invoice.id"]
        ),
        UniqueConstraint("organisation_id", "batch_id", "place"),
        UniqueConstraint("organisation_id", "invoice_id"),
        Index(None, "organisation_id", "batch_id", "state", "place"),
    )

    batch_id: Mapped[int] = mapped_column(BigKey)
    place: Mapped[int] = mapped_column(Integer)
    client_id: Mapped[int] = mapped_column(BigKey)
    entity_id: Mapped[int] = mapped_column(BigKey)
    currency: Mapped[str] = mapped_column(CURRENCY)
    language: Mapped[str] = mapped_column(String(2))
    net_minor: Mapped[int] = mapped_column(BigInteger)
    vat_minor: Mapped[int] = mapped_column(BigInteger)
    bundle: Mapped[str] = mapped_column(String(32))
    contracts: Mapped[int] = mapped_column(Integer)
    tickets: Mapped[int] = mapped_column(Integer, default=0)
    hours: Mapped[Decimal] = mapped_column(HOURS, default=Decimal(0))
    regime: Mapped[str] = mapped_column(String(40), default="")
    commitment_no: Mapped[str | None] = mapped_column(NAME, default=None)
    splits: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    """In what it differs from the other invoices of its client (B26)."""
    state: Mapped[BillState] = mapped_column(choice(BillState), default=BillState.PROPOSED)
    invoice_id: Mapped[int | None] = mapped_column(BigKey, default=None)
    issues: Mapped[list[Any]] = mapped_column(JSON, default_factory=list)
    """Why the last act on it failed."""
    mailed_by: Mapped[int | None] = mapped_column(BigKey, default=None)
    """The job that queued its mail last: begun again, it queues no second one."""
