"""The seal: rows and files of ours are told from changed and forged ones (O33)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from templates_xlsx.generator.template import Prefilled, write_template
from templates_xlsx.layouts import layout
from templates_xlsx.raw import RawBook
from templates_xlsx.reader import open_book
from templates_xlsx.seal import Seal, canonical, folded
from templates_xlsx.sheet import Setting
from tests.templates_xlsx.checker.books import (
    FIRM,
    as_row,
    book_of,
    checked,
    codes,
    envelope_sheet,
    filled,
    sheet_of,
    titles_of,
    told,
)

SEAL = Seal(b"sixteen bytes or more of secret", "7")
ISSUED = date(2026, 11, 21)
REFERENCES: dict[str, Any] = {
    "entity": "RIV-PAR",
    "project_code": "LOG-2403",
    "project_name": "Réhabilitation de 24 logements",
    "contract": "Mission de base",
    "phase_code": "APS",
    "phase_name": "Avant-projet sommaire",
    "line_type": "annexe",
    "fee": Decimal("18400.00"),
    "currency": "EUR",
}
ENVELOPE = SEAL.envelope(kind="progress", version=1, issued=ISSUED, locale="fr")


def _token(kind: str = "progress", references: dict[str, Any] = REFERENCES) -> str:
    texts = {key: canonical(value) for key, value in references.items()}
    return SEAL.row_token(kind=kind, record_id=421, references=texts)


def _progress(entries: dict[str, str] | None = ENVELOPE, **changes: Any) -> RawBook:
    row = filled("progress", **{"ref": _token(), **REFERENCES, **changes})
    data = sheet_of([as_row(1, titles_of("progress")), as_row(2, row)], "Avancement")
    return book_of(data) if entries is None else book_of(data, envelope_sheet(entries))


def test_an_intact_row_names_its_record() -> None:
    outcome = checked(_progress(), "progress", seal=SEAL)
    assert outcome.issues == ()
    draft = outcome.drafts[0]
    assert (draft.record_id, draft.references_changed) == (421, False)
    assert draft.token == _token()
    assert draft.issues == []
    assert "ref" not in draft.values
    assert draft.raw["A"] == _token()


@pytest.mark.parametrize(
    "changes",
    [
        {"fee": "18 400,00 €"},
        {"project_name": "  Réhabilitation\u00a0de 24 logements "},
        {"line_type": "ANNEXE"},
        {"comment": "vu"},
    ],
)
def test_what_an_honest_editor_does_is_no_change(changes: dict[str, Any]) -> None:
    draft = checked(_progress(**changes), "progress", seal=SEAL).drafts[0]
    assert (draft.record_id, draft.references_changed) == (421, False)


@pytest.mark.parametrize(
    "changes", [{"fee": Decimal(19400)}, {"phase_name": "Phase renommée"}, {"phase_code": None}]
)
def test_a_changed_reference_is_seen_and_left_to_the_record_to_name(
    changes: dict[str, Any],
) -> None:
    """O33: which cell it is, the record in the database tells."""
    draft = checked(_progress(**changes), "progress", seal=SEAL).drafts[0]
    assert (draft.record_id, draft.references_changed) == (421, True)
    assert draft.issues == []


@pytest.mark.parametrize("token", ["PHASE-000042", _token("clients"), "J" + "0" * 32])
def test_a_reference_that_is_not_ours_is_refused(token: str) -> None:
    """O33."""
    draft = checked(_progress(ref=token), "progress", seal=SEAL).drafts[0]
    assert told(draft) == [("REFERENCE_ID_UNKNOWN", "A")]
    assert draft.record_id is None


def test_a_reference_of_another_organisation_is_refused() -> None:
    other = Seal(SEAL.secret, "8")
    draft = checked(_progress(None), "progress", seal=other).drafts[0]
    assert told(draft) == [("REFERENCE_ID_UNKNOWN", "A")]


def test_a_row_without_a_token_is_left_to_its_visible_codes() -> None:
    draft = checked(_progress(ref=None), "progress", seal=SEAL).drafts[0]
    assert (draft.token, draft.record_id, draft.issues) == (None, None, [])


def test_a_hand_made_file_is_told() -> None:
    outcome = checked(_progress(None), "progress", seal=SEAL)
    assert codes(outcome.issues) == ["TEMPLATE_UNSIGNED"]
    assert not outcome.is_refused


@pytest.mark.parametrize(
    "entries",
    [
        {**ENVELOPE, "issued": "2025-01-01"},
        {**ENVELOPE, "seal": "0" * 32},
        SEAL.envelope(kind="history", version=1, issued=ISSUED, locale="fr"),
        Seal(SEAL.secret, "8").envelope(kind="progress", version=1, issued=ISSUED, locale="fr"),
    ],
)
def test_a_signature_that_does_not_verify_refuses_the_file(entries: dict[str, str]) -> None:
    """O33."""
    outcome = checked(_progress(entries), "progress", seal=SEAL)
    assert codes(outcome.issues) == ["TEMPLATE_TAMPERED"]
    assert outcome.is_refused
    assert outcome.drafts == ()


def test_an_older_version_is_told() -> None:
    older = SEAL.envelope(kind="progress", version=0, issued=ISSUED, locale="fr")
    outcome = checked(_progress(older), "progress", seal=SEAL)
    assert codes(outcome.issues) == ["TEMPLATE_OUTDATED"]
    assert len(outcome.drafts) == 1


def test_the_document_property_stands_in_for_a_lost_sheet() -> None:
    book = _progress(None)
    kept = RawBook(book.form, book.sheets, custom_properties={"jalon": folded(ENVELOPE)})
    assert checked(kept, "progress", seal=SEAL).issues == ()


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_template_of_ours_comes_back_intact(locale: str) -> None:
    """O33: written, opened and checked, in the language of the template and of another user."""
    rows = [
        Prefilled(i, {**REFERENCES, "line_type": "ANNEX", "progress": 45, "as_of": ISSUED})
        for i in (1, 2)
    ]
    out = BytesIO()
    write_template(
        out,
        sheet=layout("progress"),
        setting=FIRM,
        seal=SEAL,
        issued=ISSUED,
        rows=rows,
        locale=locale,
    )
    for setting in (FIRM, Setting(locale="en")):
        outcome = checked(open_book(out.getvalue()), "progress", setting, seal=SEAL)
        assert [issue.code for issue in outcome.issues if issue.code != "SHEET_IGNORED"] == []
        assert [draft.record_id for draft in outcome.drafts] == [1, 2]
        assert not any(draft.references_changed or draft.issues for draft in outcome.drafts)


@pytest.mark.parametrize("kind", ["clients", "projects", "phases", "collaborators"])
@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_prefilled_row_of_every_template_reads_back(kind: str, locale: str) -> None:
    stored = {c.key: _stored(c.key, c.example) for c in layout(kind).columns if c.example}
    values = {
        key: layout(kind).column(key).kind.read(as_row(1, [value]).cells[1], FIRM).value
        for key, value in stored.items()
    }
    out = BytesIO()
    write_template(
        out,
        sheet=layout(kind),
        setting=FIRM,
        seal=SEAL,
        issued=ISSUED,
        rows=[Prefilled(9, values)],
        locale=locale,
    )
    outcome = checked(open_book(out.getvalue()), kind, seal=SEAL)
    assert not outcome.is_refused
    draft = outcome.drafts[0]
    assert (draft.record_id, draft.references_changed, draft.issues) == (9, False, [])
    assert {key: draft.values[key] for key in values} == values


def _stored(key: str, example: str) -> str:
    """Examples stand alone; beside one another the SIRET must be that of the VAT number."""
    return {"vat_number": "FR44732829320", "siret": "73282932000074"}.get(key, example)
