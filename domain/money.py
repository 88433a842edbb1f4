"""Exact amounts: money in minor units, and the one function that rounds.

Sources: ISO 4217 (minor units); DOMAIN §2.6 (half away from zero, to the decimals of the currency).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_TWO_DECIMALS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD "
    "HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN "
    "QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
    "TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG"
)

CURRENCIES: dict[str, int] = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_TWO_DECIMALS.split(), 2),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
}
"""Active ISO 4217 currencies and the decimals of each."""


def decimals_of(currency: str) -> int:
    """How many decimals `currency` has; KeyError when it is not an active ISO 4217 code."""
    return CURRENCIES[currency]


def rounded(value: Decimal, decimals: int) -> Decimal:
    """The house's only rounding: half away from zero, to `decimals` places."""
    return value.quantize(_place(decimals), rounding=ROUND_HALF_UP)


@cache
def _place(decimals: int) -> Decimal:
    return Decimal(1).scaleb(-decimals)


def to_minor(amount: Decimal, currency: str) -> int:
    """`amount` in minor units of `currency`, rounded to its decimals (12.345 EUR -> 1235)."""
    decimals = decimals_of(currency)
    return int(rounded(amount, decimals).scaleb(decimals))


def from_minor(minor: int, currency: str) -> Decimal:
    """The exact amount of `minor` units of `currency` (1235 EUR -> 12.35)."""
    return Decimal(minor).scaleb(-decimals_of(currency))


def amount_text(minor: int, currency: str) -> str:
    """An amount with its currency, as issues hold it: "711.00 EUR"."""
    return f"{from_minor(minor, currency):f} {currency}"


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of one currency, counted in its minor units."""

    minor: int
    currency: str

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Money:
        """`amount` rounded to the decimals of `currency`."""
        return cls(to_minor(Decimal(amount), currency), currency)

    @property
    def amount(self) -> Decimal:
        return from_minor(self.minor, self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add up")
        return other

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of `amounts`, all of `currency`; zero when there is none."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result


def nearer_nothing(one: int, other: int) -> int:
    """The smaller of two amounts of the same sign; 0 where their signs differ."""
    if (one < 0) != (other < 0):
        return 0
    return min(one, other, key=abs)


def share(part: int, percent: Decimal, currency: str) -> int:
    """`percent` % of `part` minor units, rounded once to the minor unit (F4 of DOMAIN §2.3)."""
    decimals_of(currency)
    times, per = _fraction(percent)
    doubled = 2 * part * times
    found = (abs(doubled) + per) // (2 * per)
    return -found if doubled < 0 else found


@lru_cache(maxsize=4096)
def _fraction(percent: Decimal) -> tuple[int, int]:
    """`percent` % as a fraction of whole numbers, not shortened."""
    places = max(0, -int(percent.as_tuple().exponent))
    return int(percent.scaleb(places)), 100 * 10**places
