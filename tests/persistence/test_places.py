"""The firms that a password opens, found without a look at who else has signed in."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.access import Role
from domain.account import Account, Member, SignIn
from domain.standing import Door
from persistence.people.accounts import places_of
from persistence.session import Database
from tests.persistence.firms import counted, found_firm
from tests.support.databases import owner

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def test_where_somebody_was_last_comes_first_and_nobody_else_s_sign_in_is_read(
    database: Database,
) -> None:
    firms = [found_firm(database, code) for code in ("one", "two", "three")]
    with database.writing(None) as session:
        accounts = [
            Account(email=email, email_key=email, created_at=NOW)
            for email in ("a@a.example", "b@a.example")
        ]
        session.add_all(accounts)
        session.flush()
        for account in accounts:
            for firm in firms:
                member = Member(account_id=account.id, role=Role.READER, joined_at=NOW)
                member.joined_by, member.organisation_id = Door.SIGN_IN, firm.id
                session.add(member)
        session.flush()
        places = places_of(session, accounts[0].id)
        own = [one.member_id for one in places]
        for turn, place in enumerate((places[1], places[2], places[1])):
            moments = {"expires_at": NOW, "last_seen_at": NOW}
            found = SignIn(member_id=place.member_id, token_sha256=str(turn), **moments)
            found.organisation_id = place.organisation_id
            session.add(found)
            session.flush()
        first = accounts[0].id
    with database.reading(None) as session, counted(database) as sent:
        assert [one.member_id for one in places_of(session, first)] == [own[1], own[2], own[0]]
    if database.is_sqlite:
        with owner(database).connect() as connection:
            values = (None,) * sent[-1].count("?")
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sent[-1]}", values).all()
        told = [row[-1] for row in plan if "sign_in" in row[-1]]
        assert told
        assert all(one.startswith("SEARCH") for one in told), told
