"""The kinds of columns: what may be typed for their values, and what nobody can mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.soak import everywhere, figures, words
from tests.soak.cells import Cell, Dirt, Form

SPOILT = 0.04
"""The share of cells that nobody can mean: most rows must be stored for their values to be seen."""


@dataclass(frozen=True)
class Kind:
    """The dirt of one kind of column."""

    readable: tuple[Dirt, ...]
    unreadable: tuple[Dirt, ...] = ()
    has_spaces: bool = True
    """Spaces and invisible characters around and within mean nothing."""
    has_formulas: bool = True

    def plain(self, value: Any, rng: Random) -> Cell:
        """`value` as it would best be typed."""
        cell = _drawn(self.readable[:1], value, rng, texts_only=False)
        assert cell is not None, (value, self)
        return cell

    def typed(self, value: Any, rng: Random, *, texts_only: bool) -> Cell:
        """`value` spoilt in a way of its kind."""
        if rng.random() < SPOILT:
            wrong = [*self.unreadable, everywhere.error, everywhere.no_value]
            if (cell := _drawn(wrong, value, rng, texts_only)) is not None:
                return cell
        cell = _drawn(self.readable, value, rng, texts_only)
        assert cell is not None, (value, self)
        if self.has_spaces and rng.random() < 0.4:
            cell = everywhere.spaced(cell, rng)
        if self.has_formulas and not texts_only and rng.random() < 0.05:
            cell = everywhere.computed(cell, rng)
        return cell


def _drawn(dirt: Any, value: Any, rng: Random, texts_only: bool) -> Cell | None:
    """What the first fitting way of a random order makes of the value."""
    for spoil in rng.sample(list(dirt), len(dirt)):
        for _ in range(3):
            cell = spoil(value, rng)
            if cell is not None and (not texts_only or cell.form is Form.TEXT):
                return replace(cell, how=spoil.__qualname__.rpartition(".")[2])
    return None


TEXT = Kind(words.TEXTS)
LONG_TEXT = Kind(words.TEXTS, (words.too_long,))
NAME = Kind(words.NAMES, (words.too_long,))
KEY_NAME = Kind((words.as_it_is,), (words.too_long,))
CODE = Kind(words.FREE_CODES, (words.with_a_forbidden_sign,))
KEY_CODE = Kind(words.CODES, (words.with_a_forbidden_sign,))
ADDRESS = Kind(words.ADDRESSES, (words.too_long,), has_formulas=False)
CURRENCY = Kind(words.CURRENCIES, (words.out_of_the_list("CURRENCY_UNKNOWN"),))
COUNTRY = Kind(words.COUNTRIES, (words.out_of_the_list("COUNTRY_UNKNOWN"),))
COUNTRY2 = Kind(words.LETTERS_OF_COUNTRIES, (words.out_of_the_list("COUNTRY_UNKNOWN"),))
YES_NO = Kind(words.YES_NO, (words.neither,))
EMAIL = Kind((*words.EMAILS, words.no_email))
MAIN_EMAIL = Kind(words.MAIN_EMAILS, (words.no_main_email,))
SIRET = Kind(words.SIRETS)
VAT = Kind(words.VATS, (words.vat_wrong,))
DAY = Kind(figures.DAYS, (figures.no_day,))
PERCENT = Kind(figures.PERCENTS, (figures.out_of_range, figures.no_percent))
RATE = Kind(figures.PERCENTS, (figures.no_rate, figures.no_percent))
HOURS = Kind(figures.HOURS, (figures.no_hours,))
NUMBER = Kind(figures.NUMBERS, (figures.no_number,))
WHOLE = Kind(figures.WHOLES, (figures.no_whole,))


def money(currency: str, *, is_gross: bool = False) -> Kind:
    """Amounts of a currency; the ones with VAT may say so."""
    unreadable = figures.not_amounts(currency)
    return Kind(figures.amounts(currency), unreadable[::2] if is_gross else unreadable)


def choice(*, plainly: dict[Any, tuple[str, ...]], nearly: dict[Any, tuple[str, ...]]) -> Kind:
    readable = words.written(plainly=plainly, nearly=nearly)
    return Kind(readable, (words.out_of_the_list("ENUM_UNKNOWN"),))


def reference(names: Callable[[str], tuple[str, ...]], *more: Dirt) -> Kind:
    """A record by one of the names it answers to, which `names` makes of the value."""
    return Kind((words.by_its(names), *more), (words.unknown,))


CLIENT_TYPE = choice(
    plainly={
        "COMPANY": ("entreprise", "company"),
        "PUBLIC": ("public",),
        "ASSOCIATION": ("association",),
        "INDIVIDUAL": ("particulier", "individual"),
    },
    nearly={},
)
LANGUAGE = choice(
    plainly={"fr": ("fr",), "en": ("en",)},
    nearly={"fr": ("français", "french"), "en": ("anglais", "english")},
)
STATUS = choice(
    plainly={"SIGNED": ("signed",), "COMMERCIAL": ("commercial",)},
    nearly={
        "SIGNED": ("signé", "signée", "en cours"),
        "COMMERCIAL": ("opportunité", "prospect"),
    },
)
LINE_TYPE = choice(
    plainly={"PHASE": ("phase",), "ANNEX": ("annexe", "annex")},
    nearly={"ANNEX": ("avenant", "mission complémentaire")},
)
ROLE = choice(
    plainly={
        "COLLABORATOR": ("collaborateur", "collaborator"),
        "PROJECT_MANAGER": ("chef de projet", "project manager"),
        "ACCOUNTANT": ("comptable", "accountant"),
        "ADMINISTRATOR": ("administrateur", "administrator"),
    },
    nearly={},
)
ADJUSTMENT_KIND = choice(
    plainly={
        "BILLED": ("facturé", "billed"),
        "FEE": ("honoraires", "fee"),
        "COST": ("coût", "cost"),
    },
    nearly={},
)
METHOD = choice(
    plainly={"FIXED_FEE_PROGRESS": ("avancement", "progress")},
    nearly={"FIXED_FEE_PROGRESS": ("forfait à l'avancement",)},
)
