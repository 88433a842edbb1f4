"""Undoing what others built upon: money, references and other imports of the same records."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from domain.project.history import BillingHistory
from persistence.invoice.invoices import lock_project
from tests.api.takeover.reviews import client, codes, phases, project, reviewed, take, written
from tests.api.takeover.sheets import CLIENT, PERSON, PHASE, PROJECT, Cells, book
from tests.api.takeover.test_past_billing import figures
from tests.api.takeover.test_revert import _client_id, contents, revert
from tests.support.api import ApiClient
from tests.support.documents import DRAW
from tests.support.locks import wait_until_it_waits

A_PHASE: Cells = {
    **PHASE,
    "A": "RIV-PAR",
    "B": "NEW-0001",
    "C": "Base",
    "D": "Esquisse",
    "E": "ESQ",
}
LINE: Cells = {"C": "NEW-0001", "E": "Base", "F": "ESQ", "L": "28/02/2026"}


def imported(api: ApiClient, kind: str, *rows: Cells) -> dict[str, Any]:
    """The review of rows that were confirmed."""
    review, told = reviewed(api, book(kind, *rows), kind=kind)
    assert review["counts"]["red"] == 0, told
    written(api, review)
    return review


def with_a_project(api: ApiClient) -> None:
    take(api, "projects", PROJECT)
    take(api, "phases", {**A_PHASE, "F": 12500})


def told(done: dict[str, Any]) -> set[tuple[str, int | None]]:
    return {(one["code"], one["row"]) for one in done["userErrors"]}


def test_a_currency_in_which_something_was_recorded_stays(any_firm: ApiClient) -> None:
    """DOMAIN §2.1, §2.3: frozen once billed; amounts of two currencies are never one sum."""
    with_a_project(any_firm)
    change = imported(any_firm, "projects", {**PROJECT, "J": "JPY"})
    take(any_firm, "adjustments", {**LINE, "K": 5000, "M": "Avenant", "N": "honoraires"})
    for dry in (True, False):
        done = revert(any_firm, change, dry=dry)
        assert told(done) == {("KEPT_INVOICED", 2)}
        assert done["counts"]["restored"] == 0
    assert done["importFile"]["state"] == "APPLIED"
    found = project(any_firm, "NEW-0001")
    assert found is not None
    assert found["currency"] == "JPY"


def test_a_currency_with_a_phase_that_came_since_stays(any_firm: ApiClient) -> None:
    with_a_project(any_firm)
    change = imported(any_firm, "projects", {**PROJECT, "J": "JPY"})
    take(any_firm, "phases", {**A_PHASE, "E": "APS", "D": "Avant-projet", "F": 777})
    assert told(revert(any_firm, change)) == {("KEPT_IN_USE", 2)}
    currencies = {one["fee"]["currency"] for one in phases(any_firm, "NEW-0001", "Base").values()}
    assert currencies == {"JPY"}


def test_a_fee_is_not_undone_under_what_was_billed_before(any_firm: ApiClient) -> None:
    """DOMAIN §2.1: by hand this is FEE_BELOW_BILLED."""
    with_a_project(any_firm)
    change = imported(any_firm, "phases", {**A_PHASE, "F": 20000})
    take(any_firm, "history", {**LINE, "K": 18000})
    done = revert(any_firm, change)
    assert told(done) == {("KEPT_INVOICED", 2)}
    assert figures(any_firm, "NEW-0001", "ESQ")["adjustedFee"] == 20000


def test_the_price_of_a_period_is_undone_whatever_was_billed_of_them(any_firm: ApiClient) -> None:
    """DOMAIN §2.4: there are many; that of a fixed fee goes no further below."""
    with_a_project(any_firm)
    monthly = {**A_PHASE, "C": "Veille", "E": "ABO", "D": "Mois", "K": "01/01/2026"}
    monthly |= {"H": "RETAINER", "R": "MONTH"}
    take(any_firm, "phases", {**monthly, "F": 100})
    price = imported(any_firm, "phases", {**monthly, "F": 500})
    past = {"C": "NEW-0001", "E": "Veille", "F": "ABO", "L": "28/02/2026", "K": 450}
    imported(any_firm, "history", past)
    assert told(revert(any_firm, price)) == set()
    take(any_firm, "history", {**LINE, "K": 20000})
    raised = imported(any_firm, "phases", {**A_PHASE, "F": 15000})
    assert told(revert(any_firm, raised)) == {("KEPT_INVOICED", 2)}
    assert figures(any_firm, "NEW-0001", "ESQ")["adjustedFee"] == 15000


def test_a_fee_that_was_a_deduction_is_not_one_again_once_it_was_billed(
    any_firm: ApiClient,
) -> None:
    """By hand this is FEE_BELOW_BILLED, whatever the sign."""
    with_a_project(any_firm)
    annex: Cells = {**A_PHASE, "D": "Moins-value", "E": "MV", "G": "Avenant"}
    take(any_firm, "phases", {**annex, "F": -500})
    turned = imported(any_firm, "phases", {**annex, "F": 1000})
    take(any_firm, "history", {**LINE, "F": "MV", "K": 1000})
    assert told(revert(any_firm, turned)) == {("KEPT_INVOICED", 2)}
    assert figures(any_firm, "NEW-0001", "MV")["adjustedFee"] == 1000


def test_what_a_higher_bill_rests_on_is_not_undone(any_firm: ApiClient) -> None:
    """A fee adjustment, and a credit note of the past."""
    with_a_project(any_firm)
    raised = imported(
        any_firm, "adjustments", {**LINE, "K": 5000, "M": "Avenant", "N": "honoraires"}
    )
    credited = imported(any_firm, "history", {**LINE, "K": -1000})
    take(any_firm, "history", {**LINE, "K": 18000})
    assert told(revert(any_firm, raised)) == {("KEPT_INVOICED", 2)}
    assert told(revert(any_firm, credited)) == {("KEPT_INVOICED", 2)}
    assert figures(any_firm, "NEW-0001", "ESQ")["remainingToBill"] == 500


def test_what_was_referred_to_before_must_still_be_there(any_firm: ApiClient) -> None:
    """A project's client that was undone meanwhile, then one that was put away."""
    former = imported(any_firm, "clients", {**CLIENT, "N": None})
    made = imported(any_firm, "projects", {**PROJECT, "D": "CLI-9001"})
    moved = imported(any_firm, "projects", {**PROJECT, "D": "CLI-0001"})
    assert revert(any_firm, former)["userErrors"] == []
    assert told(revert(any_firm, moved)) == {("KEPT_REFERENCE_GONE", 2)}
    found = project(any_firm, "NEW-0001")
    assert found is not None
    assert found["client"]["code"] == "CLI-0001"
    assert told(revert(any_firm, made)) == {("KEPT_CHANGED", 2)}


