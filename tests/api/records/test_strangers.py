"""Who is of another firm, or of none: codes are theirs to use, and nothing is told."""

from __future__ import annotations

import pytest

from tests.api.records.calling import MUTATIONS, QUERIES
from tests.server.signing import doors_of
from tests.support.api import ApiClient


def test_names_and_codes_of_another_firm_are_free(firm: ApiClient) -> None:
    """Codes, names and numbers are unique within a firm only, and name only its own records."""
    stranger = firm.of_another_firm()
    answer = stranger.query(
        'mutation { clientCreate(input: { name: "Thames Wharf Developments Ltd", code: "CLI-0001",'
        ' billingAddress: "1 rue\\nParis", currency: "EUR", vatNumber: "NA" })'
        " { node { code } userErrors { code severity } } }"
    )["clientCreate"]
    assert answer["node"] == {"code": "CLI-0001"}
    refused = stranger.query(
        'mutation { projectCreate(input: { code: "N-1", name: "N", client: "CLI-0002",'
        ' country: "FR", currency: "EUR", vatRate: "20", status: SIGNED })'
        " { node { code } userErrors { code } } }"
    )["projectCreate"]
    assert refused["node"] is None
    assert [error["code"] for error in refused["userErrors"]] == ["REFERENCE_UNKNOWN"]


@pytest.mark.parametrize("field", sorted(QUERIES) + sorted(MUTATIONS))
def test_nothing_is_told_without_a_key(browsed: ApiClient, field: str) -> None:
    doors_of(browsed).forget_all()
    word = "mutation" if field in MUTATIONS else "query"
    text = f"{word} {{ {field} {{ __typename }} }}"
    for header in ("", "Bearer ", "Bearer jalon_x_y", "Basic eDp5", f"Bearer {'x' * 3000}"):
        answer = browsed.send(text, Authorization=header)
        assert answer.status_code == 401
        assert "data" not in answer.json()
