"""What the numbers given so far say against new settings of an entity (DOMAIN §2.1, §2.2)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.api.invoices.acts import account_line, blank, change, final
from tests.api.settings.acts import AN_ENTITY, act, codes, done, entity_coded, paths, refused
from tests.support.api import ApiClient
from tests.support.prepared import Calendar


def issued(api: ApiClient, entity: str, *, day: str | None = None) -> str:
    """The number of a new legal invoice of the entity."""
    invoice = blank(api, entity=entity)["id"]
    change(api, invoice, lines=[account_line("100")])
    answer = final(api, invoice, day=day)
    assert answer["userErrors"] == []
    return str(answer["invoice"]["number"])


@pytest.mark.parametrize(
    ("invoices", "credits", "path"),
    [
        ("PAR", "NAV", "invoiceSeries"),
        ("PAV", "NAV", "invoiceSeries"),
        ("NTE", "LYO", "creditNoteSeries"),
        ("NTE", "NTE", "creditNoteSeries"),
    ],
)
def test_a_series_is_that_of_one_entity_and_of_one_kind(
    browsed: ApiClient, invoices: str, credits: str, path: str
) -> None:
    """SERIES_TAKEN: an invoice and a credit note never bear one number."""
    answer = act(
        browsed,
        "entityCreate",
        **AN_ENTITY | {"invoiceSeries": invoices, "creditNoteSeries": credits},
    )
    assert (codes(answer), paths(answer)) == (["SERIES_TAKEN"], [path])


def test_a_free_series_may_be_taken_and_numbers_begin_anew(any_firm: ApiClient) -> None:
    known = entity_coded(any_firm, "RIV-PAR")
    assert issued(any_firm, known["id"]) == "PAR26-00001"
    done(any_firm, "entityUpdate", id=known["id"], invoiceSeries="NEW")
    assert issued(any_firm, known["id"]) == "NEW26-00001"
    done(any_firm, "entityUpdate", id=known["id"], invoiceSeries="PAR")
    assert issued(any_firm, known["id"]) == "PAR26-00002"


def test_a_series_once_used_is_never_free_for_another(any_firm: ApiClient) -> None:
    """PAR26-00001 exists: whoever numbered in PAR again would make it twice."""
    known = entity_coded(any_firm, "RIV-PAR")
    assert issued(any_firm, known["id"]) == "PAR26-00001"
    done(any_firm, "entityUpdate", id=known["id"], invoiceSeries="NEW")
    taken = AN_ENTITY | {"invoiceSeries": "PAR"}
    assert refused(any_firm, "entityCreate", **taken) == ["SERIES_TAKEN"]
    own = refused(any_firm, "entityUpdate", id=known["id"], creditNoteSeries="PAR")
    assert own == ["SERIES_TAKEN"]


def test_a_series_never_used_is_free_again(any_firm: ApiClient) -> None:
    known = entity_coded(any_firm, "RIV-PAR")
    swapped = {"invoiceSeries": "PAV", "creditNoteSeries": "PAR"}
    found = done(any_firm, "entityUpdate", id=known["id"], **swapped)
    assert found == found | swapped
    done(any_firm, "entityUpdate", id=known["id"], invoiceSeries="NEW")
    assert done(any_firm, "entityCreate", **AN_ENTITY | {"invoiceSeries": "PAV"})


def test_the_series_of_an_archived_entity_is_kept_for_it(firm: ApiClient) -> None:
    made = done(firm, "entityCreate", **AN_ENTITY)
    done(firm, "entityArchive", id=made["id"])
    again = AN_ENTITY | {"code": "OTHER", "creditNoteSeries": "OTH"}
    assert refused(firm, "entityCreate", **again) == ["SERIES_TAKEN"]


def test_a_new_fiscal_year_goes_on_in_the_range_in_use(any_firm: ApiClient) -> None:
    """On 21 November 2026 both years start in 2026: the range stays PAR26, without a gap."""
    known = entity_coded(any_firm, "RIV-PAR")
    assert issued(any_firm, known["id"]) == "PAR26-00001"
    done(any_firm, "entityUpdate", id=known["id"], fiscalYearStart="07-01")
    assert issued(any_firm, known["id"]) == "PAR26-00002"


def test_a_new_fiscal_year_never_goes_back_to_a_past_range(
    any_firm: ApiClient, calendar: Calendar
) -> None:
    """FISCAL_YEAR_GOES_BACK: PAR26-00001 of March would be followed by PAR25-00001 of April."""
    known = entity_coded(any_firm, "RIV-PAR")
    calendar.go_to("2026-03-15")
    assert issued(any_firm, known["id"]) == "PAR26-00001"
    answer = act(any_firm, "entityUpdate", id=known["id"], fiscalYearStart="07-01")
    assert (codes(answer), paths(answer)) == (["FISCAL_YEAR_GOES_BACK"], ["fiscalYearStart"])
    assert "PAR26-00001" in answer["userErrors"][0]["message"]
    assert "PAR25" in answer["userErrors"][0]["message"]
    # Even when the day has come: an invoice may still be dated back to the day of the last one.
    calendar.go_to("2026-11-21")
    again = refused(any_firm, "entityUpdate", id=known["id"], fiscalYearStart="07-01")
    assert again == ["FISCAL_YEAR_GOES_BACK"]
    assert issued(any_firm, known["id"]) == "PAR26-00002"
    done(any_firm, "entityUpdate", id=known["id"], fiscalYearStart="07-01")
    assert issued(any_firm, known["id"]) == "PAR26-00003"


def test_a_new_series_may_begin_with_any_fiscal_year(
    any_firm: ApiClient, calendar: Calendar
) -> None:
    known = entity_coded(any_firm, "RIV-PAR")
    calendar.go_to("2026-03-15")
    assert issued(any_firm, known["id"]) == "PAR26-00001"
    done(any_firm, "entityUpdate", id=known["id"], fiscalYearStart="07-01", invoiceSeries="NEW")
    assert issued(any_firm, known["id"]) == "NEW25-00001"
    back = refused(any_firm, "entityUpdate", id=known["id"], invoiceSeries="PAR")
    assert back == ["FISCAL_YEAR_GOES_BACK"]


def test_who_an_entity_is_stays_once_it_has_issued_an_invoice(any_firm: ApiClient) -> None:
    """ENTITY_FROZEN: another SIREN is another legal person, with numbers of its own."""
    known = entity_coded(any_firm, "RIV-PAR")
    other = {"siren": "732829320", "siret": "73282932000074", "vatNumber": "FR44732829320"}
    done(any_firm, "entityUpdate", id=known["id"], **other)
    issued(any_firm, known["id"])
    answer = act(any_firm, "entityUpdate", id=known["id"], siren=None, country="BE", name="x")
    assert (codes(answer), paths(answer)) == (["ENTITY_FROZEN"] * 2, ["siren", "country"])
    moved = done(
        any_firm,
        "entityUpdate",
        id=known["id"],
        country="RE",
        currency="CHF",
        name="Autre nom",
        address="1 rue\n97400 Saint-Denis",
        iban=None,
    )
    assert (moved["country"], moved["currency"], moved["siren"]) == ("RE", "CHF", "732829320")


def test_a_pro_forma_freezes_nothing(firm: ApiClient) -> None:
    known = entity_coded(firm, "RIV-PAR")
    blank(firm, entity=known["id"])
    moved = done(firm, "entityUpdate", id=known["id"], country="BE", siren=None, siret=None)
    assert (moved["country"], moved["siren"]) == ("BE", None)


def test_two_entities_that_reach_for_one_series_at_once_do_not_both_get_it(
    any_firm: ApiClient,
) -> None:
    """One for invoices, the other for credit notes: they would not meet at any unique key."""
    asked = [
        AN_ENTITY | {"code": "ONE", "invoiceSeries": "ZZZ", "creditNoteSeries": "ONE"},
        AN_ENTITY | {"code": "TWO", "invoiceSeries": "TWO", "creditNoteSeries": "ZZZ"},
    ]
    barrier = Barrier(len(asked))

    def create(given: dict[str, str]) -> list[str]:
        barrier.wait()
        return codes(act(any_firm, "entityCreate", **given))

    with ThreadPoolExecutor(len(asked)) as pool:
        said = sorted(pool.map(create, asked))
    assert said == [[], ["SERIES_TAKEN"]]
