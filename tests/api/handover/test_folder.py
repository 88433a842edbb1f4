"""Final invoices dropped into a folder (F02, B31): whole, once, never over another file."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from domain.handover import LEASE, PAUSES, SPREAD, Attempt, Drop
from jobs.folder_drop import drop
from persistence.outside.deliveries import take_due
from tests.api.handover.acts import carry, deliveries, finalised, handovers, hook, retry
from tests.support.api import ApiClient
from tests.support.databases import owner
from tests.support.prepared import Calendar
from tests.support.receiver import Answer, Receiver


def folder_of(api: ApiClient) -> Path:
    """Where the files of the firm lie."""
    assert api.house.handover_folder is not None
    return api.house.handover_folder / "test"


def test_the_paper_and_its_figures_are_dropped(dropping: ApiClient) -> None:
    """F02: {number}.pdf, the issued bytes, and {number}.json; READY becomes FINAL."""
    invoice = finalised(dropping)
    assert carry(dropping) == 1
    number = invoice["number"]
    found = sorted(path.name for path in folder_of(dropping).iterdir())
    assert found == [f"{number}.json", f"{number}.pdf"]
    content = json.loads((folder_of(dropping) / f"{number}.json").read_bytes())
    assert content["data"]["number"] == number
    pdf = (folder_of(dropping) / f"{number}.pdf").read_bytes()
    told = content["data"]["pdf"]
    assert (told["filename"], told["size"], told["url"]) == (f"{number}.pdf", len(pdf), None)
    answer = dropping.query(
        "mutation($id: ID!) { invoicePdf(id: $id) { download { url } } }", id=invoice["id"]
    )
    assert dropping.get(answer["invoicePdf"]["download"]["url"]) == pdf
    (entry,) = handovers(dropping, delivered=True)
    assert entry["invoice"]["state"] == "FINAL"
    assert entry["deliveries"][0]["destination"] == "FOLDER"


def test_a_drop_that_nobody_noted_is_made_once(dropping: ApiClient, calendar: Calendar) -> None:
    """Killed between the drop and its note: the next one finds the files, and leaves them."""
    finalised(dropping)
    assert carry(dropping) == 1
    paths = {path: path.stat().st_mtime_ns for path in folder_of(dropping).iterdir()}
    with owner(dropping.house.database).begin() as connection:
        connection.exec_driver_sql(
            "UPDATE handover_delivery SET state = 'WAITING', next_attempt_at = '2026-11-01'"
        )
    with dropping.house.database.writing(None) as session:
        take_due(session, claim="the dead one", now=calendar.now, most=1)
    calendar.now += LEASE
    assert carry(dropping) == 1
    assert {path: path.stat().st_mtime_ns for path in folder_of(dropping).iterdir()} == paths
    assert handovers(dropping)[0]["deliveries"][0]["state"] == "DELIVERED"


def test_a_drop_that_nobody_noted_is_the_same_under_another_name(dropping: ApiClient) -> None:
    """The client is renamed before the next attempt; a file of another amount is another."""
    invoice = finalised(dropping)
    assert carry(dropping) == 1
    path = folder_of(dropping) / f"{invoice['number']}.json"
    before = path.read_bytes()
    again = "UPDATE handover_delivery SET state = 'WAITING', next_attempt_at = '2026-11-01'"
    for statement in ("UPDATE client SET name = 'Autrement'", again):
        with owner(dropping.house.database).begin() as connection:
            connection.exec_driver_sql(statement)
    assert carry(dropping) == 1
    assert (deliveries(dropping)[0]["state"], path.read_bytes()) == ("DELIVERED", before)
    gross = json.loads(before)["data"]["gross"]
    path.write_bytes(before.replace(f'"gross":"{gross}"'.encode(), b'"gross":"1.00"'))
    assert path.read_bytes() != before
    with owner(dropping.house.database).begin() as connection:
        connection.exec_driver_sql(again)
    assert carry(dropping) == 1
    (one,) = deliveries(dropping)
    assert one["lastError"].startswith("HANDOVER_FILE_DIFFERS: ")


def test_another_file_of_that_name_is_never_overwritten(
    dropping: ApiClient, calendar: Calendar
) -> None:
    number = finalised(dropping)["number"]
    folder_of(dropping).mkdir()
    foreign = folder_of(dropping) / f"{number}.json"
    foreign.write_bytes(b"another")
    assert carry(dropping) == 1
    (entry,) = handovers(dropping, delivered=False)
    assert entry["lastError"].startswith("HANDOVER_FILE_DIFFERS: ")
    assert (foreign.read_bytes(), entry["invoice"]["state"]) == (b"another", "READY")
    foreign.unlink()
    retry(dropping, entry["id"])
    assert carry(dropping) == 1
    assert handovers(dropping)[0]["invoice"]["state"] == "FINAL"


def test_a_share_that_is_not_mounted_is_waited_for(dropping: ApiClient, calendar: Calendar) -> None:
    """The folder itself is never made: what is written beside a mount is found by nobody."""
    root = dropping.house.handover_folder
    assert root is not None
    root.rmdir()
    finalised(dropping)
    assert carry(dropping) == 1
    assert "is not there" in handovers(dropping)[0]["lastError"]
    root.mkdir()
    calendar.now += max(PAUSES[0] * (1 + SPREAD), timedelta(minutes=1))
    assert carry(dropping) == 1
    assert len(list(folder_of(dropping).iterdir())) == 2


def test_folder_and_webhook_are_two_destinations(dropping: ApiClient, box: Receiver) -> None:
    """FINAL once both have it; a second firm has a folder of its own."""
    hook(dropping, box.url)
    box.answers = [Answer(500)]
    finalised(dropping)
    assert carry(dropping) == 2
    (entry,) = handovers(dropping, delivered=False)
    told = {one["destination"]: one["state"] for one in entry["deliveries"]}
    assert told == {"FOLDER": "DELIVERED", "WEBHOOK": "WAITING"}
    retry(dropping, entry["id"])
    assert carry(dropping) == 1
    assert handovers(dropping)[0]["invoice"]["state"] == "FINAL"


def test_a_share_without_links_gets_its_files_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    parcel = Drop("firm", (("a.pdf", b"1"), ("a.json", b"2")))
    for _ in range(2):
        assert drop(tmp_path, parcel) == Attempt()
    assert sorted(path.name for path in (tmp_path / "firm").iterdir()) == ["a.json", "a.pdf"]
    other = drop(tmp_path, Drop("firm", (("a.pdf", b"3"),)))
    assert (other.error or "").startswith("HANDOVER_FILE_DIFFERS")


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "a\x00", "é"])
def test_a_name_stays_within_its_folder(tmp_path: Path, name: str) -> None:
    for parcel in (Drop(name, ()), Drop("firm", ((name, b""),))):
        with pytest.raises(ValueError, match="not the name"):
            drop(tmp_path, parcel)
