"""What an invoice comes to: VAT per rate on the sum of the nets, never per line (DOMAIN §2.6).

Steps: 1. line net = quantity × unit price, rounded once; 2. nets summed by tax; 3. VAT of each sum
rounded once (EN 16931: BT-117 = BT-116 × BT-119 ÷ 100); 4. totals are sums of those.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from domain.money import share, to_minor
from domain.tax import VatCategory


@dataclass(frozen=True, slots=True)
class Tax:
    """How a line is taxed: the group it is summed in."""

    rate: Decimal
    category: VatCategory
    reason_code: str | None = None
    mention: str | None = None


@dataclass(frozen=True, slots=True)
class VatGroup:
    """The base and the VAT of one tax, in minor units."""

    tax: Tax
    base: int
    vat: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Net, VAT per tax and gross, in minor units; groups by falling rate."""

    net: int
    groups: tuple[VatGroup, ...]

    @property
    def vat(self) -> int:
        return sum(group.vat for group in self.groups)

    @property
    def gross(self) -> int:
        return self.net + self.vat


def line_net(
    *, quantity: Decimal, unit_price: Decimal, currency: str, discount: Decimal | None = None
) -> int:
    """quantity × unit price less `discount` %, in minor units: 7.75 × 85.00 EUR = 65875."""
    if not discount:
        return to_minor(quantity * unit_price, currency)
    return to_minor(quantity * unit_price * (100 - discount) / 100, currency)


def total(lines: Iterable[tuple[int, Tax | None]], *, currency: str) -> Totals:
    """The totals of lines (net in minor units, tax). An untaxed line adds to the net alone."""
    net = 0
    bases: dict[Tax, int] = {}
    for amount, tax in lines:
        net += amount
        if tax is not None:
            bases[tax] = bases.get(tax, 0) + amount
    ordered = sorted(bases, key=lambda tax: (-tax.rate, tax.category.value, tax.reason_code or ""))
    groups = tuple(
        VatGroup(tax, bases[tax], share(bases[tax], tax.rate, currency)) for tax in ordered
    )
    return Totals(net, groups)
