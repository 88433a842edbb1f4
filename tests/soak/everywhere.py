"""Dirt that any cell may have: spaces of all kinds, invisible characters, formulas, errors."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any
from unicodedata import normalize

from tests.soak.cells import Cell, Form, red

SPACES = " \u00a0\u202f\u2009\u2007\u3000\t"
INVISIBLE = "\u200b\u200d\u2060\ufeff\u00ad\u200e"
ERRORS = ("#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?")


def spaced(cell: Cell, rng: Random) -> Cell:
    """The same text with what copying and exporting leave in it."""
    if cell.form is not Form.TEXT or not isinstance(cell.typed, str):
        return cell
    typed = cell.typed
    change = rng.randrange(6)
    if change == 0:
        typed = rng.choice(SPACES) + typed + rng.choice(SPACES)
    elif change == 1:
        typed = typed + rng.choice(SPACES) * 3
    elif change == 2 and " " in typed:
        typed = typed.replace(" ", rng.choice(SPACES) + rng.choice(SPACES), 1)
    elif change == 3:
        place = rng.randrange(len(typed) + 1)
        typed = typed[:place] + rng.choice(INVISIBLE) + typed[place:]
    elif change == 4:
        typed = normalize("NFD", typed)
    elif change == 5:
        typed = typed + "_x000D_"
    return replace(cell, typed=typed, how=f"{cell.how} + spaces {change}")


def computed(cell: Cell, rng: Random) -> Cell:
    """The same value as the result of a formula."""
    if cell.form in (Form.ERROR, Form.NO_VALUE, Form.DATE) or cell.typed == "":
        return cell
    if isinstance(cell.typed, str) and len(cell.typed) > 200:
        return cell
    told = replace(cell, formula=True, how=f"{cell.how} + formula")
    return told.also("FORMULA_VALUE_USED")


def error(value: Any, rng: Random) -> Cell:
    return red(rng.choice(ERRORS), "CELL_ERROR", Form.ERROR)


def no_value(value: Any, rng: Random) -> Cell:
    return red(None, "FORMULA_NO_VALUE", Form.NO_VALUE)
