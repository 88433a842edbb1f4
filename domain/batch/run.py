"""From what is selected to the invoices to be made, and what stands in a batch's way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.batch.listed import Listed
from domain.batch.model import Batch, BatchInvoice, BatchState, BillState, Grouping
from domain.batch.plan import Bundle, invoice_key
from domain.errors import Refusal, call_error
from domain.invoice.totals import Tax, total

BATCH_EMPTY = call_error(
    "BATCH_EMPTY",
    "Nothing of the batch {batch} is left to be done.",
    "Select what is to be billed.",
)
BATCH_UNMADE = call_error(
    "BATCH_UNMADE",
    "Of the batch {batch} are not made: {proposed} that are proposed, {failed} that failed.",
    "Make them with batchGenerate, take them out with batchDrop, or name invoiceIds.",
)
BATCH_STATE = call_error(
    "BATCH_STATE", "The batch {batch} is {state}; this is done while it is {expected}."
)
BATCH_BUSY = call_error(
    "BATCH_BUSY", "{job} is at work on the batch {batch}.", "Wait for its end, or cancel it."
)


def require_state(batch: Batch, *states: BatchState) -> None:
    """Refuses with BATCH_STATE what is not done in the batch's state."""
    if batch.state not in states:
        expected = ", ".join(state.value for state in states)
        raise Refusal(
            BATCH_STATE(field=("id",), batch=batch.name, state=batch.state.value, expected=expected)
        )


def require_made(batch: Batch, *, proposed: int, failed: int) -> None:
    """Refuses with BATCH_UNMADE to take for whole a batch of which some invoices are not made."""
    if proposed or failed:
        raise Refusal(
            BATCH_UNMADE(field=("id",), batch=batch.name, proposed=proposed, failed=failed)
        )


@dataclass(slots=True)
class Bill:
    """An invoice to be made: what it bundles, and the items that come on it."""

    bundle: Bundle
    items: list[Listed] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)


def bills_of(
    items: Iterable[Listed], bundles: Mapping[str, Bundle], grouping: Grouping
) -> list[Bill]:
    """The invoices that items make, in the order of the items; `bundles` by digest.

    Where a client (or, an invoice a contract, a contract) gets several, each says in what it
    differs from the others.
    """
    bills: dict[tuple[int, str], Bill] = {}
    for item in items:
        key = invoice_key(grouping, contract_id=item.contract_id, bundle=item.bundle)
        bills.setdefault(key, Bill(bundles[item.bundle])).items.append(item)
    if grouping is Grouping.PER_CLIENT:
        splits = splits_of(bill.bundle for bill in bills.values())
        for bill in bills.values():
            bill.splits = splits[bill.bundle]
        return list(bills.values())
    of_contract: dict[int, list[Bill]] = {}
    for (contract_id, _), bill in bills.items():
        of_contract.setdefault(contract_id, []).append(bill)
    for some in of_contract.values():
        splits = splits_of(bill.bundle for bill in some)
        for bill in some:
            bill.splits = splits[bill.bundle]
    return list(bills.values())


_ASPECTS: Mapping[str, str] = {
    "entity_id": "ENTITY",
    "currency": "CURRENCY",
    "regime": "VAT_REGIME",
    "commitment_no": "PURCHASE_ORDER",
    "language": "LANGUAGE",
}


def splits_of(bundles: Iterable[Bundle]) -> dict[Bundle, list[str]]:
    """Why a client gets more than one invoice: in what each differs from the others of theirs."""
    by_client: dict[int, list[Bundle]] = {}
    for one in dict.fromkeys(bundles):
        by_client.setdefault(one.client_id, []).append(one)
    return {
        one: [
            aspect
            for name, aspect in _ASPECTS.items()
            if any(getattr(other, name) != getattr(one, name) for other in some)
        ]
        for some in by_client.values()
        for one in some
    }


def propose(
    batch: Batch, bills: Sequence[Bill], taxes: Mapping[int, Tax], *, after: int = 0
) -> list[dict[str, Any]]:
    """The proposals of a batch, by their columns, numbered from `after` on.

    Their VAT is that of the invoices.
    """
    made: list[dict[str, Any]] = []
    for place, bill in enumerate(bills, start=after + 1):
        bundle = bill.bundle
        sums = total(
            ((item.amount_minor, taxes.get(item.tax_code_id or 0)) for item in bill.items),
            currency=bundle.currency,
        )
        made.append(
            {
                "batch_id": batch.id,
                "place": place,
                "client_id": bundle.client_id,
                "entity_id": bundle.entity_id,
                "currency": bundle.currency,
                "language": bundle.language,
                "bundle": bundle.digest,
                "net_minor": sums.net,
                "vat_minor": sums.vat,
                "contracts": len({item.contract_id for item in bill.items}),
                "tickets": sum(item.tickets for item in bill.items),
                "hours": sum((item.hours for item in bill.items), Decimal(0)),
                "regime": bundle.regime,
                "commitment_no": bundle.commitment_no,
                "splits": list(bill.splits),
                "state": BillState.PROPOSED,
                "issues": [],
            }
        )
    return made


def bundle_again(bill: BatchInvoice) -> Bundle:
    """What a proposal bundles."""
    return Bundle(
        entity_id=bill.entity_id,
        client_id=bill.client_id,
        currency=bill.currency,
        regime=bill.regime,
        commitment_no=bill.commitment_no,
        language=bill.language,
    )
