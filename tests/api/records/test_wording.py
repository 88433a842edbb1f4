"""What is said of an identifier, in the words of people: no name of a table, no wrong article."""

from __future__ import annotations

import pytest

from tests.support.api import ApiClient, Refused

CANCEL = """
mutation($id: ID!) { importCancel(importId: $id) { userErrors { code message } } }
"""
DELETE = "mutation($id: ID!) { invoiceDelete(id: $id) { userErrors { code message } } }"


def told(api: ApiClient, operation: str, identifier: str) -> str:
    (answer,) = api.query(operation, id=identifier).values()
    (error,) = answer["userErrors"]
    return str(error["message"]).replace("\xa0", " ")


@pytest.mark.parametrize(
    ("operation", "identifier", "english", "french"),
    [
        (
            CANCEL,
            "client_1",
            "client_1 is not an identifier of this kind: import file.",
            "client_1 n’est pas un identifiant de ce type : fichier d’import.",
        ),
        (
            DELETE,
            "invoice_999",
            "There is no invoice invoice_999.",
            "Introuvable : facture invoice_999.",
        ),
    ],
)
def test_a_wrong_identifier_is_told_in_the_callers_language(
    browsed: ApiClient, operation: str, identifier: str, english: str, french: str
) -> None:
    """ID_INVALID, NOT_FOUND."""
    assert told(browsed, operation, identifier) == english
    assert told(browsed.in_language("fr"), operation, identifier) == french


def test_a_query_says_it_too(browsed: ApiClient) -> None:
    with pytest.raises(Refused, match="fichier d’import"):
        browsed.in_language("fr").query('{ importFile(id: "client_1") { id } }')


@pytest.mark.parametrize(
    ("operation", "identifier"),
    [("jobCancel", "job_999"), ("handoverAcknowledge", "outbox_entry_999")],
)
def test_what_is_not_there_is_named_by_its_whole_identifier(
    browsed_any: ApiClient, operation: str, identifier: str
) -> None:
    """NOT_FOUND: the number of a row says nothing to whoever asked."""
    asked = f"mutation($id: ID!) {{ {operation}(id: $id) {{ userErrors {{ code message }} }} }}"
    assert told(browsed_any, asked, identifier).endswith(f" {identifier}.")
