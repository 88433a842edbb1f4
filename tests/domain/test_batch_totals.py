"""The live figures of a batch are those of the invoices that it would make."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.batch.model import Grouping
from domain.batch.plan import Part, totals_of
from domain.invoice.totals import Tax, total
from domain.tax import VatCategory

TAXES = (
    None,
    Tax(Decimal(20), VatCategory.STANDARD),
    Tax(Decimal("5.5"), VatCategory.STANDARD),
    Tax(Decimal("8.1"), VatCategory.STANDARD),
    Tax(Decimal(0), VatCategory.REVERSE_CHARGE, "VATEX-EU-AE", "Autoliquidation"),
)

parts = st.builds(
    Part,
    bundle=st.sampled_from("ab"),
    contract_id=st.integers(1, 4),
    currency=st.just("EUR"),
    tax=st.sampled_from(TAXES),
    net=st.integers(-(10**9), 10**12),
    items=st.just(1),
    tickets=st.just(0),
    hours=st.just(Decimal(0)),
    fingerprints=st.integers(0, 2**44),
)


@given(st.lists(parts, max_size=12), st.sampled_from(Grouping))
def test_the_vat_of_a_plan_is_that_of_its_invoices(found: list[Part], grouping: Grouping) -> None:
    """B13, B14, §2.6: per invoice and rate, rounded once, however few lines an invoice has."""
    invoices: dict[tuple[int, str], list[tuple[int, Tax | None]]] = {}
    for part in found:
        contract = part.contract_id if grouping is Grouping.PER_CONTRACT else 0
        invoices.setdefault((contract, part.bundle), []).append((part.net, part.tax))
    sums = [total(lines, currency="EUR") for lines in invoices.values()]
    told = totals_of(found, grouping)
    assert len(told) == (1 if found else 0)
    for one in told:
        assert (one.invoices, one.net) == (len(sums), sum(each.net for each in sums))
        assert one.vat == sum(each.vat for each in sums)
