"""An import taken back: as if it had not been, but for what people did with it since (undo)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from domain.base import Record
from domain.entry import BillingEntry
from domain.project.history import BillingHistory
from domain.takeover.revert import ImportEffect
from tests.api.takeover.reviews import client, codes, project, reviewed, take, written
from tests.api.takeover.sheets import CLIENT, PHASE, PROJECT, book, download
from tests.support.api import ApiClient
from tests.support.documents import DRAW
from tests.support.takeover import CLEAN, PAST, WORKBOOKS, confirm, send, take_in

REVERT = """
mutation($id: ID!, $dry: Boolean! = false, $key: ID!) {
  importRevert(input: { importId: $id, dryRun: $dry, idempotencyKey: $key }) {
    importFile { id state }
    counts { removed restored kept gone }
    userErrors { code severity row message }
    replayed
  }
}
"""
BESIDE = {
    "alembic_version", "api_key", "billing_entry", "idempotent_call", "import_effect",
    "import_file", "import_row", "organisation", "staged_upload", "tally", "audit_act",
    "audit_change", "audit_entry", "audit_head",
}  # fmt: skip
"""What an import leaves by itself. The ledger keeps what was taken back: its sums are compared."""
MOVING = {"version", "updated_at", "created_at"}


def contents(api: ApiClient) -> dict[str, list[tuple[Any, ...]]]:
    """All records of the database but the imports' own, without what counts changes."""
    found = {}
    with api.house.database.reading(api.organisation_id) as session:
        for table in Record.metadata.sorted_tables:
            if table.name not in BESIDE:
                columns = [column for column in table.c if column.name not in MOVING]
                rows = session.connection().execute(select(*columns).order_by(*table.primary_key))
                found[table.name] = [tuple(row) for row in rows]
        total = func.sum(BillingEntry.amount_minor)
        of = (BillingEntry.phase_id, BillingEntry.kind)
        sums = select(*of, total).group_by(*of).having(total != 0).order_by(*of)
        rows = session.execute(sums)
        found["billed"] = [tuple(row) for row in rows]
    return found


def revert(api: ApiClient, review: dict[str, Any], **choice: Any) -> dict[str, Any]:
    key = choice.pop("key", str(uuid4()))
    answer: dict[str, Any] = api.query(REVERT, id=review["id"], key=key, **choice)["importRevert"]
    return answer


def test_taken_back_at_once_nothing_is_left_of_an_import(empty_any: ApiClient) -> None:
    """Each workbook in turn, on what those before it left; then it is taken in for the next."""
    for kind, name in {**WORKBOOKS, **PAST}.items():
        there = contents(empty_any)
        review = send(empty_any, (CLEAN / name).read_bytes())
        confirm(empty_any, review)
        assert contents(empty_any) != there
        told = revert(empty_any, review, dry=True)
        assert told["importFile"]["state"] == "APPLIED"
        done = revert(empty_any, review)
        assert (done["counts"], done["userErrors"]) == (told["counts"], [])
        assert done["counts"]["kept"] == done["counts"]["gone"] == 0
        assert done["importFile"]["state"] == "REVERTED"
        assert contents(empty_any) == there
        take_in(empty_any, kind)


def test_what_an_import_changed_is_as_it_was_before(any_firm: ApiClient) -> None:
    """Updates too: of clients with a contact, of projects into another currency, of phases."""
    there = contents(any_firm)
    changes = [
        ("clients", {**CLIENT, "B": "Foncière des Tilleuls Argentés", "C": "CLI-0001", "N": None,
                     "G": "FR34517125696", "K": "+33 1 23 45 67 89", "Q": "Revu"}),
        ("projects", {**PROJECT, "B": "TER-2601", "C": "Nouveau nom", "J": "CHF"}),
        ("phases", {**PHASE, "C": "Mission de base", "D": "Esquisse revue", "E": "ESQ",
                    "F": 12345.67, "S": "APS", "G": "annexe"}),
    ]  # fmt: skip
    taken = []
    for kind, row in changes:
        review, rows = reviewed(any_firm, book(kind, row), kind=kind)
        if review["counts"]["red"]:
            pytest.fail(str(rows))
        written(any_firm, review)
        taken.append(review)
    assert contents(any_firm) != there
    for review in reversed(taken):
        done = revert(any_firm, review)
        assert done["userErrors"] == []
    assert contents(any_firm) == there


def test_the_key_of_a_name_comes_back_though_the_import_kept_none(any_firm: ApiClient) -> None:
    """An import of before projects had such keys."""
    there = contents(any_firm)
    row = {**PROJECT, "B": "TER-2601", "C": "Nouveau nom"}
    review, _ = reviewed(any_firm, book("projects", row), kind="projects")
    written(any_firm, review)
    with any_firm.house.database.writing(any_firm.organisation_id) as session:
        for effect in session.scalars(select(ImportEffect)):
            if "name_key" in effect.before:
                effect.before = {k: v for k, v in effect.before.items() if k != "name_key"}
    assert revert(any_firm, review)["userErrors"] == []
    assert contents(any_firm) == there


