"""The legal entities: made, changed, put away, brought back; their identity and their logo."""

from __future__ import annotations

import struct
import zlib

import pytest

from tests.api.invoices.acts import BLANK, blank
from tests.api.invoices.acts import codes as said
from tests.api.settings.acts import (
    AN_ENTITY,
    ENTITY,
    act,
    codes,
    done,
    entity_coded,
    paths,
    refused,
    text_of,
)
from tests.support.api import ApiClient

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'


def a_png() -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        checked = name + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\x00\x01\x02" * 2)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        chunk(*part) for part in ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    )


def test_an_entity_is_made_with_the_country_and_currency_of_the_firm(any_firm: ApiClient) -> None:
    made = done(any_firm, "entityCreate", **AN_ENTITY, iban="FR39 9999 9005 5000 0085 4984 Z25")
    assert made == made | AN_ENTITY | {
        "iban": "FR3999999005500000854984Z25",
        "country": "FR",
        "currency": "EUR",
        "fiscalYearStart": "01-01",
        "paymentDays": 30,
        "vatOnDebits": False,
        "hasLogo": False,
        "version": 1,
        "archivedAt": None,
    }
    found = any_firm.query(f"query($id: ID!) {{ entity(id: $id) {{ {ENTITY} }} }}", id=made["id"])
    assert found["entity"] == made


def test_what_is_left_out_stays_and_null_empties(any_firm: ApiClient) -> None:
    made = done(any_firm, "entityCreate", **AN_ENTITY, phone="02 40 00 00 00", paymentDays=45)
    changed = done(
        any_firm,
        "entityUpdate",
        id=made["id"],
        expectedVersion=1,
        phone=None,
        paymentDays=None,
        vatOnDebits=True,
        legalTexts="Ordre des architectes n° 1234\nAssurance décennale MAF",
    )
    assert changed == made | {
        "phone": None,
        "paymentDays": 30,
        "vatOnDebits": True,
        "legalTexts": "Ordre des architectes n° 1234\nAssurance décennale MAF",
        "version": 2,
    }
    assert done(any_firm, "entityUpdate", id=made["id"], vatOnDebits=True)["version"] == 2


