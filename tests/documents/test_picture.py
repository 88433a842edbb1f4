"""What a picture holds, what it refuses, and how it is stored."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.picture import (
    Bank,
    Deduction,
    InvoicePicture,
    Job,
    Line,
    LineKind,
    OperationCategory,
    PaperKind,
    Party,
    Reference,
    VatGroup,
    VatInEuro,
)
from documents.picture_json import from_json, to_json
from tests.documents.pictures import english_credit_note, one_line, pro_forma, text, three_rates

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
maybe = st.none() | words
numbers = st.decimals(
    allow_nan=False, allow_infinity=False, places=4, min_value=-1e9, max_value=1e9
)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
several = st.lists(words, max_size=3).map(tuple)


def made(shape: type, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(shape, **fields)


parties = made(
    Party, name=words, address=several, legal=several, siren=maybe, siret=maybe, vat_number=maybe,
    email=maybe, phone=maybe, code=maybe,
)  # fmt: skip
lines = made(
    Line, kind=st.sampled_from(LineKind), position=st.integers(1, 999), description=words,
    detail=maybe, quantity=numbers, unit=maybe, unit_price=numbers, vat_label=maybe, net=numbers,
)  # fmt: skip
groups = made(VatGroup, label=words, base=numbers, vat=numbers, mention=maybe)
# Made here, once: to draw from a thing made for the purpose takes longer than to draw.
a_day = st.none() | days
banks = st.none() | made(Bank, iban=words, bic=maybe, name=maybe)
jobs = st.none() | made(Job, code=words, name=words, address=several, contract=maybe)
some_lines = st.lists(lines, max_size=3).map(tuple)
some_groups = st.lists(groups, max_size=2).map(tuple)
references = st.lists(made(Reference, number=words, issue_date=days), max_size=2).map(tuple)
deductions = st.lists(made(Deduction, label=words, amount=numbers), max_size=2).map(tuple)
in_euro = st.none() | made(VatInEuro, amount=numbers, rate=numbers, source=words, day=days)
categories = st.none() | st.sampled_from(OperationCategory)
logos = st.none() | st.binary(max_size=20)
kinds = st.sampled_from(PaperKind)
currencies = st.sampled_from(["EUR", "JPY", "TND"])
languages = st.sampled_from(["fr", "en"])


@st.composite
def pictures(draw: st.DrawFn) -> InvoicePicture:
    net, vat = draw(numbers), draw(numbers)
    kind = draw(kinds)
    return InvoicePicture(
        kind=kind,
        number=("PF-" if kind is PaperKind.PROFORMA else "PAR") + draw(words),
        issue_date=draw(days),
        due_date=draw(a_day),
        supply_start=draw(a_day),
        supply_end=draw(a_day),
        currency=draw(currencies),
        language=draw(languages),
        seller=draw(parties),
        buyer=draw(parties),
        bank=draw(banks),
        project=draw(jobs),
        commitment_number=draw(maybe),
        service_code=draw(maybe),
        lines=draw(some_lines),
        groups=draw(some_groups),
        net=net,
        vat=vat,
        gross=net + vat,
        references=draw(references),
        deductions=draw(deductions),
        vat_in_eur=draw(in_euro),
        operation_category=draw(categories),
        vat_on_debits=draw(st.booleans()),
        mentions=draw(several),
        terms=draw(several),
        footer_message=draw(maybe),
        logo=draw(logos),
    )


@settings(max_examples=60)
@given(pictures())
def test_any_picture_stored_as_json_reads_back_equal(picture: InvoicePicture) -> None:
    stored = json.dumps(to_json(picture))
    assert from_json(json.loads(stored)) == picture


@pytest.mark.parametrize("picture", [one_line(), three_rates(), pro_forma(), english_credit_note()])
def test_the_stored_form_is_plain_and_keeps_every_decimal(picture: InvoicePicture) -> None:
    stored = to_json(picture)
    assert stored["net"] == str(picture.net)
    assert stored["issue_date"] == picture.issue_date.isoformat()
    assert from_json(json.loads(json.dumps(stored))) == picture


def test_a_picture_stored_before_a_field_existed_is_still_read() -> None:
    stored = to_json(replace(one_line(), vat_on_debits=False, deductions=()))
    del stored["vat_on_debits"], stored["deductions"]
    assert from_json(stored).deductions == ()


def test_a_picture_of_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="format 2"):
        from_json({**to_json(one_line()), "format": 2})


def test_an_unknown_field_is_refused_rather_than_forgotten() -> None:
    with pytest.raises(ValueError, match="has no colour"):
        from_json({**to_json(one_line()), "colour": "red"})


def test_a_picture_cannot_change() -> None:
    with pytest.raises(FrozenInstanceError):
        one_line().net = Decimal(0)  # type: ignore[misc]


def test_a_pro_forma_never_carries_a_final_number_nor_an_invoice_a_pro_forma_one() -> None:
    """F06: the prefix PF tells a pro forma from an invoice, both ways."""
    with pytest.raises(ValueError, match="PAR26-00042"):
        replace(pro_forma(), number="PAR26-00042")
    with pytest.raises(ValueError, match="PF-000123"):
        replace(one_line(), number="PF-000123")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("language", "de", "printed in de"),
        ("accent", "red; background: url(x)", "not a colour"),
        ("gross", Decimal("1.00"), "do not add up"),
    ],
)
def test_what_cannot_be_printed_is_refused(field: str, value: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        replace(one_line(), **{field: value})


def test_a_currency_out_of_use_is_refused() -> None:
    with pytest.raises(KeyError):
        replace(one_line(), currency="FRF")


def test_a_priced_line_needs_its_figures_and_a_text_line_has_none() -> None:
    assert text(1, "Tranche ferme").net is None
    with pytest.raises(ValueError, match="line 1"):
        Line(kind=LineKind.PRICED, position=1, description="DET", net=Decimal(1))
    with pytest.raises(ValueError, match="subtotal 2"):
        Line(kind=LineKind.SUBTOTAL, position=2, description="Sous-total")


def test_the_net_due_is_the_gross_less_deposits_and_retentions() -> None:
    taken = (
        Deduction(label="Acompte PAR26-00012", amount=Decimal("3600.00")),
        Deduction(label="Retenue de garantie 5 %", amount=Decimal("600.00")),
    )
    assert replace(one_line(), deductions=taken).net_due == Decimal("10014.00")
