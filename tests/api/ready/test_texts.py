"""JSON that is written straight from rows is what the library would write of the same values."""

from __future__ import annotations

import json
from decimal import InvalidOperation
from typing import Any

import orjson
import pytest
from graphql import OperationDefinitionNode, parse
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from domain.money import CURRENCIES, from_minor
from schema.invoice import INVOICE
from server.graphql import jalon_schema
from server.ready.rows import rows_of
from server.ready.selection import Selecting
from server.ready.values import Surprise, text_of

_TEXT = """{ invoices { nodes {
  mine: __typename number net { amount currency } vat { amount } gross { kind: __typename }
  version } } }"""


def _shape() -> Any:
    """Of rows of a number, and for each amount its minor units, the currency after the first.

    Its version last.
    """
    schema = jalon_schema()._schema
    document = parse(_TEXT)
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert schema.query_type is not None
    (invoices,) = Selecting(schema, document, {}).of(schema.query_type, [operation.selection_set])
    (nodes,) = invoices.below
    return rows_of(INVOICE, nodes.owner, nodes.below, sqlite.dialect()).shape


SHAPE = _shape()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_told_as_json(text: str) -> None:
    (written,) = SHAPE([(text, 0, "EUR", 0, 0, 1)])
    assert json.loads(written)["number"] == text
    assert text_of(text) in written


def test_half_a_character_cannot_be_told_by_either() -> None:
    (written,) = SHAPE([("\ud800", 0, "EUR", 0, 0, 1)])
    with pytest.raises(UnicodeEncodeError):
        written.encode()
    with pytest.raises(TypeError):
        orjson.dumps("\ud800")


@given(st.integers(-(2**63), 2**63), st.sampled_from(sorted(CURRENCIES)))
def test_any_amount_is_told_as_that_of_a_record(minor: int, currency: str) -> None:
    (written,) = SHAPE([(None, minor, currency, minor, 0, 1)])
    amount = str(from_minor(minor, currency))
    assert orjson.loads(written) == {
        "mine": "Invoice",
        "number": None,
        "net": {"amount": amount, "currency": currency},
        "vat": {"amount": amount},
        "gross": {"kind": "Money"},
        "version": 1,
    }


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (("F", 1, "ZZZ", 1, 1, 1), KeyError),
        (("F", None, "EUR", 1, 1, 1), Surprise),
        ((7, 1, "EUR", 1, 1, 1), TypeError),
        (("F", "a", "EUR", 1, 1, 1), TypeError),
        (("F", 1, "EUR", 1, "a", 1), InvalidOperation),
        (("F", 1, "EUR", 1, 1, 1.5), Surprise),
        (("F", 1, "EUR", 1, 1, 2**31), Surprise),
    ],
)
def test_what_is_not_as_its_type_says_is_left_to_the_library(
    row: tuple[Any, ...], fault: type[Exception]
) -> None:
    with pytest.raises(fault):
        SHAPE([row])
