"""Numbers, days and moments as callers write them: read as they are meant, or not at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schema.scalars import SCALARS, read_day, read_decimal, read_moment
from tests.support.api import ApiClient

RATE = """
mutation($rate: Decimal) {
  organisationUpdate(input: { latePaymentRate: $rate }) { node { latePaymentRate } }
}
"""
LIST = "query($on: Date) { invoices(filter: { issuedFrom: $on }) { nodes { id } } }"
KEY = """
mutation($at: DateTime) {
  apiKeyCreate(input: { name: "a program", role: READER, expiresAt: $at }) {
    node { expiresAt } userErrors { code field }
  }
}
"""


@pytest.mark.parametrize(
    ("given", "number"),
    [("1234.50", "1234.50"), (" 12 ", "12"), ("+5", "5"), (".5", "0.5"), ("5.", "5"),
     ("1e2", "1E+2"), (5, "5"), (0.1, "0.1"), ("-3.20", "-3.20")],
)  # fmt: skip
def test_a_number_is_read_to_its_last_digit(given: Any, number: str) -> None:
    assert str(read_decimal(given)) == number


@pytest.mark.parametrize("given", ["-0", "-0.00", "-0e5", -0.0, "0"])
def test_nothing_has_no_sign(given: Any) -> None:
    assert not read_decimal(given).is_signed()


@pytest.mark.parametrize(
    "given", ["1_0", "١٢", "１２", "1,5", "1 000", "0x10", "", "five", "12 %", True, [5], {}, None]
)
def test_what_only_looks_like_a_number_is_none(given: Any) -> None:
    with pytest.raises(ValueError, match=r"1234\.50"):
        read_decimal(given)


@pytest.mark.parametrize("given", ["20261130", "2026-W48-1", "2026-11-30T00:00:00Z", "", 5, None])
def test_a_day_is_written_in_one_way(given: Any) -> None:
    assert read_day("2026-11-30").isoformat() == "2026-11-30"
    with pytest.raises(ValueError, match="2026-11-30"):
        read_day(given)


@pytest.mark.parametrize(
    "given", ["2026", "2026-11-30", "20261130T170000Z", "2026-11-30 17:00Z", 5]
)
def test_a_moment_is_a_day_and_a_time(given: Any) -> None:
    assert read_moment("2026-11-30t17:00:00z") == read_moment("2026-11-30T18:00:00.000+01:00")
    assert read_moment("2026-11-30T17:00").tzinfo is None
    with pytest.raises(ValueError, match="with its zone"):
        read_moment(given)


def test_a_number_is_never_written_with_an_exponent() -> None:
    written = SCALARS[Decimal].serialize
    assert written is not None
    assert [written(Decimal(one)) for one in ("1E+2", "0.00000001", "62.50")] == [
        "100",
        "0.00000001",
        "62.50",
    ]


def test_nothing_with_a_sign_is_kept_without_it(api: ApiClient) -> None:
    assert api.query(RATE, rate="-0") == {"organisationUpdate": {"node": {"latePaymentRate": "0"}}}


@pytest.mark.parametrize(
    ("text", "given"),
    [(RATE, {"rate": "1,5"}), (LIST, {"on": "30/11/2026"}), (KEY, {"at": "2027"})],
)
def test_what_cannot_be_read_is_told_with_an_example_and_a_code(
    api: ApiClient, text: str, given: dict[str, str]
) -> None:
    (error,) = api.errors(text, **given)
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    assert 'such as "' in error["message"]


@pytest.mark.parametrize(
    "text", ["{", "{ nothing }", "query($a: Int!) { viewer { name } }", "{ a: __typename } { b }"]
)
def test_every_mistake_of_a_document_has_a_code(api: ApiClient, text: str) -> None:
    for error in api.errors(text):
        assert error["extensions"]["code"] == "BAD_REQUEST"
