"""A long file is read, checked and planned while others write: only its rows are stored in turn."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from domain.access import Role
from domain.client import Client
from domain.likeness import loose_key, name_key
from resolvers._mutation import Acting
from resolvers.taking_over._examining import Examined, examine
from resolvers.taking_over._taking import confirm, take
from schema.context import Caller
from tests.domain.examples import refused
from tests.support.api import ApiClient
from tests.support.locks import under_the_lock
from tests.support.takeover import CLEAN, WORKBOOKS, send

ROWS = 2_000
LONGEST_WAIT = 300
"""Seconds after which a test gives up instead of hanging: it is no promise of speed."""

_RECORDS = re.compile(r"FROM (?:client|project|contract|phase|collaborator|entity)\b")


def clients_file(count: int) -> bytes:
    """The Clients sheet as a CSV of `count` rows."""
    titles = "Nom du client;Adresse de facturation;Devise;N° TVA intracommunautaire"
    address = "1 rue Haute, 75011 Paris;EUR;NA"
    rows = (f"Copropriété {place:05d};{address}" for place in range(count))
    return "\n".join([titles, *rows]).encode()


def caller(api: ApiClient) -> Caller:
    return Caller(api.organisation_id, "test", Role.ADMINISTRATOR, "tests", "en")


def examined(api: ApiClient, content: bytes) -> Examined:
    return examine(api.house, caller(api), filename="clients.csv", content=content)


def named(name: str, code: str = "NEW-1") -> Client:
    return Client(
        code=code,
        name=name,
        name_key=name_key(name),
        loose_key=loose_key(name),
        billing_address="1 rue Basse",
    )


def test_a_long_file_is_planned_while_another_transaction_is_open(any_firm: ApiClient) -> None:
    """The other one writes, in the midst of it, and neither waits for the other."""
    database = any_firm.house.database
    with ThreadPoolExecutor(1) as pool, database.writing(any_firm.organisation_id) as session:
        session.add(named("Une autre fiche"))
        session.flush()
        running = pool.submit(examined, any_firm, clients_file(ROWS))
        found = running.result(timeout=LONGEST_WAIT)
        session.add(named("Encore une", "NEW-2"))
    assert (len(found.sheets[0].plan.planned), found.refused) == (ROWS, ())
    with database.writing(any_firm.organisation_id) as session:
        assert take(Acting(session, caller(any_firm), any_firm.house), found) > 0


def test_what_is_stored_in_turn_looks_at_no_record(any_firm: ApiClient) -> None:
    """Of every kind of sheet: the transaction of `importCreate` holds the rows and nothing else."""
    for kind, name in WORKBOOKS.items():
        with under_the_lock(any_firm) as told:
            review = send(any_firm, (CLEAN / name).read_bytes(), filename=name)
        assert (review["kind"], review["state"]) == (kind, "REVIEW")
        assert any("INSERT INTO import_row" in statement for statement in told)
        assert not [statement for statement in told if _RECORDS.search(statement)]


def test_what_changes_before_the_review_is_kept_makes_it_stale(any_firm: ApiClient) -> None:
    """STALE_REVIEW: nothing is written that was not shown."""
    database = any_firm.house.database
    found = examined(any_firm, clients_file(1))
    with database.writing(any_firm.organisation_id) as session:
        session.add(named("Copropriété 00000"))
    with database.writing(any_firm.organisation_id) as session:
        acting = Acting(session, caller(any_firm), any_firm.house)
        key = take(acting, found)
        session.flush()
        assert refused(lambda: confirm(acting, import_id=key)) == ["STALE_REVIEW"]
