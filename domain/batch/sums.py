"""What is selected of a batch, summed by contract, invoice and tax: the running sums of a list."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from domain.base import CURRENCY, HOURS, BigKey, Record, Scoped, owned


class BatchPart(Scoped, Record):
    """What the selected items of a contract come to on one invoice (`bundle`) under one tax.

    Kept while a batch is selected in, by `persistence.batch.parts` alone, in the transaction that
    lists or selects; `jalon verify` recomputes it.
    """

    __tablename__ = "batch_part"
    __table_args__ = owned(
        ForeignKeyConstraint(
            ["organisation_id", "batch_id"], ["batch.organisation_id", "batch.id"]
        ),
        Index(None, "organisation_id", "batch_id", "contract_id"),
    )

    batch_id: Mapped[int] = mapped_column(BigKey)
    contract_id: Mapped[int] = mapped_column(BigKey)
    bundle: Mapped[str] = mapped_column(String(32))
    currency: Mapped[str] = mapped_column(CURRENCY)
    tax_code_id: Mapped[int | None] = mapped_column(BigKey)
    contracts: Mapped[int] = mapped_column(Integer)
    """1 in the first part of its contract, else 0: their sum counts contracts."""
    invoices: Mapped[int] = mapped_column(Integer)
    """1 in the first part of its contract and bundle: their sum counts invoices a contract."""
    items: Mapped[int] = mapped_column(Integer)
    net_minor: Mapped[int] = mapped_column(BigInteger)
    tickets: Mapped[int] = mapped_column(Integer)
    hours: Mapped[Decimal] = mapped_column(HOURS)
    fingerprints: Mapped[int] = mapped_column(BigInteger)
    """The sum of its items'."""
