"""What an import is planned upon stays still until it is written, whoever bills or imports too."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from sqlalchemy import select

from domain.client import Client
from domain.project.history import BillingHistory
from domain.takeover.progress import ProgressPlanner
from domain.takeover.time_entries import TimeEntryPlanner
from persistence.invoice.invoices import lock_project
from persistence.takeover import plans
from server.takeover import open_review, write_review
from tests.api.takeover.reviews import codes, phases, project, reviewed
from tests.api.takeover.sheets import CLIENT, PROJECT, Cells, book, download, opened, saved
from tests.api.takeover.test_confirm import at_once
from tests.api.takeover.test_out_of_the_way import caller, clients_file, named
from tests.api.takeover.test_revert import revert
from tests.api.takeover.test_revert_in_turn import A_PHASE, LINE, imported, told, with_a_project
from tests.domain.examples import refused
from tests.support.api import ApiClient
from tests.support.locks import wait_until_it_waits
from tests.support.takeover import confirm

MEANWHILE: dict[str, Cells] = {
    "history": {**LINE, "K": 1000, "M": "2026-0113"},
    "adjustments": {**LINE, "K": 1000, "M": "Report"},
    "phases": {**A_PHASE, "F": 9000},
    "projects": {**PROJECT, "J": "USD"},
}


def prefilled(api: ApiClient, kind: str, code: str, cells: Cells) -> bytes:
    """The prefilled sheet of `kind` with `cells` on the first row that bears `code`."""
    workbook, sheet = opened(download(api, kind, prefilled=True))
    rows = enumerate(sheet.iter_rows(min_row=2, values_only=True), start=2)
    row = next(number for number, line in rows if code in line)
    for letter, value in cells.items():
        sheet[f"{letter}{row}"] = value
    return saved(workbook)


def waits(api: ApiClient, content: bytes) -> dict[str, Any]:
    """What a confirmation answers that comes while somebody bills the project, then ends."""
    review, rows = reviewed(api, content)
    assert review["counts"]["red"] == 0, rows
    job, phase = project(api, "NEW-0001"), phases(api, "NEW-0001", "Base")["ESQ"]
    assert job is not None
    project_id, phase_id = (int(one["id"].rpartition("_")[2]) for one in (job, phase))
    with ThreadPoolExecutor(1) as pool:
        with api.house.database.writing(api.organisation_id) as session:
            lock_project(session, project_id)
            running = pool.submit(confirm, api, review, warnings=True)
            wait_until_it_waits(api, running)
            assert not running.done()
            session.add(
                BillingHistory(
                    phase_id=phase_id,
                    net_minor=1_240_000,
                    currency="EUR",
                    invoice_date=date(2026, 2, 27),
                )
            )
        return running.result()


@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize("kind", MEANWHILE)
def test_what_was_billed_meanwhile_is_seen_before_the_sheet_is_written(
    postgres_firm: ApiClient, monkeypatch: pytest.MonkeyPatch, kind: str, is_kept: bool
) -> None:
    """A25, O36: who bills a phase and who takes its past over do not both go by the figures of
    before."""
    monkeypatch.setattr(plans, "WORTH", 1 if is_kept else 500)
    with_a_project(postgres_firm)
    answer = waits(postgres_firm, book(kind, MEANWHILE[kind]))
    assert codes(answer) == ["STALE_REVIEW"]


def test_a_project_that_a_row_gives_another_code_is_kept_still(postgres_firm: ApiClient) -> None:
    """A25: its token says which one it is; nothing bears the new code yet."""
    with_a_project(postgres_firm)
    content = prefilled(postgres_firm, "projects", "NEW-0001", {"B": "NEW-0002", "J": "USD"})
    assert codes(waits(postgres_firm, content)) == ["STALE_REVIEW"]


def test_a_project_that_a_row_names_by_its_name_is_kept_still(postgres_firm: ApiClient) -> None:
    """A25: phases name their project by its code, or as people call it."""
    with_a_project(postgres_firm)
    content = book("phases", {**A_PHASE, "B": PROJECT["C"], "F": 9000})
    assert codes(waits(postgres_firm, content)) == ["STALE_REVIEW"]


WORK: Cells = {"B": "14/10/2026", "D": "PAT-2501", "G": 7.5, "I": "Oui", "K": "Relevé"}
DONE: Cells = {"C": "PAT-2501", "E": "Mission de base", "F": "PRO", "K": 97, "L": "31/10/2026"}


@pytest.mark.parametrize("is_kept", [False, True])
@pytest.mark.parametrize("kind", ["time_entries", "progress"])
def test_of_one_sheet_sent_twice_and_confirmed_at_once_one_is_written(
    postgres_firm: ApiClient, monkeypatch: pytest.MonkeyPatch, kind: str, is_kept: bool
) -> None:
    """A25: rows that name no record are added: those of both would stand beside one another."""
    monkeypatch.setattr(plans, "WORTH", 1 if is_kept else 500)
    email = postgres_firm.query("{ collaborators { nodes { email } } }")["collaborators"]["nodes"]
    row = {**WORK, "C": email[0]["email"]} if kind == "time_entries" else DONE
    content = book(kind, row)
    reviews = [reviewed(postgres_firm, content)[0] for _ in range(2)]
    both = Barrier(2)

    def together(planner: Any, rows: Any) -> dict[int, list[Any]]:
        # Whoever can has planned before anybody writes.
        with suppress(BrokenBarrierError):
            both.wait(1)
        return {}

    for planner in (TimeEntryPlanner, ProgressPlanner):
        monkeypatch.setattr(planner, "together", together)
    answers = at_once(
        *[lambda one=one: confirm(postgres_firm, one, warnings=True) for one in reviews]
    )
    assert sorted(codes(answer) for answer in answers) == [[], ["STALE_REVIEW"]]


def test_the_terminal_is_told_who_was_faster(postgres_firm: ApiClient) -> None:
    """A25: a client that somebody makes at this very moment is no surprise, but STALE_REVIEW."""
    house, who = postgres_firm.house, caller(postgres_firm)
    review = open_review(house, who, filename="clients.csv", content=clients_file(1))
    with ThreadPoolExecutor(1) as pool:
        with house.database.writing(postgres_firm.organisation_id) as session:
            session.add(named("Copropriété 00000"))
            session.flush()
            running = pool.submit(write_review, house, who, review)
            wait_until_it_waits(postgres_firm, running)
        assert refused(running.result) == ["STALE_REVIEW"]


def test_what_somebody_changes_at_this_very_moment_is_not_taken_back(
    postgres_firm: ApiClient,
) -> None:
    """O36: also when it was still as the import had left it a moment ago."""
    change = imported(postgres_firm, "clients", CLIENT)
    with ThreadPoolExecutor(1) as pool:
        with postgres_firm.house.database.writing(postgres_firm.organisation_id) as session:
            there = session.scalars(select(Client).where(Client.code == CLIENT["C"])).one()
            there.payment_days, there.version = 12, there.version + 1
            session.flush()
            running = pool.submit(revert, postgres_firm, change)
            wait_until_it_waits(postgres_firm, running)
        done = running.result()
    assert codes(done) == ["STALE_REVIEW"]
    assert told(revert(postgres_firm, change)) == {("KEPT_CHANGED", 2)}
