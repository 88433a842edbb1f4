"""Many papers in one download (B29)."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZipFile

from tests.api.invoices.acts import codes, drawn, final
from tests.documents.reading import text_of
from tests.support.api import ApiClient
from tests.support.documents import PDF

MANY = """
mutation($ids: [ID!]!) {
  invoicesPdf(ids: $ids) {
    download { url filename mediaType size } userErrors { code field }
  }
}
"""


def taken(api: ApiClient, ids: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = api.query(MANY, ids=ids)["invoicesPdf"]
    return found


def test_the_papers_of_many_invoices_are_one_zip(firm: ApiClient) -> None:
    """B29, F25: pro formas and final ones, each once; the very bytes that invoicePdf gives."""
    pro_forma, legal = drawn(firm, "PAT-2508"), drawn(firm, "PAT-2501")
    number = final(firm, legal["id"])["invoice"]["number"]
    ids = [pro_forma["id"], legal["id"], pro_forma["id"]]
    link = taken(firm, ids)["download"]
    assert (link["filename"], link["mediaType"]) == ("invoices-2026-11-21.zip", "application/zip")
    content = firm.get(link["url"])
    assert len(content) == link["size"]
    with ZipFile(BytesIO(content)) as archive:
        assert archive.namelist() == [f"{pro_forma['proFormaNumber']}.pdf", f"{number}.pdf"]
        papers = {name: archive.read(name) for name in archive.namelist()}
    alone = firm.query(PDF, id=legal["id"])["invoicePdf"]["download"]["url"]
    assert papers[f"{number}.pdf"] == firm.get(alone)
    assert "n’est pas une facture" in text_of(papers[f"{pro_forma['proFormaNumber']}.pdf"]).replace(
        "'", "’"
    )
    assert firm.get(taken(firm, ids)["download"]["url"]) == content


def test_too_many_none_and_unknown_papers_are_refused(browsed: ApiClient) -> None:
    assert codes(taken(browsed, [])) == ["FIELD_REQUIRED"]
    assert codes(taken(browsed, ["invoice_1"] * 201)) == ["INPUT_TOO_LARGE"]
    unknown = taken(browsed, ["invoice_998", "invoice_999"])
    assert codes(unknown) == ["NOT_FOUND", "NOT_FOUND"]
    assert unknown["userErrors"][1]["field"] == ["ids", "1"]
