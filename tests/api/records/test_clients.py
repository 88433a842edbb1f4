"""Clients kept by hand: created, changed, emptied, put away, and what is refused in which words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.records.asking import (
    A_CLIENT,
    Row,
    act,
    client_by_code,
    codes,
    done,
    paths,
    reds,
)
from tests.support.api import ApiClient


def the_client(api: ApiClient, code: str = "CLI-0001") -> Row:
    found = client_by_code(api, code)
    assert found is not None
    return found


def test_a_client_is_created_with_what_is_usual_for_what_is_left_out(any_firm: ApiClient) -> None:
    """O10–O13: the code is made, the country is the firm's, thirty days, French."""
    made = done(any_firm, "clientCreate", **A_CLIENT)
    assert made["code"] == "C00001"
    assert (made["country"], made["language"], made["paymentDays"]) == ("FR", "fr", 30)
    assert (made["vatNumber"], made["version"], made["archivedAt"]) == ("NA", 1, None)
    assert made["contacts"] == []
    assert client_by_code(any_firm, "C00001") == made
    again = done(any_firm, "clientCreate", **A_CLIENT | {"name": "Un autre"})
    assert again["code"] == "C00002"


def test_everything_that_a_sheet_can_say_can_be_said_by_hand(any_firm: ApiClient) -> None:
    """O10–O14, A04–A17 by another door: each field is kept, normalised as in a sheet."""
    made = done(
        any_firm,
        "clientCreate",
        name="  Société\u00a0Nouvelle  des Grèves ",
        code="gre-01",
        billingAddress="12 rue du Port\n\n 29200 Brest ",
        currency="eur",
        country="France",
        vatNumber="fr 44 732 829 320",
        clientType="COMPANY",
        contactName="Awen Le Goff",
        contactEmail="Awen.LeGoff@GREVES.example",
        contactPhone="+33 2 98 00 00 00",
        language="en",
        paymentDays=45,
        siret="732 829 320 00074",
        ledgerAccount="411gre01",
        serviceCode="SERV-1",
        comment="Premier contact au salon",
    )
    assert made["name"] == "Société Nouvelle des Grèves"
    assert made["code"] == "GRE-01"
    assert made["billingAddress"] == "12 rue du Port\n29200 Brest"
    assert (made["currency"], made["country"], made["language"]) == ("EUR", "FR", "en")
    assert (made["vatNumber"], made["siret"]) == ("FR44732829320", "73282932000074")
    assert (made["paymentDays"], made["ledgerAccount"]) == (45, "411GRE01")
    assert made["contacts"] == [
        {
            "name": "Awen Le Goff",
            "email": "awen.legoff@greves.example",
            "phone": "+33 2 98 00 00 00",
            "isDefault": True,
        }
    ]


def test_what_is_left_out_stays_and_null_empties(any_firm: ApiClient) -> None:
    before = the_client(any_firm)
    after = done(any_firm, "clientUpdate", id=before["id"], comment="Vu", serviceCode="S-1")
    assert after == before | {"comment": "Vu", "serviceCode": "S-1", "version": 2}
    emptied = done(any_firm, "clientUpdate", id=before["id"], comment=None)
    assert emptied == after | {"comment": None, "version": 3}
    same = done(any_firm, "clientUpdate", id=before["id"], comment=None, name=before["name"])
    assert same["version"] == 3, "nothing changed, so it is no new version"
    assert done(any_firm, "clientUpdate", id=before["id"]) == same


def test_a_siret_that_is_taken_away_takes_its_siren_along(any_firm: ApiClient) -> None:
    """Papers would go on naming a firm that nobody gave (O14)."""
    key = the_client(any_firm)["id"]
    asked = "query($id: ID!) { client(id: $id) { siret siren } }"
    for given in ("73282932000074", "732829320"):
        done(any_firm, "clientUpdate", id=key, siret=given)
        assert any_firm.query(asked, id=key)["client"]["siren"] == "732829320"
        done(any_firm, "clientUpdate", id=key, siret=None)
        assert any_firm.query(asked, id=key)["client"] == {"siret": None, "siren": None}


