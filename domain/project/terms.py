"""The terms of a fee project beside its method: timing, rollover, cap and hourly rate (§2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from domain.errors import FIELD_INVALID, Refusal, call_error, call_warning
from domain.given import number
from domain.money import amount_text, decimals_of, to_minor
from domain.project.model import BillingMethod, Contract, Timing

CONTRACT_TERM_FROZEN = call_error(
    "CONTRACT_TERM_FROZEN",
    "Periods of the fee project {contract} are billed: its terms of them stay as they are.",
    "Credit these invoices first, or make another fee project.",
)
CAP_BELOW_BILLED = call_warning(
    "CAP_BELOW_BILLED",
    "{expected} is billed already: above the cap of {found}, nothing more will be.",
)

_BY_THE_HOUR = (BillingMethod.TIME_AND_MATERIALS, BillingMethod.PREPAID_HOURS)
_USED_BY: Mapping[str, tuple[BillingMethod, ...]] = {
    "timing": (BillingMethod.RETAINER,),
    "rollover": (BillingMethod.PREPAID_HOURS,),
    "cap_minor": (BillingMethod.TIME_AND_MATERIALS,),
    "hourly_rate_minor": _BY_THE_HOUR,
}
"""The methods that a term says something of."""
_IDLE: Mapping[str, Any] = {
    "timing": Timing.ARREARS,
    "rollover": False,
    "cap_minor": None,
    "hourly_rate_minor": None,
}
_FIELDS = {"cap_minor": "cap", "hourly_rate_minor": "hourly_rate"}
_OF_PERIODS = ("timing", "rollover")


def amount_of(value: Decimal | None, *, field: str, name: str, currency: str) -> int | None:
    """An amount of the terms in minor units of `currency`; FIELD_INVALID for what is none."""
    places = decimals_of(currency)
    told = number(value, field=(field,), name=name, decimals=places, least=0)
    return None if told is None else to_minor(told, currency)


def set_terms(contract: Contract, given: Mapping[str, Any], *, has_periods: bool) -> None:
    """Gives `contract` the terms `given`, by column; its method is settled before.

    FIELD_INVALID where its method has no use for a term, be it one that it had under another;
    CONTRACT_TERM_FROZEN for what would settle billed periods anew.
    """
    for name, value in given.items():
        if getattr(contract, name) != value:
            if name in _OF_PERIODS and has_periods:
                told = CONTRACT_TERM_FROZEN(field=(name,), contract=contract.name)
                raise Refusal(told)
            setattr(contract, name, value)
    for name, methods in _USED_BY.items():
        if contract.billing_method not in methods and getattr(contract, name) != _IDLE[name]:
            field = _FIELDS.get(name, name)
            reason = "the billing method has no use for it"
            expected = ", ".join(method.value for method in methods)
            told = FIELD_INVALID(field=(field,), name=field, reason=reason, expected=expected)
            raise Refusal(told)


def cap_told(contract: Contract, billed: int, currency: str) -> list[Any]:
    """CAP_BELOW_BILLED where more is billed than the cap (minor units of `currency`)."""
    cap = contract.cap_minor
    if cap is None or billed <= cap:
        return []
    found, expected = (amount_text(one, currency) for one in (cap, billed))
    return [CAP_BELOW_BILLED(field=("cap",), found=found, expected=expected)]
