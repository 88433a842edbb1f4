"""Hashes are made by short ways; the long ones tell that they are what they always were."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from documents.picture import InvoicePicture
from documents.picture_json import kept, to_json
from domain.audit import digest_of
from domain.invoice.chain import FORM, columns_of, content_hash
from domain.invoice.model import InvoiceKind
from tests.documents.pictures import one_line
from tests.documents.test_picture import pictures

TEXTS = st.text(max_size=12) | st.sampled_from(['"', "\\", "\x00\x1f\n\x7f", "é\u2028•", "]"])
NUMBERS = st.integers(min_value=-1, max_value=2**63)
VALUES = st.one_of(
    st.none(),
    NUMBERS,
    TEXTS,
    st.decimals(allow_nan=False, allow_infinity=False, places=4),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(InvoiceKind),
    st.dictionaries(TEXTS, TEXTS, max_size=2),
)


def plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case Decimal():
            return format(value.normalize(), "f") if value else "0"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
    return value


def sorted_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


@given(
    st.tuples(NUMBERS, NUMBERS, NUMBERS, TEXTS, NUMBERS, TEXTS, TEXTS, st.none() | TEXTS),
    st.none() | TEXTS,
    st.binary(min_size=16, max_size=16),
)
def test_the_digest_of_a_change_is_that_of_its_fields_as_json(
    fields: tuple[Any, ...], after: str | None, salt: bytes
) -> None:
    told = json.dumps((*fields, after), ensure_ascii=False, separators=(",", ":"))
    assert digest_of((*fields, after, salt, False)) == hashlib.sha256(salt + told.encode()).digest()


@settings(max_examples=40)
@given(pictures(), TEXTS)
@example(one_line(), '"logo":null')
def test_a_picture_is_stored_and_hashed_as_what_it_is(picture: InvoicePicture, text: str) -> None:
    written = to_json(replace(picture, footer_message=text))
    found = kept(written)
    assert json.loads(found.stored) == written
    assert b"".join(found.hashed) == sorted_json(written).encode()


@settings(max_examples=40)
@given(st.data(), st.sampled_from([1, FORM]), pictures())
def test_the_hash_of_a_document_is_that_of_all_its_values_as_json(
    data: st.DataObject, form: int, picture: InvoicePicture
) -> None:
    of_invoice, of_line = columns_of(form)
    invoice = data.draw(st.tuples(*[VALUES] * len(of_invoice)))
    lines = data.draw(st.lists(st.tuples(*[VALUES] * len(of_line)), max_size=2))
    written = to_json(picture)
    told = {
        "form": form,
        "invoice": dict(zip(of_invoice, map(plain, invoice), strict=True)),
        "lines": [dict(zip(of_line, map(plain, line), strict=True)) for line in lines],
        "picture": written,
    }
    expected = hashlib.sha256(sorted_json(told).encode()).hexdigest()
    assert content_hash(invoice, lines, kept(written).hashed, form=form) == expected