@pytest.mark.parametrize(
    ("field", "usual"),
    [("language", "fr"), ("clientType", "COMPANY"), ("paymentDays", 30), ("country", "FR")],
)
def test_null_puts_back_what_is_usual_where_something_must_stand(
    any_firm: ApiClient, field: str, usual: Any
) -> None:
    told = {"language": "en", "clientType": "PUBLIC", "paymentDays": 12, "country": "BE"}
    given = A_CLIENT | told | {"vatNumber": "NA"}
    made = done(any_firm, "clientCreate", **given)
    assert made[field] == told[field]
    assert done(any_firm, "clientUpdate", id=made["id"], **{field: None})[field] == usual


@pytest.mark.parametrize("field", ["name", "billingAddress", "currency", "vatNumber"])
@pytest.mark.parametrize("given", [None, "", "   ", "—"])
def test_what_is_mandatory_is_never_emptied(firm: ApiClient, field: str, given: Any) -> None:
    """O10–O13: said by the sheet's own rule, with its letter."""
    before = the_client(firm)
    answer = act(firm, "clientUpdate", id=before["id"], **{field: given})
    assert (answer["node"], reds(answer)) == (None, ["MANDATORY_MISSING"])
    letter = {"name": "B", "billingAddress": "D", "currency": "E", "vatNumber": "G"}[field]
    assert [error["column"] for error in answer["userErrors"]] == [letter]
    assert paths(answer) == [field]
    assert the_client(firm) == before


def test_the_code_is_never_taken_away(any_firm: ApiClient) -> None:
    before = the_client(any_firm)
    answer = act(any_firm, "clientUpdate", id=before["id"], code=None)
    assert codes(answer) == ["FIELD_REQUIRED"]
    assert answer["userErrors"][0]["message"] == "Client code is required."
    answer = act(any_firm.in_language("fr"), "clientUpdate", id=before["id"], code=None)
    assert answer["userErrors"][0]["message"] == "Code client est obligatoire."
    assert the_client(any_firm) == before


def test_a_stale_version_is_refused_and_shows_the_record_as_it_is(any_firm: ApiClient) -> None:
    """API.md 10: STALE_OBJECT with the current values; nothing is written."""
    before = the_client(any_firm)
    key = {"id": before["id"], "expectedVersion": before["version"]}
    after = done(any_firm, "clientUpdate", **key, comment="Le premier")
    answer = act(any_firm, "clientUpdate", **key, comment="Le second")
    assert reds(answer) == ["STALE_OBJECT"]
    assert paths(answer) == ["expectedVersion"]
    assert answer["node"] == after
    assert answer["userErrors"][0]["found"] == str(after["version"])
    assert act(any_firm, "clientArchive", **key)["node"] == after
    assert the_client(any_firm) == after


def test_the_default_contact_is_changed_emptied_and_goes_with_its_last_word(
    any_firm: ApiClient,
) -> None:
    made = done(any_firm, "clientCreate", **A_CLIENT, contactName="A", contactEmail="a@b.example")
    key = {"id": made["id"]}
    after = done(any_firm, "clientUpdate", **key, contactPhone="01", contactName="B")
    assert after["contacts"] == [
        {"name": "B", "email": "a@b.example", "phone": "01", "isDefault": True}
    ]
    assert after["version"] == 2, "a client whose contact changed has another version"
    after = done(any_firm, "clientUpdate", **key, contactEmail=None)
    assert after["contacts"] == [{"name": "B", "email": None, "phone": "01", "isDefault": True}]
    after = done(any_firm, "clientUpdate", **key, contactName=None, contactPhone=None)
    assert after["contacts"] == []
    after = done(any_firm, "clientUpdate", **key, contactName="C")
    assert after["contacts"] == [{"name": "C", "email": None, "phone": None, "isDefault": True}]


