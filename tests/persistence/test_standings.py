"""Where phases stand, and the places kept for files that a program will send."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from domain.project.model import Project, ProjectStatus
from domain.takeover.model import StagedUpload
from persistence.billing.progress import standings_of
from persistence.session import Database
from persistence.staged_uploads import note_received, staged_upload
from tests.persistence.firms import a_phase, added, found_firm, progress

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_a_standing_tells_the_phase_its_project_and_its_history(database: Database) -> None:
    """O03."""
    firm, other = found_firm(database), found_firm(database, "other")
    with firm.writing() as session:
        second = added(session, a_phase(firm.contract_id, "APD")).id
        session.get_one(Project, firm.project_id).status = ProjectStatus.COMMERCIAL
    days = [date(2026, 10, 31), date(2026, 9, 30)]
    for percent, day in zip(("50", "20"), days, strict=True):
        firm.keep(progress(firm.phase_id, percent, day))
    other.keep(progress(other.phase_id, "99"))
    with firm.reading() as session:
        found = standings_of(session, [firm.phase_id, second, other.phase_id, 10**9])
        assert set(found) == {firm.phase_id, second}
        standing = found[firm.phase_id]
        told = (standing.phase, standing.project, standing.signed)
        assert told == ("Phase APS", "LOG-2403", False)
        assert standing.history == [(days[0], Decimal(50)), (days[1], Decimal(20))]
        assert standing.in_force(days[1]) == 20
        assert standing.in_force(days[0]) == 50
        assert found[second].history == []
        assert standings_of(session, []) == {}


def test_the_first_sending_of_a_staged_file_wins(database: Database) -> None:
    """API.md 5."""
    firm = found_firm(database)
    with firm.writing() as session:
        key = added(session, StagedUpload(filename="clients.xlsx", size=10)).id
    for name, sha256 in (("one", "1" * 64), ("two", "2" * 64)):
        with firm.writing() as session:
            note_received(session, key, file_key=name, sha256=sha256, at=NOW)
    with firm.reading() as session:
        found = staged_upload(session, key)
        assert found is not None
        assert (found.file_key, found.sha256, found.received_at) == ("one", "1" * 64, NOW)


def test_a_place_of_the_neighbours_takes_nothing(database: Database) -> None:
    firm, other = found_firm(database), found_firm(database, "other")
    with other.writing() as session:
        key = added(session, StagedUpload(filename="clients.xlsx", size=10)).id
    with firm.writing() as session:
        assert staged_upload(session, key) is None
        note_received(session, key, file_key="x", sha256="0" * 64, at=NOW)
    with other.reading() as session:
        found = staged_upload(session, key)
        assert found is not None
        assert found.received_at is None
