"""What makes two requests the same under one key."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from resolvers._mutation import Once


def request(value: Any) -> str:
    once = Once("k", "paymentRecord", {"amount": value}, lambda kept: kept, lambda _, kept: kept)
    return once.names["request"]


def test_equal_numbers_are_one_request_however_they_are_written() -> None:
    for one, other in (("1.00", "1.0"), ("100", "1E+2"), ("-0.50", "-0.5"), ("0", "-0.00")):
        assert request(Decimal(one)) == request(Decimal(other))


def test_other_numbers_are_another_request_to_the_last_digit() -> None:
    long = "1." + "0" * 40
    asked = ["1", "1.01", "-1", f"{long}1", f"{long}2", "NaN", "Infinity", "10", "1E+999999"]
    assert len({request(Decimal(one)) for one in asked}) == len(asked)
    assert request(Decimal("1")) != request("1") != request(1)
