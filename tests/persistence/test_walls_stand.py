"""The walls stand for every table, are mended, and need no rights of who serves."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import MetaData, Table, func, select, text
from sqlalchemy.exc import ProgrammingError

from domain.access import Role
from domain.account import Account, Member
from domain.client import Client
from domain.records import METADATA
from persistence import wall_roles, walls
from persistence.engine import APP_ROLE, HOUSE_ROLE
from persistence.migrate import _MIGRATING, is_current, is_walled, migrate
from persistence.session import Database, tried_out
from persistence.wall_roles import RolesRefused, make_roles
from persistence.walls import GRANTED, Unwalled
from tests.persistence.audits import NOON
from tests.persistence.firms import at_once, found_firm, raw, without_the_first_wall
from tests.support.databases import owner
from tests.support.postgres import PostgresServer

AUDIT = {
    "audit_act": {"SELECT"},
    "audit_change": {"SELECT", "UPDATE"},
    "audit_entry": {"SELECT", "INSERT"},
    "audit_head": {"SELECT", "INSERT", "UPDATE"},
}
SCOPED = {table.name for table in METADATA.sorted_tables if "organisation_id" in table.c}


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.close()


def test_every_table_has_its_wall(postgres_database: Database) -> None:
    """A new record is walled in by being a record; one of no organisation must say who sees it."""
    with owner(postgres_database).connect() as connection:
        policies = connection.execute(
            text(
                "SELECT tablename, roles::text[], cmd, qual, with_check FROM pg_policies"
                " ORDER BY 1, 2"
            )
        ).all()
        rights = connection.execute(
            text(
                "SELECT relname, relrowsecurity, pg_get_userbyid(relowner) FROM pg_class"
                " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')"
            )
        ).all()
    walled_in = {name for name, is_walled_in, _ in rights if is_walled_in}
    assert walled_in == {name for name, *_ in rights} - {"alembic_version"}
    assert walled_in == METADATA.tables.keys()
    assert {owner_of for _, _, owner_of in rights}.isdisjoint({APP_ROLE, HOUSE_ROLE})
    by_table: dict[str, list[Any]] = {}
    for name, roles, command, seen, checked in policies:
        assert (command, seen) == ("ALL", checked)
        by_table.setdefault(name, []).append((roles, seen))
    for name in METADATA.tables:
        (app, seen), (house, all_of) = by_table[name]
        assert (app, house, all_of) == ([APP_ROLE], [HOUSE_ROLE], "true")
        if name in SCOPED:
            assert "organisation_id = " in seen
            assert "jalon.organisation" in seen, name
        elif name != "tally":
            assert "jalon" in seen, name


def test_the_grants_are_complete_and_no_more(postgres_database: Database) -> None:
    with owner(postgres_database).connect() as connection:
        for role in (APP_ROLE, HOUSE_ROLE):
            attributes = connection.execute(
                text(
                    "SELECT rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb,"
                    " EXISTS (SELECT FROM pg_class WHERE relowner = r.oid)"
                    " FROM pg_roles r WHERE rolname = :r"
                ),
                {"r": role},
            ).one()
            assert not any(attributes)
            for name, table in METADATA.tables.items():
                wanted = {"SELECT", "INSERT", "UPDATE", "DELETE"}
                if name == "account" and role == APP_ROLE:
                    wanted = {"SELECT"}
                wanted = AUDIT.get(name, wanted)
                assert set(table.info.get(GRANTED, wanted)) == wanted
                held = {
                    one
                    for one in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER")
                    if connection.scalar(
                        text("SELECT has_table_privilege(:r, :t, :p)"),
                        {"r": role, "t": name, "p": one},
                    )
                }
                assert held == wanted, (role, name)
                drawn = text(
                    "SELECT has_sequence_privilege(:r, pg_get_serial_sequence(:t, 'id'), 'USAGE')"
                )
                if table.autoincrement_column is not None:
                    assert connection.scalar(drawn, {"r": role, "t": name}), (role, name)


def test_what_runs_as_the_owner_is_pinned_and_nobodys_to_use(postgres_database: Database) -> None:
    """Whoever could hang the audit's on a table of their own would write it for any firm."""
    found = raw(
        postgres_database,
        "SELECT proname, proconfig, has_function_privilege('public', oid, 'EXECUTE'),"
        " has_function_privilege('jalon_app', oid, 'EXECUTE') FROM pg_proc"
        " WHERE prosecdef AND pronamespace = 'public'::regnamespace ORDER BY proname",
    )
    assert [(name, for_all, for_us) for name, _, for_all, for_us in found] == [
        ("audited", False, False),
        ("jalon_learn", False, True),
        ("tell_erasure", False, False),
    ]
    pinned = raw(
        postgres_database,
        "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        " AND (prosecdef OR proname IN ('jalon_accounts', 'keep_audit')) ORDER BY proname",
    )
    assert [name for name, _ in pinned] == [
        "audited",
        "jalon_accounts",
        "jalon_learn",
        "keep_audit",
        "tell_erasure",
    ]
    assert all(set_to == ["search_path=pg_catalog, pg_temp"] for _, set_to in pinned)
    firm = found_firm(postgres_database)
    for function in ("audited('{}', '{}', '{}', 'row')", "tell_erasure()"):
        hung = text(
            f"CREATE TRIGGER told AFTER INSERT ON theirs FOR EACH ROW EXECUTE FUNCTION {function}"
        )
        with firm.writing() as session, tried_out(session):
            session.execute(text("CREATE TEMP TABLE theirs (id bigint, organisation_id bigint)"))
            with (
                pytest.raises(ProgrammingError, match="permission denied for function"),
                session.begin_nested(),
            ):
                session.execute(hung)