def test_a_client_that_there_is_already_is_not_created_twice(any_firm: ApiClient) -> None:
    known = the_client(any_firm)
    for given in (
        A_CLIENT | {"name": known["name"]},
        A_CLIENT | {"name": known["name"].upper() + " "},
        A_CLIENT | {"code": known["code"].lower()},
    ):
        answer = act(any_firm, "clientCreate", **given)
        assert (answer["node"], reds(answer)) == (None, ["ALREADY_EXISTS"])
    answer = act(any_firm.in_language("fr"), "clientCreate", **A_CLIENT, code="cli-0001")
    assert answer["userErrors"][0]["message"].endswith("existe déjà.")


def test_a_client_takes_neither_the_name_nor_the_code_of_another(any_firm: ApiClient) -> None:
    one, two = the_client(any_firm, "CLI-0001"), the_client(any_firm, "CLI-0002")
    for given in ({"name": two["name"].lower()}, {"code": two["code"]}):
        answer = act(any_firm, "clientUpdate", id=one["id"], **given)
        assert answer["node"] is None
        assert reds(answer) in (["REFERENCE_AMBIGUOUS"], ["KEY_TAKEN"])
    assert the_client(any_firm, "CLI-0001") == one
    renamed = done(any_firm, "clientUpdate", id=one["id"], name="Tout autre nom", code="neu-1")
    assert (renamed["id"], renamed["code"]) == (one["id"], "NEU-1")


def test_a_name_that_nearly_is_another_is_told_and_kept(firm: ApiClient) -> None:
    """DOMAIN §3.3, N-LOOSE: yellow, never red."""
    known = the_client(firm, "CLI-0043")
    name = known["name"].replace(" Ltd", "")
    answer = act(firm, "clientCreate", **A_CLIENT | {"name": name, "code": "NEAR-1"})
    assert codes(answer) == ["POSSIBLE_DUPLICATE"]
    assert answer["node"]["name"] == name


def test_a_client_of_live_projects_is_not_put_away(any_firm: ApiClient) -> None:
    known = the_client(any_firm)
    answer = act(any_firm, "clientArchive", id=known["id"])
    assert (answer["node"], codes(answer)) == (None, ["CLIENT_IN_USE"])
    french = act(any_firm.in_language("fr"), "clientArchive", id=known["id"])
    assert "projets en cours" in french["userErrors"][0]["message"]
    assert the_client(any_firm) == known
    jobs = any_firm.query(
        "query($id: ID) { projects(filter: { clientId: $id }) { nodes { id status } } }",
        id=known["id"],
    )["projects"]["nodes"]
    first, *others = jobs
    done(any_firm, "projectUpdate", id=first["id"], status="CLOSED")
    for job in others:
        done(any_firm, "projectArchive", id=job["id"])
    assert done(any_firm, "clientArchive", id=known["id"])["archivedAt"] is not None


def test_an_archived_client_is_out_of_the_lists_and_comes_back_whole(any_firm: ApiClient) -> None:
    made = done(any_firm, "clientCreate", **A_CLIENT, code="ARC-1")
    put_away = done(any_firm, "clientArchive", id=made["id"])
    assert put_away["archivedAt"].startswith("2026-11-21T09:30:00")

    def listed(archived: str) -> int:
        asked = f'{{ clients(filter: {{ text: "ARC-1", archived: {archived} }}) {{ totalCount }} }}'
        count: int = any_firm.query(asked)["clients"]["totalCount"]
        return count

    assert (listed("false"), listed("true"), listed("null")) == (0, 1, 1)
    assert the_client(any_firm, "ARC-1") == put_away
    answer = act(any_firm, "clientUpdate", id=made["id"], comment="Trop tard")
    assert (answer["node"], codes(answer)) == (None, ["RECORD_ARCHIVED"])
    french = act(any_firm.in_language("fr"), "clientUpdate", id=made["id"], comment="Trop tard")
    assert "archivé" in french["userErrors"][0]["message"]
    back = done(any_firm, "clientArchive", id=made["id"], archived=False)
    assert back == made | {"version": 3}
    assert (listed("false"), listed("true")) == (1, 0)


