"""The VAT of another currency in euros: which rates are believed, and what they make of it."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Refusal
from domain.invoice.create import for_project
from domain.invoice.euro import (
    EURO_COUNTRIES,
    EuroRate,
    give_rate,
    owes_vat_in_euro,
    rate_of,
    vat_in_euro,
)
from domain.invoice.finalise import FRANCE, require_complete
from domain.invoice.model import Invoice
from domain.money import decimals_of
from tests.domain.examples import client, codes, dossier, entity, invoice, project, refused

TODAY = date(2026, 11, 21)
ECB = EuroRate(Decimal("0.92"), TODAY, "BCE")


def in_dollars(**changed: Any) -> Invoice:
    return invoice(**{"currency": "USD", "vat_minor": 2_000, **changed})


def given_rate(rate: str = "0.92", on: date = TODAY, source: str = "BCE") -> EuroRate:
    return EuroRate(Decimal(rate), on, source)


@pytest.mark.parametrize(
    ("vat", "currency", "rate", "cents"),
    [
        (162_00, "CHF", "1.0643", 172_42),
        (12_346, "JPY", "0.00561", 69_26),
        (234_568, "TND", "0.29851234", 70_02),
        (1, "JPY", "0.00561", 1),
        (1, "TND", "0.29851234", 0),
        # Half a cent goes away from zero, also below it.
        (1_00, "USD", "0.925", 93),
        (-1_00, "USD", "0.925", -93),
    ],
)
def test_the_total_is_converted_and_rounded_once(
    vat: int, currency: str, rate: str, cents: int
) -> None:
    assert vat_in_euro(vat, currency, Decimal(rate)) == cents


@settings(max_examples=200)
@given(
    vat=st.integers(min_value=-(10**15), max_value=10**15),
    currency=st.sampled_from(("CHF", "JPY", "TND", "USD")),
    rate=st.decimals(min_value="0.000001", max_value="10", places=8),
)
def test_no_other_cent_is_nearer(vat: int, currency: str, rate: Decimal) -> None:
    """Exact to the cent whatever the decimals of the currency, and the same either side of zero."""
    exact = Decimal(vat) * rate * 100 / 10 ** decimals_of(currency)
    cents = vat_in_euro(vat, currency, rate)
    assert abs(cents - exact) <= Decimal("0.5")
    assert cents == int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert vat_in_euro(-vat, currency, rate) == -cents


def test_a_rate_is_kept_whole_and_taken_away_whole() -> None:
    held = in_dollars()
    assert rate_of(held) is None
    give_rate(held, given_rate(source="  Banque centrale\n européenne "), today=TODAY)
    assert rate_of(held) == given_rate(source="Banque centrale européenne")
    give_rate(held, None, today=TODAY)
    assert rate_of(held) is None


@pytest.mark.parametrize(
    "rate",
    [
        *(
            given_rate(rate)
            for rate in ("0", "-0.92", "NaN", "sNaN", "Infinity", "160.25", "0.123456789")
        ),
        given_rate(source="x" * 65),
        given_rate(on=date(2026, 11, 22)),
    ],
)
def test_a_rate_that_cannot_be_meant_is_refused(rate: EuroRate) -> None:
    """160.25 is the inverse: yen for a euro."""
    held = in_dollars()
    assert refused(lambda: give_rate(held, rate, today=TODAY)) == ["FIELD_INVALID"]
    assert rate_of(held) is None


def test_a_rate_names_its_source() -> None:
    assert refused(lambda: give_rate(in_dollars(), given_rate(source=" "), today=TODAY)) == [
        "FIELD_REQUIRED"
    ]


def test_an_invoice_in_euros_has_no_rate() -> None:
    assert refused(lambda: give_rate(invoice(), ECB, today=TODAY)) == ["FIELD_INVALID"]


def test_only_vat_owed_in_euros_must_be_stated_in_euros() -> None:
    """DOMAIN §2.6: where the euro is the currency of the tax, and there is tax."""
    assert set(FRANCE) <= EURO_COUNTRIES
    assert owes_vat_in_euro(in_dollars(), country="DE")
    assert not owes_vat_in_euro(in_dollars(), country="CH")
    assert not owes_vat_in_euro(in_dollars(vat_minor=0), country="FR")
    assert not owes_vat_in_euro(invoice(vat_minor=2_000), country="FR")


def finalised(held: Invoice, **parties: Any) -> list[str]:
    """The codes that stand in the way of the legal invoice."""
    try:
        require_complete(dossier(invoice=held, **parties), issue_date=TODAY)
    except Refusal as refusal:
        return codes(refusal.issues)
    return []


def test_without_its_rate_it_does_not_become_final() -> None:
    """VAT_IN_EURO_MISSING, whose remedy is a rate."""
    held = in_dollars()
    assert finalised(held) == ["VAT_IN_EURO_MISSING"]
    give_rate(held, ECB, today=TODAY)
    assert finalised(held) == []


def test_a_rate_is_of_the_month_before_the_issue_date() -> None:
    """EURO_RATE_OUT_OF_DATE: neither of a later day nor of an older one."""
    for on, said in (
        (date(2026, 10, 21), []),
        (date(2026, 10, 20), ["EURO_RATE_OUT_OF_DATE"]),
        (date(2026, 11, 22), ["EURO_RATE_OUT_OF_DATE"]),
    ):
        held = in_dollars()
        give_rate(held, given_rate(on=on), today=date(2026, 12, 1))
        assert finalised(held) == said


def test_a_supply_of_long_ago_has_the_rate_of_its_day() -> None:
    held = in_dollars(supply_date=date(2026, 7, 1))
    give_rate(held, given_rate(on=date(2026, 6, 30)), today=TODAY)
    assert finalised(held) == []


def test_a_rate_that_is_not_printed_is_not_judged() -> None:
    """Without VAT there is nothing to convert, however old the rate is."""
    held = in_dollars(vat_minor=0)
    give_rate(held, given_rate(on=date(2020, 1, 1)), today=TODAY)
    assert finalised(held) == []


def test_a_swiss_entity_may_state_euros_and_need_not() -> None:
    held, swiss = in_dollars(), entity(country="CH", siren=None)
    assert finalised(held, entity=swiss) == []
    give_rate(held, given_rate(on=date(2020, 1, 1)), today=TODAY)
    assert finalised(held, entity=swiss) == ["EURO_RATE_OUT_OF_DATE"]


def test_the_rate_goes_with_the_currency_it_is_of() -> None:
    """A blank pro forma takes the currency of the project that it is tied to."""
    held = in_dollars(project_id=None)
    give_rate(held, ECB, today=TODAY)
    for_project(held, project=project(currency="USD"), client=client())
    assert rate_of(held) == ECB
    for_project(held, project=project(currency="CHF"), client=client())
    assert rate_of(held) is None