def migrated_by_another(logins: dict[str, str], administers: Database) -> None:
    with pytest.raises(RolesRefused) as refused:
        migrate(logins["owns"], serving=logins["serves"])
    with owner(administers).begin() as connection:
        for statement in refused.value.statements:
            connection.execute(text(statement))
    migrate(logins["owns"], serving=logins["serves"])


def test_a_temporary_table_stands_in_for_none_of_ours(logins: dict[str, str]) -> None:
    """Else its triggers would run as the owner of the tables, and the wall would ask it who we are.

    The roles may make none; here they may, as in a database whose owner is somebody else.
    """
    administers, serving = Database(logins["administers"]), Database(logins["serves"])
    migrated_by_another(logins, administers)
    ours, theirs = (found_firm(serving, code) for code in ("one", "two"))
    with serving.writing(None) as session:
        for email, firm in (("a@jalon.test", ours), ("b@jalon.test", theirs)):
            account = Account(email=email, email_key=email, created_at=NOON)
            session.add(account)
            session.flush()
            member = Member(account_id=account.id, role=Role.READER)
            member.organisation_id = firm.id
            session.add(member)
    asked = text("SELECT has_database_privilege(:r, current_database(), 'TEMPORARY')")
    with owner(administers).begin() as connection:
        for role in (APP_ROLE, HOUSE_ROLE, "public"):
            assert not connection.scalar(asked, {"r": role})
        name = connection.scalar(text("SELECT current_database()"))
        connection.execute(text(f"GRANT TEMPORARY ON DATABASE {name} TO PUBLIC"))
    with ours.writing() as session, tried_out(session):
        assert session.scalars(text("SELECT email FROM account")).all() == ["a@jalon.test"]
        session.execute(
            text("CREATE TEMP TABLE member AS SELECT n AS account_id FROM generate_series(1, 9) n")
        )
        session.execute(text("GRANT ALL ON pg_temp.member TO PUBLIC"))
        session.execute(text("CREATE TEMP TABLE audit_change (LIKE public.audit_change)"))
        session.execute(text("GRANT ALL ON pg_temp.audit_change TO PUBLIC"))
        session.execute(
            text(
                "CREATE FUNCTION pg_temp.taken() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'ran as %', current_user; END $$"
            )
        )
        session.execute(
            text(
                "CREATE TRIGGER taken BEFORE INSERT ON pg_temp.audit_change"
                " FOR EACH ROW EXECUTE FUNCTION pg_temp.taken()"
            )
        )
        assert session.scalars(text("SELECT email FROM public.account")).all() == ["a@jalon.test"]
        # Tells of a client, and of what is erased.
        session.execute(text("UPDATE public.client SET comment = 'x'"))
        erased: Any = session.execute(
            text(
                "UPDATE public.audit_change SET before = NULL, after = NULL, salt = NULL,"
                " erased_at = now() WHERE id = (SELECT min(id) FROM public.audit_change)"
            )
        )
        assert erased.rowcount == 1
        told = "SELECT count(*) FROM public.audit_change WHERE record = 'audit_change'"
        assert session.scalar(text(told)) == 1
    serving.close()
    administers.close()


