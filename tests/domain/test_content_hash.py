"""What a document is hashed as: the canonical JSON of its columns, whatever they hold."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.invoice.chain import canonical, columns_of, content_hash
from domain.invoice.model import InvoiceKind

PARIS = timezone(timedelta(hours=2))
_plain = st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False)
VALUES = (
    _plain
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.sampled_from(InvoiceKind)
    | st.dates()
    | st.datetimes(timezones=st.sampled_from([UTC, PARIS]))
    | st.recursive(
        _plain, lambda part: st.lists(part) | st.dictionaries(st.text(), part), max_leaves=5
    )
)


def plainly(value: Any) -> Any:
    """What is the same however a database hands it back, the long way."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("form", [1, 2])
@given(data=st.data())
def test_columns_are_hashed_as_the_json_of_their_names(form: int, data: st.DataObject) -> None:
    of_invoice, of_line = columns_of(form)
    invoice = data.draw(st.lists(VALUES, min_size=len(of_invoice), max_size=len(of_invoice)))
    line = st.lists(VALUES, min_size=len(of_line), max_size=len(of_line))
    lines = data.draw(st.lists(line, max_size=2))
    told = {
        "form": form,
        "invoice": dict(zip(of_invoice, map(plainly, invoice), strict=True)),
        "lines": [dict(zip(of_line, map(plainly, one), strict=True)) for one in lines],
        "picture": {"é": "\u202f"},
    }
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    pieces = (canonical(told["picture"]).encode(),)
    try:
        expected = hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError:
        return
    assert content_hash(invoice, lines, pieces, form=form) == expected