def test_an_entity_needs_code_name_and_both_series(browsed: ApiClient) -> None:
    answer = act(browsed, "entityCreate")
    assert set(codes(answer)) == {"FIELD_REQUIRED"}
    assert set(paths(answer)) == {"code", "name", "invoiceSeries", "creditNoteSeries"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code", "a b"),
        ("siren", "732829321"),
        ("siret", "73282932000075"),
        ("vatNumber", "FR45732829320"),
        ("iban", "FR3999999005500000854984Z26"),
        ("bic", "XX"),
        ("email", "nobody"),
        ("country", "ZZ"),
        ("currency", "EURO"),
        ("invoiceSeries", "Par"),
        ("invoiceSeries", "ABCD"),
        ("invoiceSeries", "PF"),
        ("creditNoteSeries", "A1"),
        ("fiscalYearStart", "02-29"),
        ("fiscalYearStart", "7-1"),
        ("paymentDays", 366),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(
    browsed: ApiClient, name: str, value: object
) -> None:
    answer = act(browsed, "entityCreate", **AN_ENTITY | {name: value})
    assert (codes(answer), paths(answer)) == (["FIELD_INVALID"], [name])


def test_a_siret_is_one_of_its_siren_and_a_vat_number_may_be_a_groups(firm: ApiClient) -> None:
    """SIRET_OF_OTHER_SIREN is red; VAT_NUMBER_OF_OTHER_SIREN only warns (CGI 256 C)."""
    other = AN_ENTITY | {"siret": "85498453100012"}
    assert refused(firm, "entityCreate", **other) == ["SIRET_OF_OTHER_SIREN"]
    answer = act(firm, "entityCreate", **AN_ENTITY | {"vatNumber": "FR65854984531"})
    assert answer["node"]["vatNumber"] == "FR65854984531"
    assert [(e["code"], e["severity"]) for e in answer["userErrors"]] == [
        ("VAT_NUMBER_OF_OTHER_SIREN", "WARNING")
    ]


def test_a_code_is_that_of_one_entity_whatever_the_case(any_firm: ApiClient) -> None:
    taken = AN_ENTITY | {"code": "riv-par"}
    assert refused(any_firm, "entityCreate", **taken) == ["ENTITY_CODE_TAKEN"]
    known = entity_coded(any_firm, "RIV-PAR")
    assert done(any_firm, "entityUpdate", id=known["id"], code="riv-par")["code"] == "riv-par"


def test_an_entity_with_open_projects_stays(any_firm: ApiClient) -> None:
    known = entity_coded(any_firm, "RIV-PAR")
    answer = act(any_firm.in_language("fr"), "entityArchive", id=known["id"])
    assert codes(answer) == ["ENTITY_IN_USE"]
    assert "projets ouverts" in answer["userErrors"][0]["message"]


def test_an_archived_entity_leaves_the_list_and_invoices_nothing_new(any_firm: ApiClient) -> None:
    made = done(any_firm, "entityCreate", **AN_ENTITY)
    gone = done(any_firm, "entityArchive", id=made["id"], expectedVersion=1)
    assert gone["archivedAt"] is not None
    assert done(any_firm, "entityArchive", id=made["id"])["version"] == gone["version"]
    listed = any_firm.query("{ entities { nodes { code } } }")["entities"]["nodes"]
    assert "RIV-NTE" not in [one["code"] for one in listed]
    drawn = any_firm.query(BLANK, client="client_1", entity=made["id"], key="k")["invoiceCreate"]
    assert said(drawn) == ["RECORD_ARCHIVED"]
    assert refused(any_firm, "entityUpdate", id=made["id"], name="x") == ["RECORD_ARCHIVED"]
    assert done(any_firm, "entityRestore", id=made["id"])["archivedAt"] is None
    blank(any_firm, entity=made["id"])


def test_the_last_entity_stays(firm: ApiClient) -> None:
    """ENTITY_LAST: somebody has to invoice."""
    other = firm.of_another_firm()
    ids = [one["id"] for one in other.query("{ entities { nodes { id } } }")["entities"]["nodes"]]
    for identifier in ids[1:]:
        done(other, "entityArchive", id=identifier)
    assert refused(other, "entityArchive", id=ids[0]) == ["ENTITY_LAST"]


def test_a_stale_version_changes_nothing_and_shows_what_is_there(any_firm: ApiClient) -> None:
    known = entity_coded(any_firm, "RIV-PAR")
    done(any_firm, "entityUpdate", id=known["id"], phone="1")
    for mutation in ("entityUpdate", "entityArchive", "entityRestore"):
        answer = act(any_firm, mutation, id=known["id"], expectedVersion=known["version"])
        assert codes(answer) == ["STALE_OBJECT"]
        assert (answer["node"]["phone"], answer["node"]["archivedAt"]) == ("1", None)


def test_an_entity_of_another_firm_is_not_there(firm: ApiClient) -> None:
    known = entity_coded(firm, "RIV-PAR")
    other = firm.of_another_firm()
    for mutation in ("entityUpdate", "entityArchive", "entityRestore"):
        assert refused(other, mutation, id=known["id"]) == ["NOT_FOUND"]
        assert refused(other, mutation, id="client_1") == ["ID_INVALID"]


def test_entities_are_found_by_text_country_and_page(browsed: ApiClient) -> None:
    def found(filter: str) -> list[str]:
        data = browsed.query(f"{{ entities({filter}) {{ totalCount nodes {{ code }} }} }}")[
            "entities"
        ]
        assert data["totalCount"] >= len(data["nodes"])
        return [one["code"] for one in data["nodes"]]

    assert found('filter: { text: "riv-l" }') == ["RIV-LYO"]
    assert found('filter: { text: "océan" }') == ["RIV-RUN"]
    assert found('filter: { country: "ch" }') == ["RIV-GVA"]
    assert found("order: BY_NAME, page: { first: 1 }") == ["RIV-PAR"]
    assert found("filter: { archived: true }") == []


@pytest.mark.parametrize("content", [a_png(), SVG], ids=["png", "svg"])
def test_a_logo_is_set_and_taken_away(any_firm: ApiClient, content: bytes) -> None:
    known = entity_coded(any_firm, "RIV-PAR")
    given = {"input": {"id": known["id"], "expectedVersion": known["version"]}}
    files = {"variables.input.logo": ("logo", content)}
    answer = any_firm.upload(text_of("entityUpdate"), files=files, **given)["entityUpdate"]
    assert (answer["userErrors"], answer["node"]["hasLogo"]) == ([], True)
    assert answer["node"]["version"] == known["version"] + 1
    assert entity_coded(any_firm, "RIV-LYO")["hasLogo"] is False
    kept = done(any_firm, "entityUpdate", id=known["id"], phone="1")
    assert kept["hasLogo"] is True
    assert done(any_firm, "entityUpdate", id=known["id"], logo=None)["hasLogo"] is False


@pytest.mark.parametrize(
    "content",
    [b"", b"%PDF-1.7", b"\x89PNG\r\n\x1a\nnot really", b"<svg><script/></svg>", SVG * 20_000],
    ids=["empty", "pdf", "broken", "script", "large"],
)
def test_a_logo_is_judged_by_its_content(browsed: ApiClient, content: bytes) -> None:
    """LOGO_INVALID, whatever the file is called; nothing else of the call happens."""
    known = entity_coded(browsed, "RIV-PAR")
    given = {"input": {"id": known["id"], "phone": "1"}}
    files = {"variables.input.logo": ("logo.png", content)}
    answer = browsed.upload(text_of("entityUpdate"), files=files, **given)["entityUpdate"]
    assert codes(answer) == ["LOGO_INVALID"]
    assert entity_coded(browsed, "RIV-PAR")["phone"] == known["phone"]
