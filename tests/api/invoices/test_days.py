"""Which day it is: the firm's own, wherever the server stands and whatever its clock shows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.access import Role
from persistence.organisations import the_organisation
from tests.api.invoices.acts import account_line, blank, change, codes, final
from tests.support.api import ApiClient
from tests.support.prepared import Calendar
from tests.support.takeover import phases_of, project

PROGRESS = """
mutation($phase: ID!) {
  progressRecord(input: { phaseId: $phase, percent: "100" }) {
    phase { progressUpdates { asOf } } userErrors { code }
  }
}
"""


def in_zone(api: ApiClient, *, country: str = "FR", time_zone: str | None = None) -> ApiClient:
    """A caller of the firm, moved to that country or set to that zone."""
    with api.house.database.writing(api.organisation_id) as session:
        organisation = the_organisation(session)
        organisation.country = country
        organisation.settings = {**organisation.settings, "time_zone": time_zone}
    return api.with_role(Role.ADMINISTRATOR)


def at(calendar: Calendar, moment: str) -> None:
    calendar.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)


def ready(api: ApiClient) -> str:
    invoice: str = blank(api)["id"]
    change(api, invoice, lines=[account_line("100")])
    return invoice


@pytest.mark.parametrize(
    ("zone", "moment", "day", "number"),
    [
        # Half past midnight in La Réunion, the evening before in Paris and in London.
        ({"country": "RE"}, "2026-11-21T20:30", "2026-11-22", "PAR26-00001"),
        ({"country": "FR"}, "2026-11-21T20:30", "2026-11-21", "PAR26-00001"),
        # Half past midnight in Paris, still yesterday by the clock of the server.
        ({"country": "FR"}, "2026-11-21T23:30", "2026-11-22", "PAR26-00001"),
        # Summer time is two hours ahead.
        ({"country": "FR"}, "2026-07-13T22:30", "2026-07-14", "PAR26-00001"),
        # The new year has come to Paris, and not yet to Guadeloupe: another series each.
        ({"country": "FR"}, "2026-12-31T23:30", "2027-01-01", "PAR27-00001"),
        ({"country": "GP"}, "2027-01-01T03:30", "2026-12-31", "PAR26-00001"),
        # What the firm chose goes before its country.
        ({"time_zone": "Pacific/Noumea"}, "2026-11-21T13:30", "2026-11-22", "PAR26-00001"),
    ],
)
def test_an_invoice_bears_the_firms_own_day(
    any_firm: ApiClient,
    calendar: Calendar,
    zone: dict[str, str],
    moment: str,
    day: str,
    number: str,
) -> None:
    """F23: the issue date and the year of the number are those of the place it is issued in."""
    at(calendar, moment)
    api = in_zone(any_firm, **zone)
    invoice = final(api, ready(api))["invoice"]
    assert (invoice["issueDate"], invoice["number"]) == (day, number)


def test_tomorrow_has_come_where_the_firm_is(firm: ApiClient, calendar: Calendar) -> None:
    """ISSUE_DATE_IN_FUTURE speaks of the firm's calendar."""
    at(calendar, "2026-11-21T20:30")
    paris = in_zone(firm)
    assert codes(final(paris, ready(paris), day="2026-11-22")) == ["ISSUE_DATE_IN_FUTURE"]
    reunion = in_zone(firm, country="RE")
    assert codes(final(reunion, ready(reunion), day="2026-11-22")) == []
    assert codes(final(reunion, ready(reunion), day="2026-11-23")) == ["ISSUE_DATE_IN_FUTURE"]


def test_progress_is_recorded_on_the_firms_own_day(firm: ApiClient, calendar: Calendar) -> None:
    at(calendar, "2026-11-21T20:30")
    api = in_zone(firm, country="RE")
    phase = phases_of(project(api, "PAT-2501"))[0]["id"]
    recorded = api.query(PROGRESS, phase=phase)["progressRecord"]["phase"]["progressUpdates"]
    assert "2026-11-22" in [update["asOf"] for update in recorded]
