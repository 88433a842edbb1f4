"""Contracts, phases and worked time that the tests of the four ways to bill begin with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from domain.billing.assessment import Assessment, assess
from domain.billing.books import (
    Carried,
    Claimed,
    ContractBooks,
    ContractTerms,
    PhaseBooks,
    PhaseTerms,
    Rest,
    Worked,
)
from domain.billing.item import Item
from domain.ledger import PhaseFigures
from domain.project.model import (
    BillingMethod,
    ContractStatus,
    Periodicity,
    PhaseKind,
    ProjectStatus,
    Timing,
)

TIME = BillingMethod.TIME_AND_MATERIALS
RETAINER = BillingMethod.RETAINER
PREPAID = BillingMethod.PREPAID_HOURS
FIXED = BillingMethod.FIXED_FEE_PROGRESS
TODAY = date(2026, 11, 21)


def day(text: str) -> date:
    """ "15/09" of 2026."""
    number, month = text.split("/")
    return date(2026, int(month), int(number))


def terms(method: BillingMethod, **changed: Any) -> ContractTerms:
    columns: dict[str, Any] = {
        "id": 6,
        "name": "Mission",
        "billing_method": method,
        "status": ContractStatus.ACTIVE,
        "taxable": True,
        "timing": Timing.ARREARS,
        "rollover": False,
        "cap_minor": None,
        "hourly_rate_minor": None,
        "project_id": 5,
        "project_code": "LOG-2403",
        "project_status": ProjectStatus.SIGNED,
        "currency": "EUR",
        "client_id": 3,
        "updated_on": date(2026, 1, 1),
        "project_updated_on": date(2026, 1, 1),
    }
    return ContractTerms(**columns | changed)


def phase(
    fee: str = "0",
    *,
    worked: Sequence[Worked] = (),
    claimed: Sequence[Claimed] = (),
    rests: Sequence[Rest] = (),
    carried: Carried = Carried(),
    sums: dict[str, Any] | None = None,
    **changed: Any,
) -> PhaseBooks:
    """A phase of `fee`, with figures as `sums`."""
    columns: dict[str, Any] = {
        "id": 7,
        "contract_id": 6,
        "code": "P",
        "name": "Phase",
        "currency": "EUR",
        "kind": PhaseKind.PHASE,
        "start_date": None,
        "end_date": None,
        "hourly_rate_minor": None,
        "hours": None,
        "periodicity": None,
        "vat_rate": None,
    }
    figures = PhaseFigures(
        fee=int(Decimal(fee.replace(",", "")) * 100), currency="EUR", **sums or {}
    )
    return PhaseBooks(PhaseTerms(**columns | changed), figures, worked, claimed, rests, carried)


def monthly(fee: str, start: str = "15/09", **more: Any) -> PhaseBooks:
    return phase(fee, start_date=day(start), **{"periodicity": Periodicity.MONTH, **more})


def hours(*given: tuple[str, str] | str, **changed: Any) -> list[Worked]:
    """Approved time: hours alone are all of 2 November, else ("15/09", "7.75")."""
    made = []
    for place, one in enumerate(given, start=changed.pop("first", 1)):
        when, value = ("02/11", one) if isinstance(one, str) else one
        columns: dict[str, Any] = {
            "id": place,
            "collaborator_id": 1,
            "collaborator": "Ada Martin",
            "worked_on": day(when),
            "hours": Decimal(value),
            "approved": True,
            "own_rate": None,
            "phase_id": 7,
            "contract_id": 6,
        }
        made.append(Worked(**columns | changed))
    return made


def assessed(
    method: BillingMethod,
    *phases: PhaseBooks,
    on: date = TODAY,
    books: dict[str, Any] | None = None,
    **agreed: Any,
) -> Assessment:
    contract = ContractBooks(terms(method, **agreed), phases, **books or {})
    return assess(contract, cut_off=on)


def due(assessment: Assessment) -> list[tuple[str, str]]:
    """The items that may be billed: what the key says after the phase, and the amount."""
    return [(_short(item), euro(item.amount)) for item in assessment.ready]


def blocked(items: Iterable[Item]) -> list[tuple[str, list[str]]]:
    return [
        (_short(item), [one.issue.code for one in item.blockers])
        for item in items
        if not item.selectable
    ]


def euro(minor: int) -> str:
    return f"{Decimal(minor).scaleb(-2):,.2f}"


def _short(item: Item) -> str:
    return item.key.partition(":")[2] or item.key


def days_of(start: date, end: date) -> list[date]:
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]
