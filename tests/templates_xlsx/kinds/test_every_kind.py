"""What holds of every kind: what is written reads back, guards fit in Excel, rules are said."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter

from templates_xlsx.kinds import (
    Address,
    Code,
    Country,
    Currency,
    Day,
    Email,
    Hours,
    Money,
    Name,
    Number,
    Percent,
    Phone,
    Rate,
    Ref,
    Signed,
    Siret,
    Text,
    Token,
    VatNumber,
    Whole,
    YesNo,
)
from templates_xlsx.layouts import LAYOUTS
from templates_xlsx.layouts.lists import BILLING_METHOD, CLIENT_TYPE, PERIODICITY, STATUS
from templates_xlsx.raw import Cell, Shape
from templates_xlsx.sheet import Kind, Setting

FIRM = Setting(
    entities=(("RIV-PAR", "Atelier Rivage Architectes"), ("RIV-LYO", "Rivage Ingénierie"))
)
EXAMPLES: list[tuple[Kind, Any]] = [
    (Text(), "libre"),
    (Name(), "Crèvecœur & Fils"),
    (Code(), "LOG-2403"),
    (Address(), "3 quai Neuf\n01000 Bourg"),
    (Phone(), "+33 1 44 00 11 22"),
    (Money(), Decimal("12500.50")),
    (Signed(), Decimal("-850.25")),
    (Number(), Decimal("1640.1234")),
    (Whole(0, 90), 30),
    (Hours(60), Decimal("7.25")),
    (Percent(), Decimal("66.67")),
    (Rate(), Decimal("5.5")),
    (Day(), date(2026, 10, 31)),
    (YesNo(), True),
    (YesNo(), False),
    (CLIENT_TYPE, "INDIVIDUAL"),
    (STATUS, "SIGNED"),
    (BILLING_METHOD, "PREPAID_HOURS"),
    (PERIODICITY, "QUARTER"),
    (Currency(), "CHF"),
    (Country(), "RE"),
    (Email(), "a@b.fr"),
    (Siret(), "73282932000074"),
    (VatNumber(), "FR44732829320"),
    (VatNumber(), "NA"),
    (Ref("entity"), "RIV-PAR"),
    (Token(), "JABC"),
]
KINDS = [kind for kind, _ in EXAMPLES]


def _as_cell(kind: Kind, written: Any) -> Cell:
    """The cell a spreadsheet makes of what is written under the kind's format."""
    if kind.number_format == "dd/mm/yyyy":
        moment = datetime(1899, 12, 30) + timedelta(days=int(written))  # noqa: DTZ001
        return Cell(moment, Shape.DATE)
    if isinstance(written, str):
        return Cell(written)
    return Cell(Decimal(written), Shape.NUMBER)


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize(("kind", "value"), EXAMPLES)
def test_what_is_written_into_a_template_reads_back(kind: Kind, value: Any, locale: str) -> None:
    reading = kind.read(_as_cell(kind, kind.write(value, locale)), Setting(locale=locale))
    assert reading.value == value
    assert reading.notes == ()


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_written_for_nothing(kind: Kind) -> None:
    assert kind.write(None, "fr") is None


@pytest.mark.parametrize("kind", KINDS)
def test_the_rule_is_said_in_both_languages(kind: Kind) -> None:
    french, english = kind.say("fr-FR"), kind.say("en-GB")
    assert french != english
    assert all(said.endswith((".", "…")) and len(said) <= 255 for said in (french, english))


def test_every_guard_is_accepted_by_excel_s_limits() -> None:
    """The writer warns of an option Excel would refuse, and warnings are errors."""
    guards = [kind.guard(setting) for kind in KINDS for setting in (FIRM, Setting(locale="en"))]
    book = xlsxwriter.Workbook(BytesIO(), {"in_memory": True})
    sheet = book.add_worksheet()
    for row, guard in enumerate(guard for guard in guards if guard is not None):
        assert sheet.data_validation(row, 0, row, 0, guard) == 0
    book.close()


def test_lists_are_offered_where_there_is_one() -> None:
    offered = CLIENT_TYPE.guard(FIRM)
    assert offered is not None
    assert offered["source"] == ["entreprise", "public", "association", "particulier"]
    entities = Ref("entity").guard(FIRM)
    assert entities is not None
    assert entities["source"] == ["Atelier Rivage Architectes", "Rivage Ingénierie"]
    assert Ref("client").guard(FIRM) is None
    currencies = Currency().guard(Setting(currency="XPF"))
    assert currencies is not None
    assert currencies["source"][0] == "XPF"
    assert currencies["error_type"] == "warning"


def test_names_with_commas_give_way_to_codes_in_the_list_of_entities() -> None:
    firm = Setting(entities=(("A", "Dupont, Fils"), ("B", "Autre")))
    guard = Ref("entity").guard(firm)
    assert guard is not None
    assert guard["source"] == ["A", "B"]


@pytest.mark.parametrize("kind", LAYOUTS)
def test_the_example_of_every_column_is_a_right_value(kind: str) -> None:
    for column in LAYOUTS[kind].columns:
        if column.example:
            reading = column.kind.read(Cell(column.example), FIRM)
            assert reading.value is not None, column.key
            assert reading.notes == (), column.key
