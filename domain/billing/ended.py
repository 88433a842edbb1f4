"""What is left to bill of a contract that is ended: told, since all of it is locked then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from domain.billing.assessment import Assessment
from domain.billing.blockers import CAP_REACHED
from domain.billing.item import Item, ItemKind
from domain.errors import Issue, call_warning
from domain.money import amount_text

CONTRACT_ENDS_UNBILLED = call_warning(
    "CONTRACT_ENDS_UNBILLED",
    "What is left to bill of the fee project {contract} is locked while it is ended."
    "[[ Due: {due}.]][[ Done or begun, and not due yet: {begun}.]]"
    "[[ Hours without a price: {hours}.]]",
    "Bill it first. Later, set the status back to ACTIVE, bill it, and end the fee project again.",
)


def left_unbilled(assessment: Assessment, *, on: date) -> Iterator[Issue]:
    """CONTRACT_ENDS_UNBILLED of a contract that is ended on a day, where anything is left of it.

    Periods that begin later are none of it, nor what a cap keeps from being billed.
    """
    terms = assessment.books.terms
    begun = [item for item in assessment.items if _has_begun(item, on)]
    due, waiting = sum(item.amount for item in begun), sum(map(_waiting, begun))
    hours = sum((item.hours or Decimal(0) for item in begun if _has_no_price(item)), Decimal(0))
    hours += sum((one.hours for one in assessment.books.stray), Decimal(0))
    if not (due or waiting or hours):
        return
    yield CONTRACT_ENDS_UNBILLED(
        field=("status",),
        contract=terms.name,
        due=amount_text(due, terms.currency) if due else "",
        begun=amount_text(waiting, terms.currency) if waiting else "",
        hours=f"{hours:f}" if hours else "",
    )


def _has_begun(item: Item, on: date) -> bool:
    return item.period is None or item.period.start <= on


def _waiting(item: Item) -> int:
    is_capped = any(one.issue.kind is CAP_REACHED for one in item.blockers)
    return 0 if is_capped else item.unbilled


def _has_no_price(item: Item) -> bool:
    is_time = item.kind in (ItemKind.TIME, ItemKind.OVERAGE)
    return is_time and not item.amount and not item.unbilled and bool(item.blockers)
