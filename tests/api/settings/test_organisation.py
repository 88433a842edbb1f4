"""The settings of the firm: what is printed, how it is spoken to, where its day begins."""

from __future__ import annotations

from typing import Any

import pytest

from domain.access import Role
from tests.api.invoices.acts import blank
from tests.api.settings.acts import ORGANISATION, act, codes, done, paths, refused
from tests.support.api import ApiClient


def test_each_setting_is_changed_and_the_others_stay(any_firm: ApiClient) -> None:
    before = any_firm.query(f"{{ viewer {{ organisation {{ {ORGANISATION} }} }} }}")
    organisation = before["viewer"]["organisation"]
    changed = done(
        any_firm,
        "organisationUpdate",
        name=" Groupe  Rivage & Cie ",
        locale="en-GB",
        timeZone="Indian/Reunion",
        vatNumberMandatory=False,
    )
    assert changed == organisation | {
        "name": "Groupe Rivage & Cie",
        "locale": "en-GB",
        "timeZone": "Indian/Reunion",
        "vatNumberMandatory": False,
    }
    back = done(any_firm, "organisationUpdate", timeZone=None, vatNumberMandatory=None)
    assert (back["timeZone"], back["vatNumberMandatory"]) == ("Europe/Paris", True)
    assert back["footerMessageFr"] == organisation["footerMessageFr"]


def test_F25_the_message_at_the_foot_is_a_setting_of_each_language(any_firm: ApiClient) -> None:
    """F14, F25: new invoices bear it; one language does not touch the other."""
    done(any_firm, "organisationUpdate", footerMessageFr="À bientôt.\nL'atelier")
    both = done(any_firm, "organisationUpdate", footerMessageEn="See you.")
    assert (both["footerMessageFr"], both["footerMessageEn"]) == (
        "À bientôt.\nL'atelier",
        "See you.",
    )
    invoice = blank(any_firm)["id"]
    message = "query($id: ID!) { invoice(id: $id) { footerMessage language } }"
    found = any_firm.query(message, id=invoice)["invoice"]
    assert found == {"footerMessage": "À bientôt.\nL'atelier", "language": "fr"}
    assert done(any_firm, "organisationUpdate", footerMessageFr=None)["footerMessageFr"] is None
    assert any_firm.query(message, id=invoice)["invoice"] == found


@pytest.mark.parametrize(
    "given",
    [
        {"timeZone": "Mars/Olympus"},
        {"timeZone": "localtime"},
        {"timeZone": "../etc/passwd"},
        {"locale": "de-DE"},
        {"currency": "XXX"},
        {"footerMessageFr": "x" * 2001},
        {"name": "x" * 256},
    ],
)
def test_a_setting_that_cannot_be_is_refused_and_told_where(
    browsed: ApiClient, given: dict[str, str]
) -> None:
    answer = act(browsed, "organisationUpdate", **given)
    assert (answer["node"], codes(answer), paths(answer)) == (None, ["FIELD_INVALID"], list(given))


def test_a_name_is_required_and_all_faults_are_told_at_once(browsed: ApiClient) -> None:
    answer = act(browsed, "organisationUpdate", name=" ", locale="x", timeZone="x")
    assert codes(answer) == ["FIELD_REQUIRED", "FIELD_INVALID", "FIELD_INVALID"]
    french = act(browsed.in_language("fr"), "organisationUpdate", timeZone="x")
    assert french["userErrors"][0]["message"] == (
        "Le fuseau horaire n’est pas valide\N{NO-BREAK SPACE}: il faut un fuseau horaire IANA,"
        " comme Europe/Paris."
    )


def test_the_currency_stays_once_people_have_prices_in_it(any_firm: ApiClient) -> None:
    """90 euros an hour would become 90 dollars: ORGANISATION_CURRENCY_IN_USE."""
    people = any_firm.query("{ collaborators(page: { first: 100 }) { nodes { id billableRate } } }")
    assert refused(any_firm, "organisationUpdate", currency="CHF") == [
        "ORGANISATION_CURRENCY_IN_USE"
    ]
    assert done(any_firm, "organisationUpdate", currency="eur")["currency"] == "EUR"
    for person in people["collaborators"]["nodes"]:
        any_firm.query(
            "mutation($id: ID!) { collaboratorUpdate(input:"
            " { id: $id, billableRate: null, costRate: null }) { userErrors { code } } }",
            id=person["id"],
        )
    assert done(any_firm, "organisationUpdate", currency="CHF")["currency"] == "CHF"


def test_a_strict_firm_refuses_a_client_without_a_vat_number(firm: ApiClient) -> None:
    """DOMAIN 6.1: the switch decides whether it is red or yellow."""
    create = (
        "mutation($input: ClientCreateInput!) { clientCreate(input: $input)"
        " { node { id } userErrors { severity } } }"
    )
    client = {"name": "Sans TVA", "billingAddress": "1 rue\n75001 Paris", "currency": "EUR"}
    assert firm.query(create, input=client)["clientCreate"]["node"] is None
    done(firm, "organisationUpdate", vatNumberMandatory=False)
    assert firm.query(create, input=client)["clientCreate"]["node"] is not None


def test_the_language_of_the_house_is_that_of_the_answers(firm: ApiClient) -> None:
    done(firm, "organisationUpdate", locale="en-GB", timeZone="Indian/Reunion")
    # A new key: a known one is remembered for two seconds.
    caller = firm.with_role(Role.READER)
    headers = {"Authorization": f"Bearer {caller.token}"}
    body = {"query": "{ viewer { locale } }"}
    answer = firm.http.post("/graphql", json=body, headers=headers).json()
    assert answer["data"]["viewer"]["locale"] == "en-GB"


def test_who_changes_what_somebody_else_changed_is_told(any_firm: ApiClient) -> None:
    """API.md 10: STALE_OBJECT with what there is; nothing of the change is written."""
    asked = (
        "mutation($input: OrganisationUpdateInput!) { organisationUpdate(input: $input) {"
        " node { name version } userErrors { code field expected found } } }"
    )

    def change(**given: object) -> dict[str, Any]:
        found: dict[str, Any] = any_firm.query(asked, input=given)["organisationUpdate"]
        return found

    read = any_firm.query("{ viewer { organisation { version } } }")
    before = read["viewer"]["organisation"]["version"]
    first = change(expectedVersion=before, name="Rivage et Cie")
    assert first == {"node": {"name": "Rivage et Cie", "version": before + 1}, "userErrors": []}
    late = change(expectedVersion=before, name="Rivage & Fils", printsRecap=False)
    assert late["node"] == first["node"]
    assert late["userErrors"] == [
        {
            "code": "STALE_OBJECT",
            "field": ["expectedVersion"],
            "expected": str(before),
            "found": str(before + 1),
        }
    ]
    assert change(name="Rivage et Cie")["node"]["version"] == before + 1, "nothing changed"
    assert change(printsRecap=False)["node"]["version"] == before + 2