def test_no_project_goes_back_to_an_archived_client(firm: ApiClient) -> None:
    take(firm, "clients", {**CLIENT, "N": None})
    take(firm, "projects", {**PROJECT, "D": "CLI-9001"})
    moved = imported(firm, "projects", {**PROJECT, "D": "CLI-0001"})
    former = client(firm, "CLI-9001")
    assert former is not None
    put_away = "mutation($id: ID!) { clientArchive(input: { id: $id }) { userErrors { code } } }"
    assert firm.query(put_away, id=former["id"])["clientArchive"]["userErrors"] == []
    assert told(revert(firm, moved)) == {("KEPT_REFERENCE_GONE", 2)}


def test_a_manager_who_goes_is_let_go_of(any_firm: ApiClient) -> None:
    """The project keeps the address, and finds the person again."""
    person = imported(any_firm, "collaborators", PERSON)
    take(any_firm, "projects", {**PROJECT, "N": PERSON["D"]})
    assert revert(any_firm, person)["userErrors"] == []
    found = project(any_firm, "NEW-0001")
    assert found is not None
    assert found["managerEmail"] == PERSON["D"]
    take(any_firm, "collaborators", PERSON)


def test_imports_are_undone_one_after_the_other_the_last_first(any_firm: ApiClient) -> None:
    """A makes, B and C change: each is undone in its turn, down to nothing."""
    there = contents(any_firm)
    row = {**CLIENT, "N": None}
    reviews = [
        imported(any_firm, "clients", row),
        imported(any_firm, "clients", {**row, "M": 45}),
        imported(any_firm, "clients", {**row, "M": 60, "Q": "Revu"}),
    ]
    for review in reversed(reviews):
        done = revert(any_firm, review)
        assert (done["userErrors"], done["importFile"]["state"]) == ([], "REVERTED")
    assert contents(any_firm) == there