@pytest.mark.parametrize("mutation", ["clientUpdate", "clientArchive"])
def test_a_client_that_is_not_there_is_not_found(firm: ApiClient, mutation: str) -> None:
    answer = act(firm, mutation, id="client_999999")
    assert (codes(answer), paths(answer)) == (["NOT_FOUND"], ["id"])
    assert answer["userErrors"][0]["message"] == "There is no client client_999999."
    answer = act(firm, mutation, id="project_1")
    assert (codes(answer), paths(answer)) == (["ID_INVALID"], ["id"])


MISTAKES: list[tuple[Row, str, str]] = [
    ({"currency": "FRF"}, "CURRENCY_UNKNOWN", "E"),
    ({"currency": "$"}, "CURRENCY_UNKNOWN", "E"),
    ({"country": "Atlantide"}, "COUNTRY_UNKNOWN", "F"),
    ({"vatNumber": "FR00732829320"}, "VAT_NUMBER_INVALID", "G"),
    ({"paymentDays": 91}, "NUMBER_OUT_OF_RANGE", "M"),
    ({"paymentDays": -1}, "NUMBER_OUT_OF_RANGE", "M"),
    ({"language": "de"}, "ENUM_UNKNOWN", "L"),
    ({"code": "A@B"}, "SYMBOL_FORBIDDEN", "C"),
    ({"name": "x" * 256}, "TEXT_TOO_LONG", "B"),
    ({"billingAddress": "a\nb\nc\nd\ne\nf\ng"}, "TEXT_TOO_LONG", "D"),
    ({"comment": "x" * 1_000_000}, "TEXT_TOO_LONG", "Q"),
    ({"contactPhone": "0" * 65}, "TEXT_TOO_LONG", "K"),
]


@pytest.mark.parametrize(("given", "code", "letter"), MISTAKES)
def test_a_mistake_is_told_as_in_a_sheet_with_its_letter_in_both_languages(
    firm: ApiClient, given: Row, code: str, letter: str
) -> None:
    told = []
    for language in ("en", "fr"):
        answer = act(firm.in_language(language), "clientCreate", **A_CLIENT | given)
        assert answer["node"] is None
        assert reds(answer) == [code]
        (error,) = [e for e in answer["userErrors"] if e["severity"] == "ERROR"]
        assert (error["column"], error["field"]) == (letter, list(given))
        assert "{" not in error["message"]
        told.append(error["message"])
    assert told[0] != told[1]


@pytest.mark.parametrize(
    ("given", "code", "letter", "kept"),
    [
        ({"siret": "73282932000075"}, "SIRET_INVALID", "N", ("siret", None)),
        ({"contactEmail": "nobody"}, "EMAIL_DROPPED", "J", ("contacts", [])),
        ({"name": "A;B"}, "SYMBOL_DISCOURAGED", "B", ("name", "A;B")),
        ({"name": "Ateliers 😀"}, "SYMBOL_DISCOURAGED", "B", ("name", "Ateliers 😀")),
        ({"currency": "euros"}, "ENUM_SYNONYM", "E", ("currency", "EUR")),
    ],
)
def test_a_warning_keeps_the_record_and_says_why(
    firm: ApiClient, given: Row, code: str, letter: str, kept: tuple[str, Any]
) -> None:
    answer = act(firm, "clientCreate", **A_CLIENT | given)
    assert (reds(answer), codes(answer)) == ([], [code])
    assert answer["userErrors"][0]["column"] == letter
    assert answer["userErrors"][0]["severity"] == "WARNING"
    assert answer["node"][kept[0]] == kept[1]


@pytest.mark.parametrize(
    "text", ["a\u0001b\u0007c", "a\u200bb\u202ec", "a\r\nb\tc", "\ufeffabc\u00a0", "e\u0301a"]
)
def test_what_nobody_sees_is_dropped(any_firm: ApiClient, text: str) -> None:
    made = done(any_firm, "clientCreate", **A_CLIENT | {"name": f"Nom {text} fin"})
    assert made["name"].isprintable()
    assert made["name"].startswith("Nom ")
    assert made["name"].endswith(" fin")
