"""Why a line comes to its amount: the rule, its figures, what was billed before, the rounding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from domain.invoice.basis import Rule
from domain.money import from_minor, rounded

SENTENCES = {
    Rule.PROGRESS: "{percent} % of {fee} is {earned} earned; {billed} was billed before and "
    "{reserved} is on other pro formas.",
    Rule.REMAINING: "Of {fee}, {billed} was billed before, {written_off} was given up and "
    "{reserved} is on other pro formas.",
    Rule.TIME: "{hours} h at {rate} is {value}[[; the cap left {cap}]].",
    Rule.PERIOD: "{days} of {whole_days} days of {fee} is {value}; {billed} of it was billed "
    "before.",
    Rule.BLOCK: "The block costs {fee}; {billed} of it was billed before.",
    Rule.OVERAGE: "{used} h were worked of {balance} h bought[[, {hours_before} h beyond them "
    "were billed before]][[, {hours_late} h are of earlier periods]]: {hours} h at {rate} is "
    "{value}; {billed} of it was billed before.",
    Rule.REST: "It came to {fee}; {billed} of it is billed.",
    Rule.BY_HAND: "{quantity} × {unit_price}[[ less {discount} %]], by hand[[; {proposed} was "
    "proposed]].",
}
"""What is said of a line; a part in [[ ]] only where it is known."""

_PLACES = 6


@dataclass(frozen=True, slots=True)
class Source:
    """What an amount comes from: the phase, or a time entry."""

    kind: str
    id: int
    on: date | None = None
    hours: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The figures of an amount, in units of the currency; None where the rule has none of them.

    PROGRESS: earned = round(fee × percent ÷ 100), amount = earned − billed − reserved, at most that
    of REMAINING; never against the fee. REMAINING: fee − billed − written off − reserved. TIME:
    value = round(hours × rate), amount = value − billed, at most `cap`. PERIOD: value = round(fee ×
    days ÷ whole days), amount = value − billed. BLOCK, REST: fee − billed. OVERAGE: hours = max(0,
    used − balance) − hours before + hours late, value = round(hours × rate), amount = value −
    billed. BY_HAND: round(quantity × unit price × (1 − discount ÷ 100)).
    """

    rule: Rule
    amount: Decimal
    currency: str
    billed: Decimal | None = None
    exact: Decimal | None = None
    """Before it was rounded, to six decimals."""
    value: Decimal | None = None
    """The exact amount, rounded once."""
    fee: Decimal | None = None
    percent: Decimal | None = None
    written_off: Decimal | None = None
    reserved: Decimal | None = None
    cap: Decimal | None = None
    hours: Decimal | None = None
    rate: Decimal | None = None
    days: int | None = None
    whole_days: int | None = None
    used: Decimal | None = None
    balance: Decimal | None = None
    hours_before: Decimal | None = None
    """Beyond the block, billed before; None where there are none."""
    hours_late: Decimal | None = None
    """Of earlier periods, approved since those were billed; None where there are none."""
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    proposed: Decimal | None = None
    sources: tuple[Source, ...] = ()

    @property
    def rounding(self) -> Decimal | None:
        """What rounding added, or took away."""
        if self.exact is None or self.value is None:
            return None
        return self.value - self.exact

    @property
    def facts(self) -> dict[str, str]:
        """What its sentence says, as text; amounts with their currency."""
        amounts = ("fee", "billed", "written_off", "reserved", "cap", "value", "proposed")
        others = ("percent", "hours", "rate", "days", "whole_days", "used", "balance")
        own = ("hours_before", "hours_late", "quantity", "unit_price", "discount")
        said = {name: _money(getattr(self, name), self.currency) for name in amounts}
        said |= {name: _number(getattr(self, name)) for name in (*others, *own)}
        return {**said, "earned": said["value"]}


def explain(
    basis: Mapping[str, Any] | None,
    *,
    net: int,
    currency: str,
    phase_id: int | None,
    quantity: Decimal | None,
    unit_price: Decimal | None,
    discount: Decimal | None,
) -> Explanation | None:
    """The explanation of a line that has a basis; None of one that was made without."""
    if not basis:
        return None
    rule = Rule(basis["rule"])
    sources = [] if phase_id is None else [Source("PHASE", phase_id)]
    if rule is Rule.BY_HAND:
        exact = (quantity or 0) * (unit_price or Decimal(0)) * (100 - (discount or 0)) / 100
        return Explanation(
            rule,
            amount=from_minor(net, currency),
            currency=currency,
            exact=rounded(exact, _PLACES),
            value=from_minor(net, currency),
            quantity=quantity or Decimal(0),
            unit_price=unit_price or Decimal(0),
            discount=discount,
            proposed=_amount(basis.get("proposed"), currency),
            sources=tuple(sources),
        )
    sources += [
        Source("TIME_ENTRY", key, date.fromisoformat(on), Decimal(hours))
        for key, on, hours in basis.get("sources", ())
    ]
    return _computed(rule, basis, currency, tuple(sources))


def _computed(
    rule: Rule, basis: Mapping[str, Any], currency: str, sources: tuple[Source, ...]
) -> Explanation:
    amounts = {name: _amount(basis.get(name), currency) for name in ("fee", "written_off")}
    numbers = {
        name: None if basis.get(name) is None else Decimal(basis[name])
        for name in ("percent", "hours", "rate", "used", "balance")
    }
    numbers |= {
        name: Decimal(basis.get(name, 0)) or None for name in ("hours_before", "hours_late")
    }
    hours, rate = numbers["hours"], numbers["rate"]
    exact: Decimal | None = None
    if rule is Rule.PROGRESS:
        exact = (amounts["fee"] or 0) * (numbers["percent"] or Decimal(0)) / 100
    elif rule is Rule.PERIOD:
        exact = (amounts["fee"] or Decimal(0)) * basis["days"] / basis["whole_days"]
    elif hours is not None and rate is not None:
        exact = hours * rate
    value = {Rule.PROGRESS: "earned", Rule.PERIOD: "price", Rule.TIME: "value"}.get(rule)
    shown = basis[value] if value else basis["amount"] + basis.get("covered", 0)
    billed = next(
        (basis[name] for name in ("billed", "covered", "part_before") if name in basis), None
    )
    return Explanation(
        rule,
        amount=from_minor(basis["amount"], currency),
        currency=currency,
        billed=_amount(billed, currency),
        exact=None if exact is None else rounded(exact, _PLACES),
        value=None if exact is None else from_minor(shown, currency),
        reserved=_amount(basis.get("reserved"), currency),
        cap=_amount(basis.get("room"), currency),
        days=basis.get("days"),
        whole_days=basis.get("whole_days"),
        sources=sources,
        **amounts,
        **numbers,
    )


def _amount(minor: int | None, currency: str) -> Decimal | None:
    return None if minor is None else from_minor(minor, currency)


def _money(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else f"{amount} {currency}"


def _number(value: Decimal | int | None) -> str:
    if value is None:
        return ""
    return f"{Decimal(value).normalize():f}"
