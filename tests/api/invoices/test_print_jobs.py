"""Printing many invoices as a job (B29): a zip or one PDF, failures named, killed and resumed."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any
from uuid import uuid4
from zipfile import ZipFile

import pytest
from pypdf import PdfReader

from domain.job import Progress, Stage
from jobs.kinds import Abandoned, Cancelled
from jobs.running import Note, Runner
from resolvers.delivering import _printing
from server.long_work import kinds_of
from tests.api.invoices.acts import DELETE, codes, drawn, final
from tests.documents.reading import page_texts, text_of
from tests.support.api import ApiClient
from tests.support.documents import PDF

PRINT = """
mutation($ids: [ID!]!, $form: PapersForm!, $key: ID!) {
  invoicesPrint(input: { ids: $ids, form: $form, idempotencyKey: $key }) {
    job { id kind status author } userErrors { code field message } replayed
  }
}
"""
JOB = """
query($id: ID!) {
  job(id: $id) {
    status finishedAt
    userErrors { code message field }
    resultFiles {
      filename mediaType size sha256 download { url filename mediaType size }
    }
  }
}
"""


def asked(api: ApiClient, ids: list[str], form: str, key: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = api.query(PRINT, ids=ids, form=form, key=key or str(uuid4()))
    return found["invoicesPrint"]


def silent(job_id: int, progress: Progress) -> None:
    """Hears how far a job is."""


def done(api: ApiClient, job: dict[str, Any], note: Note = silent) -> dict[str, Any]:
    """The job as it is after somebody began it."""
    runner = Runner(api.house.database, kinds_of(api.house), api.house.clock)
    runner.run(int(job["id"].removeprefix("job_")), api.organisation_id, note)
    found: dict[str, Any] = api.query(JOB, id=job["id"])["job"]
    return found


def content(api: ApiClient, job: dict[str, Any]) -> bytes:
    """The one file that a job made, which is what its record says."""
    [file] = job["resultFiles"]
    found = api.get(file["download"]["url"])
    assert hashlib.sha256(found).hexdigest() == file["sha256"]
    assert len(found) == file["size"] == file["download"]["size"]
    assert file["filename"] == file["download"]["filename"]
    return found


@pytest.fixture
def three(firm: ApiClient) -> list[dict[str, Any]]:
    """A final invoice, a pro forma, another final invoice: identifier and name of each."""
    first, open_, last = (drawn(firm, code) for code in ("PAT-2501", "PAT-2508", "REH-2501"))
    numbers = [final(firm, one["id"])["invoice"]["number"] for one in (first, last)]
    return [
        {"id": first["id"], "name": numbers[0]},
        {"id": open_["id"], "name": open_["proFormaNumber"]},
        {"id": last["id"], "name": numbers[1]},
    ]


def test_a_zip_has_the_issued_bytes_in_the_order_asked(
    firm: ApiClient, three: list[dict[str, Any]]
) -> None:
    """B29: each once; a pro forma says that it is none; once by its key."""
    ids = [one["id"] for one in [*three, three[0]]]
    answer = asked(firm, ids, "ZIP", key="print-1")
    assert (answer["userErrors"], answer["replayed"]) == ([], False)
    assert (answer["job"]["kind"], answer["job"]["status"]) == ("INVOICES_PRINT", "QUEUED")
    again = asked(firm, ids, "ZIP", key="print-1")
    assert (again["job"], again["replayed"]) == (answer["job"], True)
    heard: list[tuple[Stage, int, int]] = []
    job = done(
        firm, answer["job"], lambda _, said: heard.append((said.stage, said.done, said.total))
    )
    assert (job["status"], job["userErrors"]) == ("SUCCEEDED", [])
    assert heard[0] == (Stage.PRINTING, 0, 3)
    assert heard[-2:] == [(Stage.PRINTING, 3, 3), (Stage.KEEPING, 1, 1)]
    with ZipFile(BytesIO(content(firm, job))) as archive:
        assert archive.namelist() == [f"{one['name']}.pdf" for one in three]
        papers = [archive.read(name) for name in archive.namelist()]
    for one, paper in zip(three, papers, strict=True):
        alone = firm.query(PDF, id=one["id"])["invoicePdf"]["download"]["url"]
        assert paper == firm.get(alone)
    assert "n’est pas une facture" in text_of(papers[1]).replace("'", "’")
    [file] = job["resultFiles"]
    assert (file["filename"], file["mediaType"]) == ("invoices-2026-11-21.zip", "application/zip")


def test_one_pdf_has_all_pages_and_a_bookmark_to_each_invoice(
    firm: ApiClient, three: list[dict[str, Any]]
) -> None:
    """B29."""
    ids = [one["id"] for one in reversed(three)]
    job = done(firm, asked(firm, ids, "MERGED_PDF")["job"])
    whole = content(firm, job)
    reader = PdfReader(BytesIO(whole), strict=True)
    assert [mark.title for mark in reader.outline] == [one["name"] for one in reversed(three)]
    texts: list[str] = []
    for one in reversed(three):
        url = firm.query(PDF, id=one["id"])["invoicePdf"]["download"]["url"]
        texts += page_texts(firm.get(url))
    assert page_texts(whole) == texts
    assert job["resultFiles"][0]["filename"] == "invoices-2026-11-21.pdf"


def test_what_cannot_be_printed_is_named_and_the_rest_is_done(
    firm: ApiClient, three: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """B29: a paper that breaks, and one that was deleted since."""
    answers = [asked(firm, [one["id"] for one in three], form) for form in ("ZIP", "MERGED_PDF")]
    alone = asked(firm, [three[1]["id"]], "ZIP")
    firm.query(DELETE, id=three[1]["id"])
    render = _printing.render_invoice

    def broken(picture: Any) -> bytes:
        if picture.number == three[0]["name"]:
            raise RuntimeError("no ink")
        return render(picture)

    monkeypatch.setattr(_printing, "render_invoice", broken)
    for answer in answers:
        job = done(firm, answer["job"])
        assert job["status"] == "SUCCEEDED_WITH_ERRORS"
        assert codes(job) == ["PAPER_NOT_PRINTED", "PAPER_GONE"]
        assert three[0]["name"] in job["userErrors"][0]["message"]
        assert [error["field"] for error in job["userErrors"]] == [["ids", "0"], ["ids", "1"]]
        assert len(job["resultFiles"]) == 1
        assert content(firm, job)
    nothing = done(firm, alone["job"])
    assert (nothing["status"], nothing["resultFiles"]) == ("FAILED", [])
    assert codes(nothing) == ["PAPER_GONE"]


def test_what_was_printed_is_not_printed_again_after_a_kill(
    firm: ApiClient, three: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """B29: left at each word in turn; each final invoice meets the press once."""
    printed: list[str] = []
    render = _printing.render_invoice

    def counted(picture: Any) -> bytes:
        printed.append(picture.number)
        return render(picture)

    monkeypatch.setattr(_printing, "render_invoice", counted)
    monkeypatch.setattr("jobs.running._BETWEEN", 0.0)
    answer = asked(firm, [one["id"] for one in three], "ZIP")
    words = 0
    while True:
        left = words

        def leave(job_id: int, progress: Progress) -> None:
            nonlocal left
            if left == 0:
                raise Abandoned
            left -= 1

        job = done(firm, answer["job"], leave)
        if job["finishedAt"] is not None:
            break
        assert job["resultFiles"] == []
        words += 1
    assert words == 5
    assert job["status"] == "SUCCEEDED"
    assert printed.count(three[0]["name"]) == printed.count(three[2]["name"]) == 1
    with ZipFile(BytesIO(content(firm, job))) as archive:
        assert len(archive.namelist()) == 3


def test_a_final_invoice_is_a_plain_file_from_its_second_download_on(
    firm: ApiClient, three: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """P3: neither alone nor in a run does it meet the press again; a pro forma does."""

    def downloaded(one: dict[str, Any]) -> bytes:
        return firm.get(firm.query(PDF, id=one["id"])["invoicePdf"]["download"]["url"])

    first, open_, last = three
    papers = [downloaded(first), downloaded(last)]

    def pressed(picture: Any) -> bytes:
        raise AssertionError(f"{picture.number} is printed")

    monkeypatch.setattr(_printing, "render_invoice", pressed)
    assert [downloaded(first), downloaded(last)] == papers
    job = done(firm, asked(firm, [first["id"], last["id"]], "ZIP")["job"])
    with ZipFile(BytesIO(content(firm, job))) as archive:
        assert [archive.read(name) for name in archive.namelist()] == papers
    again = done(firm, asked(firm, [open_["id"]], "ZIP")["job"])
    assert codes(again) == ["PAPER_NOT_PRINTED"]


def test_a_cancelled_job_leaves_no_file(firm: ApiClient, three: list[dict[str, Any]]) -> None:
    def cancel(job_id: int, progress: Progress) -> None:
        if progress.stage is Stage.KEEPING:
            raise Cancelled

    job = done(firm, asked(firm, [three[0]["id"]], "ZIP")["job"], cancel)
    assert (job["status"], job["resultFiles"], job["userErrors"]) == ("CANCELLED", [], [])


def test_too_many_none_and_unknown_are_refused(browsed: ApiClient) -> None:
    assert codes(asked(browsed, [], "ZIP")) == ["FIELD_REQUIRED"]
    assert codes(asked(browsed, ["invoice_1"] * 10_001, "ZIP")) == ["INPUT_TOO_LARGE"]
    unknown = asked(browsed, ["invoice_998", "invoice_999"], "MERGED_PDF")
    assert codes(unknown) == ["NOT_FOUND", "NOT_FOUND"]
    assert unknown["job"] is None


@pytest.mark.parametrize(("form", "ending"), [("FACTUR_X", "-factur-x.pdf"), ("CII", ".xml")])
def test_a_zip_of_electronic_invoices_names_those_that_cannot_be(
    firm: ApiClient, three: list[dict[str, Any]], form: str, ending: str
) -> None:
    """A month goes to the platform in one file; the pro forma among them is none of it."""
    job = asked(firm, [one["id"] for one in three], form)["job"]
    found = done(firm, job)
    assert found["status"] == "SUCCEEDED_WITH_ERRORS"
    assert [(one["code"], one["field"]) for one in found["userErrors"]] == [
        ("E_INVOICE_NOT_FINAL", ["ids", "1"])
    ]
    electronic = (
        "mutation($id: ID!, $form: ElectronicForm!)"
        " { invoiceElectronic(id: $id, form: $form) { download { url } } }"
    )
    with ZipFile(BytesIO(content(firm, found))) as archive:
        numbers = [one["name"] for one in (three[0], three[2])]
        assert archive.namelist() == [f"{number}{ending}" for number in numbers]
        for one, name in zip((three[0], three[2]), archive.namelist(), strict=True):
            answer = firm.query(electronic, id=one["id"], form=form)["invoiceElectronic"]
            assert firm.get(answer["download"]["url"]) == archive.read(name)