def test_a_table_that_nobody_walled_in_is_refused() -> None:
    beside = Table("beside", MetaData())
    with pytest.raises(Unwalled, match="beside"):
        walls._wall_of(beside)


def test_what_is_missing_of_the_walls_is_told_and_put_up_again(postgres_url: str) -> None:
    database = Database(postgres_url)
    assert is_walled(database.engine)
    name = raw(
        database,
        "SELECT polname FROM pg_policy p JOIN pg_class c ON c.oid = polrelid"
        " WHERE relname = 'client' AND polname LIKE 'jalon_app%'",
    )[0][0]
    for breach in (
        "ALTER TABLE client DISABLE ROW LEVEL SECURITY",
        f'DROP POLICY "{name}" ON client',
        "CREATE POLICY open ON invoice USING (true)",
        "CREATE POLICY open_for_us ON invoice TO jalon_app USING (true)",
        "REVOKE SELECT ON project FROM jalon_app",
        "GRANT TRUNCATE ON project TO jalon_app",
        "GRANT INSERT ON account TO jalon_app",
        "REVOKE ALL ON client_id_seq FROM jalon_house",
        "DROP FUNCTION jalon_learn",
        "ALTER FUNCTION jalon_accounts RESET search_path",
        "REVOKE SELECT ON alembic_version FROM jalon_house",
    ):
        with owner(database).begin() as connection:
            connection.execute(text(breach))
        assert not is_walled(database.engine), breach
        migrate(postgres_url)
        assert is_walled(database.engine), breach
    assert is_current(database.engine)
    database.close()


# Who migrates, and who serves


def test_a_login_of_no_rights_serves_what_another_migrates(logins: dict[str, str]) -> None:
    administers = Database(logins["administers"])
    with pytest.raises(RolesRefused) as refused:
        migrate(logins["owns"], serving=logins["serves"])
    # Nothing was done; what it says is what an administrator runs.
    assert raw(administers, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    with owner(administers).begin() as connection:
        for statement in refused.value.statements:
            connection.execute(text(statement))
    migrate(logins["owns"], serving=logins["serves"])
    serving = Database(logins["serves"])
    assert is_walled(serving.engine)
    firms = [found_firm(serving, code) for code in ("one", "two")]
    with without_the_first_wall():
        for firm in firms:
            with firm.reading() as session:
                assert session.scalars(select(Client.organisation_id)).all() == [firm.id]
        with pytest.raises(ProgrammingError), owner(serving).connect() as connection:
            connection.execute(text("SELECT * FROM client"))
    with owner(serving).begin() as connection:
        connection.execute(text("CREATE TABLE jalon_jobs.theirs (id bigint)"))
    serving.close()
    administers.close()


def test_roles_are_made_by_several_at_once(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are of the whole cluster: databases of it may be migrated at the same time."""
    database = Database(postgres.dsn)
    mark = uuid.uuid4().hex[:8]
    roles, login = (f"jalon_a_{mark}", f"jalon_b_{mark}"), f"jalon_c_{mark}"
    monkeypatch.setattr(wall_roles, "ROLES", roles)
    with owner(database).begin() as connection:
        connection.execute(text(f"CREATE ROLE {login} LOGIN NOINHERIT"))

    def make(_number: int) -> None:
        with owner(database).begin() as connection:
            make_roles(connection, (login,))

    at_once(4, make)
    with owner(database).begin() as connection:
        asked = text("SELECT pg_has_role(:login, :role, 'MEMBER')")
        assert all(connection.scalar(asked, {"login": login, "role": role}) for role in roles)
        for role in (*roles, login):
            connection.execute(text(f"DROP ROLE {role}"))
    database.close()


def test_two_migrations_of_a_database_come_one_after_the_other(postgres_url: str) -> None:
    database = Database(postgres_url)
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with ThreadPoolExecutor(1) as pool, owner(database).connect() as connection:
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
        second = pool.submit(migrate, postgres_url)
        while not connection.scalar(waiting):
            assert not second.done()
        connection.rollback()
        second.result(timeout=60)
    assert is_walled(database.engine)
    database.close()