def test_what_somebody_changed_since_stays_and_is_told(any_firm: ApiClient) -> None:
    rows = [{**CLIENT, "C": f"CLI-900{n}", "B": f"Client neuf {n}", "N": None} for n in range(3)]
    review, _ = reviewed(any_firm, book("clients", *rows), kind="clients")
    written(any_firm, review)
    found = client(any_firm, "CLI-9001")
    assert found is not None
    change = 'mutation($id: ID!) { clientUpdate(input: { id: $id, comment: "Vu" })'
    any_firm.query(change + " { userErrors { code } } }", id=found["id"])
    for dry in (True, False):
        done = revert(any_firm, review, dry=dry)
        assert [(one["code"], one["row"], one["severity"]) for one in done["userErrors"]] == [
            ("KEPT_CHANGED", 3, "WARNING")
        ]
        assert "CLI-9001" in done["userErrors"][0]["message"]
        assert (done["counts"]["removed"], done["counts"]["kept"]) == (2, 1)
    assert client(any_firm, "CLI-9001") is not None
    assert client(any_firm, "CLI-9000") is None


def test_what_others_refer_to_stays(any_firm: ApiClient) -> None:
    """A client with a project made since; the client without one goes."""
    rows = [{**CLIENT, "C": f"CLI-900{n}", "B": f"Client neuf {n}", "N": None} for n in range(2)]
    review, _ = reviewed(any_firm, book("clients", *rows), kind="clients")
    written(any_firm, review)
    take(any_firm, "projects", {**PROJECT, "D": "CLI-9000"})
    done = revert(any_firm, review)
    assert [(one["code"], one["row"]) for one in done["userErrors"]] == [("KEPT_IN_USE", 2)]
    assert client(any_firm, "CLI-9000") is not None
    assert client(any_firm, "CLI-9001") is None


def test_what_was_invoiced_is_not_taken_back(any_firm: ApiClient) -> None:
    """The dry run says so beforehand; phases that no invoice holds go with their fee project."""
    rows = [{**PHASE, "E": f"N{n}", "D": f"Phase {n}"} for n in range(2)]
    review, _ = reviewed(any_firm, book("phases", *rows), kind="phases")
    written(any_firm, review)
    job = project(any_firm, "PAT-2501")
    assert job is not None
    made = next(one for one in job["contracts"] if one["name"] == PHASE["C"])["phases"]
    drawn = any_firm.query(
        DRAW, client=_client_id(any_firm, "PAT-2501"), project=job["id"], key=str(uuid4()),
        phases=[{"phaseId": made[0]["id"], "percent": "10"}],
    )["invoiceCreateFromProject"]  # fmt: skip
    assert drawn["invoice"] is not None
    for dry in (True, False):
        done = revert(any_firm, review, dry=dry)
        assert [(one["code"], one["row"]) for one in done["userErrors"]] == [("KEPT_INVOICED", 2)]
    left = project(any_firm, "PAT-2501")
    assert left is not None
    (contract,) = (one for one in left["contracts"] if one["name"] == PHASE["C"])
    assert [phase["code"] for phase in contract["phases"]] == ["N0"]


def test_past_billing_that_an_invoice_was_drawn_upon_stays(firm: ApiClient) -> None:
    """O36: taken back, the invoice would have billed too little, or the next one too much."""
    review = send(firm, (CLEAN / PAST["history"]).read_bytes())
    written(firm, review)
    job = project(firm, "PAT-2501")
    assert job is not None
    who = _client_id(firm, "PAT-2501")
    firm.query(DRAW, client=who, project=job["id"], key=str(uuid4()))
    done = revert(firm, review)
    assert {one["code"] for one in done["userErrors"]} == {"KEPT_INVOICED"}
    assert 0 < done["counts"]["kept"] < 10
    assert done["counts"]["removed"] > 200


def test_past_billing_that_situations_were_counted_on_from_stays(firm: ApiClient) -> None:
    """One phase was invoiced: past invoices of the others of its contract stay, too."""
    review = send(firm, (CLEAN / PAST["history"]).read_bytes())
    written(firm, review)
    job = project(firm, "PAT-2501")
    assert job is not None
    phases = [one["id"] for one in job["contracts"][0]["phases"]]
    who, key = _client_id(firm, "PAT-2501"), str(uuid4())
    drawn = firm.query(
        DRAW, client=who, project=job["id"], key=key,
        phases=[{"phaseId": phases[-1], "amount": "10"}],
    )["invoiceCreateFromProject"]  # fmt: skip
    assert drawn["invoice"] is not None
    kept = _past_of(firm, phases)
    assert len({phase for phase, _ in kept}) > 1
    revert(firm, review)
    assert _past_of(firm, phases) == kept


