"""A fingerprint stands for all that a line will be made of: kept lists are compared with it."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.batch.plan import PlannedItem, planned
from domain.billing.books import Addressed
from domain.catalogue import TaxCode
from domain.tax import VatCategory
from tests.domain.books import RETAINER, TIME, assessed, hours, monthly, phase

VAT = TaxCode(code="FR-20", rate=Decimal(20), category=VatCategory.STANDARD, country="FR")


def written(one: PlannedItem) -> int:
    """As one tuple of all of it is written, in eight bytes of which 44 bits are kept."""
    item, tax = one.item, one.tax
    basis = {name: value for name, value in item.basis.items() if name != "room"}
    made_of = (
        *(item.key, item.kind.value, item.phase_id, item.amount, item.period),
        *(item.rate, item.entries, basis, tuple(one.bundle), one.described),
        tax and (tax.id, tax.rate, tax.mention),
    )
    found = hashlib.blake2b(repr(made_of).encode(), digest_size=8).digest()
    return int.from_bytes(found, "big") >> 20


@given(st.text(max_size=9), st.none() | st.text(max_size=9), st.sampled_from((None, VAT)))
def test_it_is_written_as_it_always_was(name: str, order: str | None, tax: TaxCode | None) -> None:
    """ADR 19: another formula would make every open list stale, and every held item fail."""
    addressed = Addressed("É", "fr", "FR", "FR", 1, order, {7: tax})
    worked = phase(worked=hours("7.75", ("15/09", "2")), hourly_rate_minor=8_500, name=name)
    for one in (
        assessed(TIME, worked, books={"addressed": addressed}),
        assessed(RETAINER, monthly("1,500.00", name=name), books={"addressed": addressed}),
    ):
        found = list(planned(one))
        assert found
        assert [item.fingerprint for item in found] == [written(item) for item in found]
