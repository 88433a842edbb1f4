"""The items of a batch as plain rows: what is compared and billed of them, by the ten thousand."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from domain.batch.model import BatchItem


class ListedItem(NamedTuple):
    """What running and generating read of an item of a batch; the fields are its columns."""

    id: int
    contract_id: int
    phase_id: int
    key: str
    currency: str
    amount_minor: int
    bundle: str
    fingerprint: int
    tickets: int
    hours: Decimal
    rate: Decimal | None
    tax_code_id: int | None
    bill_id: int | None


Listed = BatchItem | ListedItem


class Proposal(NamedTuple):
    """What generating reads of an invoice that a batch proposes; the fields are its columns."""

    id: int
    client_id: int
    entity_id: int
    currency: str
    language: str
    commitment_no: str | None
    net_minor: int
    vat_minor: int