def _past_of(api: ApiClient, phases: list[str]) -> list[tuple[int, int]]:
    """Phase and identifier of each line of past invoices of these phases."""
    keys = [int(one.rpartition("_")[2]) for one in phases]
    found = select(BillingHistory.phase_id, BillingHistory.id).order_by(BillingHistory.id)
    with api.house.database.reading(api.organisation_id) as session:
        rows = session.execute(found.where(BillingHistory.phase_id.in_(keys)))
        return [(phase, key) for phase, key in rows]


def test_a_code_that_another_record_took_is_not_given_back(firm: ApiClient) -> None:
    found = client(firm, "CLI-0002")
    assert found is not None
    row = {**CLIENT, "A": None, "B": found["name"], "C": "CLI-NEW", "D": found["billingAddress"],
           "G": found["vatNumber"], "N": found["siret"]}  # fmt: skip
    review, rows = reviewed(firm, book("clients", row), kind="clients")
    if rows[2]["outcome"] != "UPDATE":
        pytest.fail(str(rows[2]))
    written(firm, review)
    take(firm, "clients", {**CLIENT, "C": "CLI-0002", "N": None})
    done = revert(firm, review)
    assert codes(done) == ["KEPT_NAME_TAKEN"]


def test_an_import_is_taken_back_once(firm: ApiClient) -> None:
    """A key answers again; another call is refused; so is one under review."""
    review, _ = reviewed(firm, book("clients", CLIENT), kind="clients")
    assert codes(revert(firm, review)) == ["IMPORT_NOT_APPLIED"]
    written(firm, review)
    first = revert(firm, review, key="undo-1")
    again = revert(firm, review, key="undo-1")
    assert again == {**first, "replayed": True}
    assert codes(revert(firm, review)) == ["IMPORT_NOT_APPLIED"]
    assert client(firm, "CLI-9001") is None
    once_more, rows = reviewed(firm, book("clients", CLIENT), kind="clients")
    assert rows[2]["outcome"] == "CREATE"
    assert once_more["counts"]["create"] == 1


def _client_id(api: ApiClient, code: str) -> str:
    found = api.query("query($code: String!) { projectByCode(code: $code) { client { id } } }",
                      code=code)["projectByCode"]  # fmt: skip
    return str(found["client"]["id"])


def test_what_was_restored_is_not_told_again_when_the_rest_is_undone(any_firm: ApiClient) -> None:
    """Of what an import changed, a part was changed since; that part alone stays, and is told."""
    wanted = {"CLI-0001": "Tilleuls d'Or", "CLI-0002": "Autre raison"}
    rows = [{**CLIENT, "C": code, "B": name, "N": None} for code, name in wanted.items()]
    before = client(any_firm, "CLI-0002")
    review, _ = reviewed(any_firm, book("clients", *rows), kind="clients")
    written(any_firm, review)
    found = client(any_firm, "CLI-0001")
    assert (before, found) != (None, None)
    change = 'mutation($id: ID!) { clientUpdate(input: { id: $id, comment: "Vu" })'
    any_firm.query(change + " { userErrors { code } } }", id=(found or {})["id"])
    for _ in range(2):
        done = revert(any_firm, review)
        assert [(one["code"], one["row"]) for one in done["userErrors"]] == [("KEPT_CHANGED", 2)]
        assert (client(any_firm, "CLI-0002") or {})["name"] == (before or {})["name"]


def test_a_state_is_told_by_its_word_in_french(firm: ApiClient) -> None:
    """IMPORT_NOT_APPLIED, IMPORT_NOT_IN_REVIEW: not by the name a program knows it by."""
    review, _ = reviewed(firm, book("clients", CLIENT), kind="clients")
    french = firm.in_language("fr")
    told = revert(french, review)["userErrors"][0]["message"]
    assert told.startswith("Cet import est en cours de vérification")
    written(firm, review)
    told = confirm(french, review)["userErrors"][0]["message"]
    assert told.startswith("Cet import est enregistré")
    assert "is applied;" in confirm(firm, review)["userErrors"][0]["message"]


def test_the_row_of_what_was_taken_back_is_told_without_a_number_of_ours(firm: ApiClient) -> None:
    """O33: its mark is sound; who reads has never seen the number that we keep the record by."""
    review, _ = reviewed(firm, book("projects", PROJECT), kind="projects")
    written(firm, review)
    prefilled = download(firm, "projects", prefilled=True)
    assert codes(revert(firm, review)) == []
    _, rows = reviewed(firm.in_language("fr"), prefilled)
    (told,) = [note for row in rows.values() for note in row["userErrors"]]
    assert (told["code"], told["column"]) == ("REFERENCE_ID_UNKNOWN", "A")
    assert told["message"] == (
        "La référence du système ne désigne rien dans vos données, ou n’y désigne plus rien."
    )
    assert told["found"] is None
