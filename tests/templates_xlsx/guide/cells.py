"""Cells of all sorts: those that make each kind of column say what it may, and any others."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from hypothesis import strategies as st

from templates_xlsx.kinds import Choice
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.raw import Cell, Shape
from templates_xlsx.sheet import Setting

FIRM = Setting(entities=(("RIV-PAR", "Atelier Rivage"), ("RIV-LYO", "Rivage Ingénierie")))

COLUMNS = [(sheet, column) for sheet in LAYOUTS.values() for column in sheet.columns]

_CHOICES = {column.kind for _, column in COLUMNS if isinstance(column.kind, Choice)}
_SYNONYMS = {word for kind in _CHOICES for option in kind.options for word in option.synonyms}

TEXTS = (
    "abc",
    "Total",
    "Exemple : Rivage",
    "RIV-PAR",
    "Ã©tÃ©",
    "x" * 3000,
    "a\nb\nc\nd\ne\nf\ng",
    # Numbers, amounts, hours, percentages
    "0",
    "1",
    "0,2",
    "45",
    "45 %",
    "150",
    "-5",
    "(1 250,00)",
    "1.234",
    "12,5",
    "12 500,00 €",
    "4 500 TTC",
    "4500 HT CHF",
    "99999999999999",
    "-99999999999999",
    "1e99",
    "25:00",
    "7h30",
    # Days
    "31/02/2025",
    "3 mars 2025",
    "31/12/25",
    "31/12/1980",
    "46000",
    # Lists
    "Oui",
    "peut-être",
    "€",
    "$",
    "EUR",
    "FR",
    "Allemagne",
    "Atlantide",
    # People and firms
    "a@b.example",
    "a@b.example; c@d.example",
    "Anaïs <a@b.example>",
    "a@b",
    "73282932000074",
    "73282932000075",
    "5580501400010",
    "732829320",
    "FR44732829320",
    "Néant",
    # Names and codes
    "Café * Crème",
    "+Plus",
    "A/B C",
    "N°1",
    "CLI-1",
    *sorted(_SYNONYMS),
)

TYPED = (
    Cell(Decimal("0.45"), Shape.PERCENT),
    Cell(Decimal("0.3125"), Shape.TIME),
    Cell(Decimal(-3), Shape.NUMBER),
    Cell(Decimal(46000), Shape.SCIENTIFIC),
    Cell(Decimal(5580501400010), Shape.NUMBER),
    Cell(datetime(2025, 3, 3), Shape.DATE),  # noqa: DTZ001
    Cell(datetime(1902, 3, 3), Shape.DATE),  # noqa: DTZ001
    Cell(True, Shape.BOOLEAN),
    Cell("#REF!", Shape.ERROR),
    Cell(None, Shape.EMPTY_FORMULA),
)

CELLS = (*map(Cell, TEXTS), *TYPED)

_NUMERIC = (Shape.NUMBER, Shape.SCIENTIFIC, Shape.PERCENT, Shape.TIME)
_numbers = st.decimals(allow_nan=False, allow_infinity=False) | st.integers().map(Decimal)
_texts = st.lists(st.sampled_from(TEXTS) | st.text(max_size=12), max_size=3).map(" ".join)

cells = (
    st.sampled_from(CELLS)
    | st.builds(Cell, _texts, formula=st.booleans(), merged=st.booleans())
    | st.builds(Cell, _numbers, st.sampled_from(_NUMERIC))
    | st.builds(Cell, st.datetimes(), st.just(Shape.DATE))
)
"""A cell of any shape, as the reader may hand it on."""
