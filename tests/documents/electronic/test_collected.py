"""A payment told to the platform holds the official rules, whatever was paid by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from documents.electronic import cii
from documents.electronic.collected import Collected, CollectedAmount, write_collected
from documents.electronic.lifecycle import read_lifecycle
from tests.documents.electronic.wanted import SPACES, faults
from tests.support.official_rules import broken

AT = datetime(2027, 10, 5, 8, 30, tzinfo=UTC)


def paid(*amounts: CollectedAmount, **more: Any) -> Collected:
    """A payment of an invoice of one French firm to another."""
    known: dict[str, Any] = {
        "number": "PAR-2027-00042",
        "type_code": "380",
        "issued_on": date(2027, 9, 1),
        "seller_siren": "854984531",
        "seller_name": "Atelier Rivage",
        "buyer_siren": "732829320",
        "buyer_name": "Foncière",
        "deposited_at": datetime(2027, 9, 1, 7, 0, tzinfo=UTC),
        "noted_at": AT - timedelta(minutes=5),
        "received_on": date(2027, 10, 4),
        "amounts": amounts or (CollectedAmount(Decimal(20), Decimal(1200)),),
    }
    return Collected(**{**known, **more})


def written(told: Collected, message_id: str = "PAR-2027-00042_212_1") -> bytes:
    return write_collected(told, message_id=message_id, at=AT)


def found(content: bytes, *path: str) -> list[str | None]:
    steps = "/".join(f"ram:{one}" if ":" not in one else one for one in path)
    return [one.text for one in etree.fromstring(content).iterfind(f".//{steps}", SPACES)]


def amounts() -> st.SearchStrategy[tuple[CollectedAmount, ...]]:
    cents = st.integers(-(10**14), 10**14).map(lambda one: Decimal(one).scaleb(-2))
    rates = st.sampled_from(["0", "2.1", "5.5", "8.50", "10", "20.0", "20.00", "1.05"])
    one = st.builds(
        CollectedAmount, rates.map(Decimal), cents, st.sampled_from(["EUR", "CHF", "JPY"])
    )
    return st.lists(one, min_size=1, max_size=5).map(tuple)


def words() -> st.SearchStrategy[str]:
    """Any characters, those that XML cannot hold too."""
    return st.text(st.characters(exclude_categories=()), max_size=30)


@settings(max_examples=60, deadline=None)
@given(
    amounts=amounts(),
    name=words(),
    reason=st.one_of(st.none(), words()),
    address=st.sampled_from([None, "732829320_FACTURES"]),
    received_on=st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2099, 12, 31))),
    kind=st.sampled_from(["380", "381", "386", "389", "384"]),
)
def test_whatever_is_paid_the_rules_hold(
    amounts: tuple[CollectedAmount, ...],
    name: str,
    reason: str | None,
    address: str | None,
    received_on: date | None,
    kind: str,
) -> None:
    told = paid(
        *amounts, seller_name="A" + name, buyer_name=f"<&{name}>", reason=reason,
        buyer_address=address, received_on=received_on, type_code=kind,
    )  # fmt: skip
    content = written(told)
    assert faults(content) == []
    assert content == written(told)
    (status,) = read_lifecycle(content).statuses
    assert (status.code, status.label, status.said_by) == (212, "Encaissée", "SE")
    assert (status.number, status.issued_on) == (told.number, told.issued_on)
    assert (status.type_code, status.seller_siren) == (kind, told.seller_siren)
    assert (status.occurred_at, status.received_at) == (told.noted_at, told.deposited_at)
    assert [(one.kind, one.rate, one.amount, one.currency, one.on) for one in status.amounts] == [
        ("MEN", one.rate, one.amount, one.currency, received_on) for one in amounts
    ]
    assert found(content, "IssuerTradeParty", "Name")[0] is not None


def test_the_terms_stand_where_they_belong() -> None:
    rates = [CollectedAmount(Decimal(rate), Decimal(paid)) for rate, paid in (
        ("20", "1200"), ("5.5", "105.5"),
    )]  # fmt: skip
    content = written(paid(*rates, buyer_address="732829320_A"))
    assert found(content, "ValueAmount") == ["1200.00", "105.50"]
    assert found(content, "ValuePercent") == ["20.00", "5.50"]
    assert found(content, "RoleCode") == ["WK", "SE", "BY", "SE"]
    assert found(content, "URIID") == ["732829320_A"]
    assert found(content, "rsm:ExchangedDocument", "ID") == ["PAR-2027-00042_212_1"]
    # French legal time, in summer and across the year.
    assert found(content, "IssueDateTime", "udt:DateTimeString") == [
        "20271005103000", "20271005102500",
    ]  # fmt: skip
    assert found(content, "ReceiptDateTime", "udt:DateTimeString") == ["20270901090000"]
    assert found(content, "IncludedNote", "Content") == []
    new_year = datetime(2027, 12, 31, 20, 30, tzinfo=timezone(timedelta(hours=-3)))
    content = written(paid(noted_at=new_year))
    assert found(content, "IssueDateTime", "udt:DateTimeString")[1] == "20280101003000"


def test_money_paid_back_is_negative_and_says_why() -> None:
    """P1.15, P1.17."""
    back = CollectedAmount(Decimal(20), Decimal("-1200"))
    content = written(paid(back))
    assert found(content, "ValueAmount") == ["-1200.00"]
    assert found(content, "IncludedNote", "Content") == ["Annulation d’encaissement"]
    content = written(paid(back, reason="Chèque impayé"))
    assert found(content, "IncludedNote", "Content") == ["Chèque impayé"]
    assert faults(content) == []


def test_figures_are_plain() -> None:
    told = [("-0.00", "0.00"), ("1E+3", "1000.00"), ("0.125", "0.125"), ("7.1000", "7.10")]
    told.append(("1E-7", "0.0000001"))
    given_ones = [CollectedAmount(Decimal(0), Decimal(figure)) for figure, _ in told]
    assert found(written(paid(*given_ones)), "ValueAmount") == [shown for _, shown in told]


def test_where_nothing_bears_vat_the_rate_is_nought() -> None:
    content = written(paid(CollectedAmount(Decimal(0), Decimal(600))))
    assert found(content, "ValuePercent") == ["0.00"]
    assert faults(content) == []


def test_a_payment_has_an_amount_and_moments_have_a_zone() -> None:
    with pytest.raises(ValueError, match="amount"):
        replace(paid(), amounts=())
    with pytest.raises(ValueError, match="zone"):
        written(paid(noted_at=datetime(2027, 10, 5, 8, 30)))  # noqa: DTZ001 - a moment without a zone is what is refused


def test_no_other_document_changes_its_spaces() -> None:
    """The prefix rsm is also that of CII: ElementTree would forget the first of two."""
    written(paid())
    assert cii._named("rsm:X") == "{urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100}X"
    node = etree.fromstring(cii.ElementTree.tostring(cii.Node(cii._named("rsm:X"))))
    assert node.prefix == "rsm"


# That these tests can fail.

CORRECT = written(paid(reason="Acompte"))
FREE = {
    "ExchangedDocument/Name",
    "ReferenceReferencedDocument/StatusCode",
    "ReferenceReferencedDocument/ReferenceTypeCode",
    "ReferenceReferencedDocument/ProcessCondition",
    "IssuerTradeParty/RoleCode#invoice",
    "IncludedNote/Content",
}
"""What may be left out: texts, and what the rules want right where it is there."""

WORDS = {
    "ExchangedDocument/ID",
    "ExchangedDocument/Name",
    "IssuerTradeParty/Name",
    "RecipientTradeParty/Name",
    "ReferenceReferencedDocument/IssuerAssignedID",
    "ReferenceReferencedDocument/ReferenceTypeCode",
    "ReferenceReferencedDocument/ProcessCondition",
    "IncludedNote/Content",
    "ValueChangedIndicator/IndicatorString",
}
"""What may be any words as far as the rules see."""


def leaves(root: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    """Each element that says something, by its parent and name."""
    for one in root.iter():
        above = one.getparent()
        if len(one) == 0 and above is not None:
            names = [etree.QName(step).localname for step in (above, one)]
            within = {etree.QName(step).localname for step in above.iterancestors()}
            is_invoice = names[0] == "IssuerTradeParty" and "AcknowledgementDocument" in within
            yield "/".join(names) + ("#invoice" if is_invoice else ""), one


PLACES = [name for name, _ in leaves(etree.fromstring(CORRECT))]


def spoiled(place: int, how: str) -> bytes:
    root = etree.fromstring(CORRECT)
    one = list(leaves(root))[place][1]
    if how == "text":
        one.text = "WRONG"
    elif how == "attributes":
        one.attrib.clear()
    else:
        above = one.getparent()
        assert above is not None
        above.remove(one)
    return etree.tostring(root)


def test_what_is_spoiled_is_right_before() -> None:
    assert faults(CORRECT) == []
    assert {*FREE, *WORDS} <= set(PLACES)


@pytest.mark.parametrize("place", range(len(PLACES)), ids=PLACES)
def test_what_is_left_out_breaks_a_rule(place: int) -> None:
    assert bool(faults(spoiled(place, "gone"))) is (PLACES[place] not in FREE)


@pytest.mark.parametrize("place", range(len(PLACES)), ids=PLACES)
def test_what_is_another_word_breaks_a_rule(place: int) -> None:
    assert bool(faults(spoiled(place, "text"))) is (PLACES[place] not in WORDS)


@pytest.mark.parametrize(
    "place",
    [at for at, (_, one) in enumerate(leaves(etree.fromstring(CORRECT))) if one.attrib],
    ids=lambda at: PLACES[at],
)
def test_what_lacks_its_scheme_breaks_a_rule(place: int) -> None:
    assert faults(spoiled(place, "attributes"))


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("<ram:TypeCode>23<", "<ram:TypeCode>305<", "BR-FR-CDV-CL-03_MDT-40_305"),
        ("<ram:StatusCode>47<", "<ram:StatusCode>88<", "BR-FR-CDV-CL-05_MDT-88_23"),
        ("REGULATED", "ANY", "BR-FR-CDV-CL-01_MDT-2"),
        ("CDV:invoice", "CDV:flux", "BR-FR-CDV-02_MDT-3"),
        ("<ram:TypeCode>380<", "<ram:TypeCode>325<", "BR-FR-04_MDT-91"),
        (">MEN<", ">ANY<", "BR-FR-CDV-CL-11_MDT-207"),
        (">MEN<", ">RAP<", "BR-FR-CDV-14_MDT-207"),
        ("<ram:RoleCode>BY<", "<ram:RoleCode>XX<", "BR-FR-CDV-CL-04_MDT-59"),
    ],
)
def test_a_rule_is_told_by_its_name(old: str, new: str, rule: str) -> None:
    text = CORRECT.decode()
    assert old in text
    assert rule in {one.partition(": ")[0] for one in broken(text.replace(old, new).encode())}
