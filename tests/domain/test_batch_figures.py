"""The live figures of a batch are those of the invoices it would make, whatever is selected."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.batch.model import Batch, BatchInvoice, BatchItem, Grouping
from domain.batch.plan import Bundle, Part, Sums, plan_hash, totals_of
from domain.batch.run import bills_of, propose
from domain.billing.item import ItemKind
from domain.invoice.totals import Tax
from domain.tax import VatCategory

TAXES = {
    1: Tax(Decimal(20), VatCategory.STANDARD, None, None),
    2: Tax(Decimal("5.5"), VatCategory.STANDARD, None, None),
    3: Tax(Decimal(0), VatCategory.EXEMPT, "VATEX-FR-FRANCHISE", "TVA non applicable"),
}
BUNDLES = [
    Bundle(1, client, currency, regime, order, "fr")
    for client in (1, 2)
    for currency in ("EUR", "JPY", "TND")
    for regime in ("FR", "FRANCHISE_BASE")
    for order in (None, "BC-1")
]
BY_DIGEST = {one.digest: one for one in BUNDLES}


@st.composite
def selections(draw: st.DrawFn) -> list[BatchItem]:
    """Items of a few contracts: a contract has one client and currency, items either regime."""
    found = []
    for contract in range(draw(st.integers(1, 5))):
        client = draw(st.sampled_from((1, 2)))
        currency = draw(st.sampled_from(("EUR", "JPY", "TND")))
        own = [one for one in BUNDLES if (one.client_id, one.currency) == (client, currency)]
        for _ in range(draw(st.integers(1, 5))):
            bundle = draw(st.sampled_from(own))
            tax = 3 if bundle.regime != "FR" else draw(st.sampled_from((1, 2)))
            found.append(_item(draw, len(found), contract, bundle, tax))
    return found


def _item(draw: st.DrawFn, key: int, contract: int, bundle: Bundle, tax: int) -> BatchItem:
    return BatchItem(
        batch_id=1,
        contract_id=contract,
        phase_id=key,
        key=f"k{key}",
        kind=ItemKind.TIME,
        currency=bundle.currency,
        amount_minor=draw(st.integers(-(10**6), 10**9)),
        unbilled_minor=0,
        selectable=True,
        selected=True,
        bundle=bundle.digest,
        fingerprint=draw(st.integers(0, 2**44 - 1)),
        tickets=draw(st.integers(0, 20)),
        hours=Decimal(draw(st.integers(0, 10_000))) / 100,
        tax_code_id=tax,
    )


def parts_of(items: list[BatchItem]) -> list[Part]:
    """As the database sums them."""
    groups: dict[tuple[str, int, str, int], list[BatchItem]] = defaultdict(list)
    for item in items:
        groups[(item.bundle, item.contract_id, item.currency, item.tax_code_id or 0)].append(item)
    return [
        Part(
            bundle=bundle,
            contract_id=contract,
            currency=currency,
            tax=TAXES[tax],
            net=sum(item.amount_minor for item in some),
            items=len(some),
            tickets=sum(item.tickets for item in some),
            hours=sum((item.hours for item in some), Decimal(0)),
            fingerprints=sum(item.fingerprint for item in some),
        )
        for (bundle, contract, currency, tax), some in groups.items()
    ]


def proposed(items: list[BatchItem], grouping: Grouping) -> list[BatchInvoice]:
    batch = Batch(name="Lot", cut_off=date(2026, 11, 1), grouping=grouping)
    made = propose(batch, bills_of(items, BY_DIGEST, grouping), TAXES)
    return [BatchInvoice(**columns) for columns in made]


@given(selections(), st.sampled_from(Grouping))
def test_the_figures_are_the_sums_of_the_invoices(
    items: list[BatchItem], grouping: Grouping
) -> None:
    """DOMAIN §2.5, B10–B15 B26: count, tickets, hours, net and VAT, each currency apart."""
    invoices = proposed(items, grouping)
    for figures in totals_of(parts_of(items), grouping):
        own = [one for one in invoices if one.currency == figures.currency]
        assert figures.invoices == len(own)
        assert figures.net == sum(one.net_minor for one in own)
        assert figures.vat == sum(one.vat_minor for one in own)
        assert figures.gross == figures.net + figures.vat
        assert figures.tickets == sum(one.tickets for one in own)
        assert figures.hours == sum((one.hours for one in own), Decimal(0))
    assert {one.currency for one in invoices} == {item.currency for item in items}


@given(selections())
def test_grouping_moves_no_net_and_mixes_nothing(items: list[BatchItem]) -> None:
    """B26: a client's invoices differ in what their splits say, and hold every item once."""
    nets = []
    for grouping in Grouping:
        bills = bills_of(items, BY_DIGEST, grouping)
        assert sorted(item.key for bill in bills for item in bill.items) == sorted(
            item.key for item in items
        )
        assert all({item.bundle for item in bill.items} == {bill.bundle.digest} for bill in bills)
        if grouping is Grouping.PER_CLIENT:
            assert len({bill.bundle for bill in bills}) == len(bills)
            for bill in bills:
                others = [
                    one.bundle
                    for one in bills
                    if one.bundle.client_id == bill.bundle.client_id and one is not bill
                ]
                assert bool(others) is bool(bill.splits)
        nets.append([(one.currency, one.net) for one in totals_of(parts_of(items), grouping)])
    assert nets[0] == nets[1]


def sums_of(items: list[BatchItem]) -> Sums:
    """What the database would sum up."""
    return Sums(
        items=len(items),
        fingerprints=sum(item.fingerprint for item in items),
        net=sum(item.amount_minor for item in items),
        currencies=sorted({item.currency for item in items}),
    )


@given(selections(), st.data())
def test_another_selection_has_another_hash(items: list[BatchItem], data: st.DataObject) -> None:
    """API.md 7: an item less, another content, grouping or version: another plan."""

    def hashed(some: list[BatchItem], grouping: Grouping = Grouping.PER_CLIENT, v: int = 1) -> str:
        return plan_hash(
            batch_id=1, cut_off=date(2026, 11, v), grouping=grouping, sums=sums_of(some)
        )

    whole = hashed(items)
    assert whole == hashed(list(reversed(items)))
    left_out = data.draw(st.sampled_from(items))
    others = [item for item in items if item is not left_out]
    hashes = {whole, hashed(others), hashed(items, Grouping.PER_CONTRACT), hashed(items, v=2)}
    left_out.fingerprint += 1
    assert len(hashes | {hashed(items)}) == 5
