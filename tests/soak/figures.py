"""Dirt of amounts, percentages, rates, hours, whole numbers and days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from tests.soak.cells import Cell, Dirt, Form, number, red, text
from tests.soak.everywhere import SPACES

SIGNS = {"EUR": ("€", "EUR", "euros"), "CHF": ("CHF",), "TND": ("TND",)}
FOREIGN = {"EUR": ("$", "£", "CHF"), "CHF": ("€", "$"), "TND": ("€", "CHF")}
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin")
MONTHS += ("juillet", "août", "septembre", "octobre", "novembre", "décembre")
SHORT = ("janv.", "févr.", "mars", "avr.", "mai", "juin")
SHORT += ("juil.", "août", "sept.", "oct.", "nov.", "déc.")
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


def _parts(value: Decimal, decimals: int) -> tuple[str, str, str]:
    """Sign, whole part and decimals of an amount."""
    whole, _, part = f"{abs(value):.{decimals}f}".partition(".")
    return "-" if value < 0 else "", whole, part


def _in_threes(whole: str, mark: str) -> str:
    groups = []
    while whole:
        groups.insert(0, whole[-3:])
        whole = whole[:-3]
    return mark.join(groups)


@dataclass(frozen=True)
class _Amounts:
    """How an amount of a currency is typed: its meaning is sure, or told to be in doubt."""

    currency: str

    @property
    def decimals(self) -> int:
        return 3 if self.currency == "TND" else 2

    def typed_plainly(self, value: Decimal, rng: Random) -> Cell:
        sign, whole, part = _parts(value, self.decimals)
        mark = "," if self.decimals == 3 else rng.choice(",.")
        return text(f"{sign}{whole}{mark}{part}")

    def in_groups(self, value: Decimal, rng: Random) -> Cell:
        sign, whole, part = _parts(value, self.decimals)
        mark = rng.choice((*SPACES[:4], "'", "’"))
        grouped = _in_threes(whole, mark)
        if len(whole) <= 3 and self.decimals == 3:
            return text(f"{sign}{grouped},{part}")
        return text(f"{sign}{grouped}{rng.choice(',.')}{part}")

    def by_both_marks(self, value: Decimal, rng: Random) -> Cell | None:
        sign, whole, part = _parts(value, self.decimals)
        if len(whole) <= 3:
            return None
        group, point = rng.choice(((",", "."), (".", ",")))
        return text(f"{sign}{_in_threes(whole, group)}{point}{part}")

    def with_its_sign(self, value: Decimal, rng: Random) -> Cell:
        sign, whole, part = _parts(value, self.decimals)
        body = f"{sign}{_in_threes(whole, rng.choice(SPACES[:3]))},{part}"
        told = rng.choice(SIGNS[self.currency])
        forms = (f"{body} {told}", f"{body}{told}", f"{told} {body}", f"{body} {told} HT")
        return text(rng.choice(forms))

    def without_vat(self, value: Decimal, rng: Random) -> Cell:
        sign, whole, part = _parts(value, self.decimals)
        return text(f"{sign}{whole},{part} {rng.choice(('HT', 'ht', 'H.T.', 'hors taxes'))}")

    def negative(self, value: Decimal, rng: Random) -> Cell | None:
        if value >= 0:
            return None
        _, whole, part = _parts(value, self.decimals)
        body = f"{_in_threes(whole, ' ')},{part}"
        return text(rng.choice((f"({body})", f"{body}-", f"−{body}", f"- {body}", f"–{body}")))

    def round_ones(self, value: Decimal, rng: Random) -> Cell | None:
        sign, whole, part = _parts(value, self.decimals)
        if part.strip("0"):
            return None
        forms = [whole, _in_threes(whole, " "), f"{_in_threes(whole, ' ')},-", f"{whole}.--"]
        return text(sign + rng.choice(forms))

    def with_an_exponent(self, value: Decimal, rng: Random) -> Cell | None:
        told = f"{value.normalize():E}"
        return None if len(told) > 12 or value == 0 else text(told)

    def in_doubt(self, value: Decimal, rng: Random) -> Cell | None:
        """One separator and three digits."""
        sign, whole, part = _parts(value, self.decimals)
        if self.decimals == 3:
            in_reach = len(whole) <= 3 and whole != "0"
            return text(f"{sign}{whole}.{part}", "NUMBER_AMBIGUOUS") if in_reach else None
        if part.strip("0") or not 4 <= len(whole) <= 6:
            return None
        return text(f"{sign}{_in_threes(whole, rng.choice(',.'))}", "NUMBER_AMBIGUOUS")

    def too_exact(self, value: Decimal, rng: Random) -> Cell:
        sign, whole, part = _parts(value, self.decimals)
        return text(f"{sign}{whole},{part}{rng.choice(('04', '49', '21'))}", "AMOUNT_ROUNDED")

    def as_number(self, value: Decimal, rng: Random) -> Cell:
        return number(value)


def amounts(currency: str) -> tuple[Dirt, ...]:
    """The ways to type an amount of `currency`, the best one first."""
    of = _Amounts(currency)
    found: tuple[Dirt, ...] = (of.as_number, of.typed_plainly, of.in_groups, of.by_both_marks)
    found += (of.with_its_sign, of.without_vat, of.negative, of.round_ones)
    return (*found, of.with_an_exponent, of.in_doubt, of.too_exact)


def not_amounts(currency: str) -> tuple[Dirt, ...]:
    """What is no amount of `currency` without VAT, whatever one would like to read in it."""

    def foreign(value: Decimal, rng: Random) -> Cell:
        return red(f"{value:.2f} {rng.choice(FOREIGN[currency])}", "AMOUNT_CURRENCY_MISMATCH")

    def with_vat(value: Decimal, rng: Random) -> Cell:
        return red(f"{value:.2f} {rng.choice(('TTC', 'ttc', 't.t.c.', '€ TTC'))}", "AMOUNT_TTC")

    return (foreign, with_vat, no_number)


def no_number(value: Decimal, rng: Random) -> Cell:
    forms = ("12 k€", "environ 4500", "à définir", "1.2.3,4", "12,34,5", "mille", "10-20", "1/2")
    return rng.choice(
        (
            red(rng.choice(forms), "NUMBER_INVALID"),
            red(True, "NUMBER_INVALID", Form.BOOLEAN),
            # A cell's date has no zone.
            red(datetime(2025, 3, 1), "NUMBER_INVALID", Form.DATE),  # noqa: DTZ001
        )
    )


def _bare(value: Decimal) -> str:
    return f"{value.normalize():f}"


def hundredths(value: Decimal, rng: Random) -> Cell:
    forms = (_bare(value), f"{_bare(value)}%", f"{_bare(value)} %", f"{value:.2f}\u202f%")
    return text(rng.choice(forms).replace(".", rng.choice(",.")))


def as_number(value: Decimal, rng: Random) -> Cell:
    return number(value)


def shown_as_percent(value: Decimal, rng: Random) -> Cell:
    return number(value / 100, form=Form.PERCENT)


def as_fraction(value: Decimal, rng: Random) -> Cell | None:
    if not 0 < value < 100 or value == 90:
        # 0.9 is itself a rate, that of Corsica.
        return None
    told = _bare(value / 100)
    return rng.choice(
        (
            number(value / 100, "PERCENT_AS_FRACTION"),
            text(told, "PERCENT_AS_FRACTION"),
            text(told.replace(".", ","), "PERCENT_AS_FRACTION"),
        )
    )


PERCENTS: tuple[Dirt, ...] = (hundredths, as_number, shown_as_percent, as_fraction)


def out_of_range(value: Decimal, rng: Random) -> Cell:
    return red(rng.choice(("145", "-5", "100,01", "250 %")), "PERCENT_OUT_OF_RANGE")


def no_percent(value: Decimal, rng: Random) -> Cell:
    return red(rng.choice(("la moitié", "45 €", "4 5 %%", "en cours")), "NUMBER_INVALID")


def no_rate(value: Decimal, rng: Random) -> Cell:
    return red(rng.choice(("17,3", "21.7 %", "33", "0,37")), "VAT_RATE_UNKNOWN")


def hours_typed(value: Decimal, rng: Random) -> Cell:
    told = rng.choice((_bare(value), f"{_bare(value)} h", f"{value:.2f}h"))
    return text(told.replace(".", rng.choice(",.")))


def on_the_clock(value: Decimal, rng: Random) -> Cell | None:
    whole, minutes = int(value), (value % 1) * 60
    if minutes != int(minutes):
        return None
    forms = (f"{whole}h{int(minutes):02d}", f"{whole}:{int(minutes):02d}")
    return text(
        rng.choice((*forms, f"{whole} h {int(minutes):02d}", f"{whole}H{int(minutes):02d}"))
    )


def shown_as_time(value: Decimal, rng: Random) -> Cell:
    return number(value / 24, form=Form.TIME)


HOURS: tuple[Dirt, ...] = (as_number, hours_typed, on_the_clock, shown_as_time)


def no_hours(value: Decimal, rng: Random) -> Cell:
    wrong = red(rng.choice(("sept", "7 h environ", "7;5", "matin")), "NUMBER_INVALID")
    return rng.choice((wrong, red(rng.choice(("-1", "250000")), "HOURS_OUT_OF_RANGE")))


def quantities(value: Decimal, rng: Random) -> Cell:
    whole, part = _parts(value, 2)[1:]
    forms = (f"{whole},{part}", f"{_in_threes(whole, ' ')}.{part}", f"{whole},{part} m²")
    return text(rng.choice((*forms, f"{whole},{part}m2")))


NUMBERS: tuple[Dirt, ...] = (as_number, quantities)


def whole_typed(value: int, rng: Random) -> Cell:
    return text(rng.choice((str(value), f"{value},0", f"{value}.00", f"+{value}")))


WHOLES: tuple[Dirt, ...] = (as_number, whole_typed)


def no_whole(value: int, rng: Random) -> Cell:
    wrong = red(rng.choice(("trente", "30 jours fin de mois", "3x10")), "NUMBER_INVALID")
    return rng.choice((wrong, red("-7", "NUMBER_OUT_OF_RANGE")))


def in_figures(value: date, rng: Random) -> Cell:
    mark = rng.choice("/.-")
    forms: tuple[Callable[[], str], ...] = (
        lambda: f"{value:%d}{mark}{value:%m}{mark}{value:%Y}",
        lambda: f"{value.day}{mark}{value.month}{mark}{value.year}",
        lambda: f"{value:%d/%m/%Y} {rng.choice(('08:30', '17:05:59', '9:00'))}",
        lambda: value.isoformat(),
        lambda: f"{value.isoformat()}T00:00:00",
        lambda: f"{value:%Y/%m/%d}",
    )
    return text(rng.choice(forms)())


def in_words(value: date, rng: Random) -> Cell:
    day = "1er" if value.day == 1 else str(value.day)
    month = rng.choice((MONTHS, SHORT))[value.month - 1]
    told = f"{day} {month} {value.year}"
    named = f"{WEEKDAYS[value.weekday()]} {told}"
    return text(rng.choice((told, told.upper(), named, named.title(), f"le {told}")))


def as_day(value: date, rng: Random) -> Cell:
    return Cell(value, Form.DATE)


def as_moment(value: date, rng: Random) -> Cell:
    # Nor has a cell's moment.
    moment = datetime(value.year, value.month, value.day, rng.randrange(24), 30)  # noqa: DTZ001
    return Cell(moment, Form.DATE)


def in_two_digits(value: date, rng: Random) -> Cell:
    return text(f"{value:%d/%m/%y}", "DATE_AMBIGUOUS")


def in_days_since(value: date, rng: Random) -> Cell:
    serial = (value - date(1899, 12, 30)).days
    return rng.choice((number(serial, "DATE_SERIAL"), text(str(serial), "DATE_SERIAL")))


DAYS: tuple[Dirt, ...] = (in_figures, in_words, as_day, as_moment, in_two_digits, in_days_since)


def no_day(value: date, rng: Random) -> Cell:
    # The day after the twelfth: month and day the other way round are then no date.
    swapped = value.replace(day=13) + timedelta(days=rng.randrange(12))
    invalid = ("31/02/2025", f"{swapped:%m/%d/%Y}", "bientôt", "mars 2025", "2025", "00/00/2025")
    unlikely = ("03/05/1889", "12/12/2150", "1789-07-14")
    return rng.choice(
        (
            red(rng.choice(invalid), "DATE_INVALID"),
            red(rng.choice(unlikely), "DATE_OUT_OF_RANGE"),
            red(True, "DATE_INVALID", Form.BOOLEAN),
        )
    )