def test_an_import_below_another_stays_until_that_one_is_undone(any_firm: ApiClient) -> None:
    row = {**CLIENT, "N": None}
    first = imported(any_firm, "clients", row)
    second = imported(any_firm, "clients", {**row, "M": 45})
    kept = revert(any_firm, first)
    assert (codes(kept), kept["importFile"]["state"]) == (["KEPT_CHANGED"], "APPLIED")
    revert(any_firm, second)
    assert revert(any_firm, first)["importFile"]["state"] == "REVERTED"
    assert client(any_firm, "CLI-9001") is None


def test_what_stood_in_the_way_may_be_gone_another_day(any_firm: ApiClient) -> None:
    """A pro forma held it: once it is deleted, the wrong history can be undone after all."""
    take(any_firm, "projects", {**PROJECT, "D": "CLI-0001"})
    take(any_firm, "phases", {**A_PHASE, "F": 12500})
    wrong = imported(any_firm, "history", {**LINE, "K": 1000})
    job = project(any_firm, "NEW-0001")
    assert job is not None
    drawn = any_firm.query(
        DRAW, client=_client_id(any_firm, "NEW-0001"), project=job["id"], key="draw"
    )["invoiceCreateFromProject"]["invoice"]
    assert revert(any_firm, wrong)["importFile"]["state"] == "APPLIED"
    delete = "mutation($id: ID!) { invoiceDelete(id: $id) { userErrors { code } } }"
    assert any_firm.query(delete, id=drawn["id"])["invoiceDelete"]["userErrors"] == []
    done = revert(any_firm, wrong)
    assert (done["counts"]["removed"], done["importFile"]["state"]) == (1, "REVERTED")
    assert figures(any_firm, "NEW-0001", "ESQ")["history"] == 0


def test_a_project_keeps_its_entity_while_it_has_phases(any_firm: ApiClient) -> None:
    """What the first phases told, the later ones rely on."""
    take(any_firm, "projects", {**PROJECT, "E": None})
    first = imported(any_firm, "phases", {**A_PHASE, "A": "RIV-PAR"})
    second = imported(any_firm, "phases", {**A_PHASE, "A": "RIV-PAR", "E": "APS", "D": "Suite"})

    def entity() -> Any:
        found = project(any_firm, "NEW-0001")
        assert found is not None
        return found["entity"]

    assert "KEPT_IN_USE" in codes(revert(any_firm, first))
    assert entity() == {"code": "RIV-PAR"}
    revert(any_firm, second)
    revert(any_firm, first)
    assert entity() is None


def test_a_link_is_given_back_and_what_it_pointed_to_goes(any_firm: ApiClient) -> None:
    with_a_project(any_firm)
    annex = {**A_PHASE, "E": "AX1", "D": "Annexe", "G": "annexe", "F": 100}
    take(any_firm, "phases", annex)
    linked = imported(
        any_firm, "phases", {**A_PHASE, "E": "NEU", "D": "Neuve"}, {**annex, "S": "NEU"}
    )
    done = revert(any_firm, linked)
    assert (done["userErrors"], done["counts"]["kept"]) == ([], 0)
    left = phases(any_firm, "NEW-0001", "Base")
    assert sorted(left) == ["AX1", "ESQ"]
    assert left["AX1"]["linkedPhase"] is None


def test_undoing_waits_for_whoever_bills_the_project(postgres_firm: ApiClient) -> None:
    """What is recorded meanwhile counts: the fee is not undone under it."""
    with_a_project(postgres_firm)
    change = imported(postgres_firm, "phases", {**A_PHASE, "F": 20000})
    job, phase = project(postgres_firm, "NEW-0001"), phases(postgres_firm, "NEW-0001", "Base")
    assert job is not None
    project_id, phase_id = (int(one["id"].rpartition("_")[2]) for one in (job, phase["ESQ"]))
    with ThreadPoolExecutor(1) as pool:
        with postgres_firm.house.database.writing(postgres_firm.organisation_id) as session:
            lock_project(session, project_id)
            undone = pool.submit(revert, postgres_firm, change)
            wait_until_it_waits(postgres_firm, undone)
            assert not undone.done()
            billed = BillingHistory(
                phase_id=phase_id,
                net_minor=1_800_000,
                currency="EUR",
                invoice_date=date(2026, 2, 28),
            )
            session.add(billed)
        assert told(undone.result()) == {("KEPT_INVOICED", 2)}
    assert figures(postgres_firm, "NEW-0001", "ESQ")["adjustedFee"] == 20000
