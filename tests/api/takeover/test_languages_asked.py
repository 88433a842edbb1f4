"""A sheet comes in the language it is asked for in, the caller's when none is; no other is made."""

from __future__ import annotations

import pytest

from tests.api.takeover.test_error_file import ERROR_FILE
from tests.support.api import ApiClient

TEMPLATE = """
mutation($locale: String) {
  templateDownload(input: { kind: "projects", locale: $locale }) {
    download { filename } userErrors { code field }
  }
}
"""


@pytest.mark.parametrize("locale", ["de", "english", "f", "-"])
def test_a_language_that_is_none_of_ours_is_refused(firm: ApiClient, locale: str) -> None:
    """FIELD_INVALID, where French came without a word."""
    review = firm.query("{ imports { nodes { id } } }")["imports"]["nodes"][0]["id"]
    for answer in (
        firm.query(TEMPLATE, locale=locale)["templateDownload"],
        firm.query(ERROR_FILE, id=review, locale=locale)["importErrorFile"],
    ):
        assert answer["download"] is None
        (error,) = answer["userErrors"]
        assert (error["code"], error["field"]) == ("FIELD_INVALID", ["locale"])


@pytest.mark.parametrize(
    ("locale", "name"),
    [("en-GB", "projects"), ("FR", "projets"), (None, "projects"), ("", "projects")],
)
def test_a_region_makes_no_difference(firm: ApiClient, locale: str | None, name: str) -> None:
    answer = firm.query(TEMPLATE, locale=locale)["templateDownload"]
    assert answer["download"]["filename"] == f"jalon-{name}.xlsx"
