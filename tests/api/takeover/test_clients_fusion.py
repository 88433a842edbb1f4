"""Clients come in by fifteen columns, with their addresses and contacts (A01–A25)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.takeover.reviews import notes, refusal_codes, reviewed, skip, take, written
from tests.api.takeover.sheets import CLIENT, Cells, book, download, opened, saved
from tests.api.takeover.test_revert import contents, revert
from tests.support.api import ApiClient
from tests.support.takeover import CLEAN, FURTHER, send, take_in

FUSION = (CLEAN / FURTHER["clients_fusion"]).read_bytes()
CSV = (CLEAN / "09_clients_fusion.csv").read_bytes()
CLIENTS = """
query($code: String!) {
  clientByCode(code: $code) {
    name vatNumber billingAddress country currency version
    addresses { code name street city postcode state country isDefault }
    contacts { name phone email isDefault }
  }
}
"""
HEAD: Cells = {
    "A": "F-1",
    "B": "Brasserie du Haut-Moulin",
    "C": "FR90484157581",
    "D": "SIEGE",
    "E": "Siège",
    "F": "1 place du Moulin",
    "G": "Besançon",
    "H": "25000",
    "I": "Doubs",
    "J": "FR",
    "K": "Oui",
    "L": "Mélanie Marchetti",
    "M": "+33 3 97 64 90 07",
    "N": "M.Marchetti@client.example",
    "O": "Oui",
}


def client(api: ApiClient, code: str) -> dict[str, Any]:
    found: dict[str, Any] = api.query(CLIENTS, code=code)["clientByCode"]
    return found


@pytest.mark.parametrize("content", [FUSION, CSV], ids=["xlsx", "csv"])
def test_the_clean_sheet_is_taken_in_without_a_warning_and_only_once(
    empty: ApiClient, content: bytes
) -> None:
    """A01, A03, A19: Excel or CSV; the second upload of either writes nothing."""
    review, rows = reviewed(empty, content, filename="clients")
    assert review["kind"] == "clients_fusion"
    assert {(row["outcome"], row["colour"]) for row in rows.values()} == {("CREATE", "GREEN")}
    written(empty, review, warnings=False)
    assert empty.query("{ clients { totalCount } }")["clients"]["totalCount"] == 44
    for again in (FUSION, CSV):
        _, rows = reviewed(empty, again)
        assert {(row["outcome"], row["colour"]) for row in rows.values()} == {
            ("UNCHANGED", "GREEN")
        }


def test_clients_known_by_the_other_layout_get_their_addresses(any_firm: ApiClient) -> None:
    """A22: the two layouts of the same firm say the same of its clients."""
    before = client(any_firm, "CLI-0001")
    review, rows = reviewed(any_firm, FUSION)
    assert {(row["outcome"], row["colour"]) for row in rows.values()} == {("CREATE", "GREEN")}
    written(any_firm, review)
    after = client(any_firm, "CLI-0001")
    assert [one["code"] for one in after["addresses"]] == ["SIEGE", "CHANTIER"]
    assert (after["billingAddress"], after["name"]) == (before["billingAddress"], before["name"])
    assert after["version"] == before["version"] + 1
    assert [one["isDefault"] for one in after["contacts"]] == [True, False]
    _, rows = reviewed(any_firm, FUSION)
    assert {row["outcome"] for row in rows.values()} == {"UNCHANGED"}


def test_the_fifteen_columns_are_stored_to_the_letter(any_firm: ApiClient) -> None:
    """A04–A18."""
    take(any_firm, "clients_fusion", HEAD, {"A": "F-1", "D": "DEPOT", "J": "PT", "K": "Non"})
    assert client(any_firm, "F-1") == {
        "name": "Brasserie du Haut-Moulin",
        "vatNumber": "FR90484157581",
        "billingAddress": "1 place du Moulin\n25000 Besançon\nDoubs",
        "country": "FR",
        "currency": "EUR",
        "version": 1,
        "addresses": [
            {
                "code": "SIEGE",
                "name": "Siège",
                "street": "1 place du Moulin",
                "city": "Besançon",
                "postcode": "25000",
                "state": "Doubs",
                "country": "FR",
                "isDefault": True,
            },
            dict.fromkeys(("name", "street", "city", "postcode", "state"))
            | {"code": "DEPOT", "country": "PT", "isDefault": False},
        ],
        "contacts": [
            {
                "name": "Mélanie Marchetti",
                "phone": "+33 3 97 64 90 07",
                "email": "m.marchetti@client.example",
                "isDefault": True,
            }
        ],
    }


def test_only_code_and_name_are_mandatory(firm: ApiClient) -> None:
    """A03: a client of whom nothing else is known; its bills have no address yet."""
    told = take(firm, "clients_fusion", {"A": "F-2", "B": "Sobre"})
    assert notes(told[2]) == set()
    found = client(firm, "F-2")
    assert (found["billingAddress"], found["country"], found["vatNumber"]) == ("", "FR", None)


@pytest.mark.parametrize(
    ("cells", "code", "letter"),
    [
        ({"A": None}, "MANDATORY_MISSING", "A"),
        ({"B": None}, "MANDATORY_MISSING", "B"),
        ({"A": "F 1!"}, "SYMBOL_FORBIDDEN", "A"),
        ({"C": "FR00123456789"}, "VAT_NUMBER_INVALID", "C"),
        ({"J": "ZZ"}, "COUNTRY_UNKNOWN", "J"),
        ({"K": "peut-être"}, "BOOLEAN_INVALID", "K"),
        ({"O": "?!"}, "BOOLEAN_INVALID", "O"),
    ],
)
def test_a_red_row_is_not_written(firm: ApiClient, cells: Cells, code: str, letter: str) -> None:
    """A21, A23."""
    review, rows = reviewed(firm, book("clients_fusion", {**HEAD, **cells}), kind="clients_fusion")
    assert rows[2]["outcome"] == "REFUSED"
    assert (code, letter) in notes(rows[2])
    written(firm, review, red=True)
    assert client(firm, "F-1") is None


@pytest.mark.parametrize(
    ("cells", "code", "letter"),
    [
        ({"J": "France"}, "ENUM_SYNONYM", "J"),
        ({"J": "UK", "C": None}, None, None),
        ({"N": "melanie(at)client"}, "EMAIL_DROPPED", "N"),
        ({"J": "BE"}, "VAT_COUNTRY_MISMATCH", "C"),
        ({"J": "BE", "K": "Non"}, None, None),
    ],
)
def test_a_yellow_row_is_written_and_told(
    firm: ApiClient, cells: Cells, code: str | None, letter: str | None
) -> None:
    """A13: UK is read GB; A22. A site abroad says nothing of where the client is."""
    told = take(firm, "clients_fusion", {**HEAD, **cells})
    assert notes(told[2]) == ({(code, letter)} if code else set())
    assert client(firm, "F-1")["addresses"][0]["country"] in ("FR", "GB", "BE")


def test_a_yellow_row_may_be_skipped_and_its_client_stays_whole(firm: ApiClient) -> None:
    """A24: a review planned anew gives the default to the row that is left."""
    rows = (HEAD, {"A": "F-1", "D": "DEPOT", "F": "Zone A", "K": "Oui"})
    review, told = reviewed(firm, book("clients_fusion", *rows), kind="clients_fusion")
    assert notes(told[3]) == {("MULTIPLE_DEFAULTS", "K")}
    review = skip(firm, review, colour="YELLOW")
    written(firm, review)
    assert [one["code"] for one in client(firm, "F-1")["addresses"]] == ["SIEGE"]


def test_a_change_names_the_columns_it_changes(firm: ApiClient) -> None:
    """A22: also those that only the other layout has."""
    take(firm, "clients_fusion", HEAD)
    changed = {**HEAD, "F": "2 place du Moulin", "M": "+33 1"}
    _, rows = reviewed(
        firm.in_language("fr"), book("clients_fusion", changed), kind="clients_fusion"
    )
    (note,) = rows[2]["userErrors"]
    assert note["code"] == "WILL_UPDATE"
    told = note["message"].rpartition(":")[2].strip(" .\u00a0")
    assert told == "Adresse, Téléphone du contact, Adresse de facturation"


def test_a_contact_corrected_in_the_file_is_warned_of(any_firm: ApiClient) -> None:
    """A22: it would stand beside the one before; written all the same, it is known again."""
    take(any_firm, "clients_fusion", HEAD)
    changed = book("clients_fusion", {**HEAD, "N": "marchetti@client.example", "O": None})
    review, rows = reviewed(any_firm, changed, kind="clients_fusion")
    assert ("POSSIBLE_DUPLICATE", "N") in notes(rows[2])
    written(any_firm, review)
    _, rows = reviewed(any_firm, changed, kind="clients_fusion")
    assert (rows[2]["outcome"], notes(rows[2])) == ("UNCHANGED", set())


def test_the_prefilled_template_changes_nothing_and_is_told_from_the_other(
    firm: ApiClient,
) -> None:
    """A02: both sheets are named Clients; the header says which one it is."""
    take_in(firm, "clients_fusion")
    for locale in ("fr", "en"):
        content = download(firm, "clients_fusion", prefilled=True, locale=locale)
        workbook, sheet = opened(content)
        assert sheet.title == "Clients"
        assert not sheet["A2"].protection.locked
        review, rows = reviewed(firm, saved(workbook))
        assert (review["kind"], review["userErrors"]) == ("clients_fusion", [])
        assert len(rows) == 55
        assert {(row["outcome"], row["colour"]) for row in rows.values()} == {
            ("UNCHANGED", "GREEN")
        }
        wrong = send(firm, content, kind="clients")
        assert refusal_codes(wrong) == ["TEMPLATE_WRONG_KIND"]
        assert "Clients, in fifteen columns" in wrong["userErrors"][0]["message"]


def test_the_sheet_of_clients_is_not_taken_for_the_fifteen_columns(firm: ApiClient) -> None:
    content = book("clients", CLIENT)
    assert send(firm, content)["kind"] == "clients"
    assert refusal_codes(send(firm, content, kind="clients_fusion")) == ["TEMPLATE_WRONG_KIND"]


def test_taken_back_known_clients_stay_as_they_were(firm: ApiClient) -> None:
    """API.md 6: what came beside a client goes, the client that was there does not."""
    take(firm, "clients_fusion", {**HEAD, "A": "CLI-0001", "B": None, "C": None, "K": "Non"})
    there = contents(firm)
    changed: Cells = {"A": "CLI-0001", "D": "SIEGE", "F": "2 rue Neuve", "K": "Oui", "M": "+33 9"}
    rows = (changed, {"A": "CLI-0002", "D": "DEPOT", "F": "Zone A", "L": "Léo"}, HEAD)
    review, told = reviewed(firm, book("clients_fusion", *rows), kind="clients_fusion")
    assert [row["outcome"] for row in told.values()] == ["UPDATE", "CREATE", "CREATE"]
    written(firm, review)
    assert contents(firm) != there
    assert revert(firm, review)["userErrors"] == []
    assert contents(firm) == there
