"""Confirming a review: everything it shows or nothing, once, whatever happens at the same time."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.api.takeover.reviews import client, codes, reviewed, rows_of, skip, take, written
from tests.api.takeover.sheets import CLIENT, PERSON, PHASE, PROJECT, Cells, book, without
from tests.support.api import ApiClient, Refused
from tests.support.databases import owner
from tests.support.takeover import confirm, send

KNOWN: Cells = {
    "B": "Foncière des Tilleuls Argentés",
    "C": "CLI-0001",
    "D": "1 place Neuve\n69001 Lyon",
    "E": "EUR",
    "G": "FR34517125696",
    "N": "51712569600032",
}
"""The first client of the prepared firm, who moved."""

CLIENT_UPDATE = """
mutation($id: ID!, $days: Int) {
  clientUpdate(input: { id: $id, paymentDays: $days }) {
    node { version } userErrors { code }
  }
}
"""
REVIEW_AGAIN = """
mutation($id: ID!) {
  importReviewAgain(importId: $id) {
    importFile { id state reviewHash counts { red yellow green create update unchanged skipped } }
    userErrors { code message }
  }
}
"""
CANCEL = """
mutation($id: ID!) {
  importCancel(importId: $id) { importFile { state } userErrors { code message } }
}
"""
TOTALS = """{
  clients { totalCount } projects { totalCount } collaborators { totalCount }
  imports { totalCount }
}"""


def totals(api: ApiClient) -> dict[str, int]:
    """How many records there are, imports left out."""
    found = api.query(TOTALS)
    return {noun: found[noun]["totalCount"] for noun in ("clients", "projects", "collaborators")}


def state(api: ApiClient, review: dict[str, Any]) -> str:
    query = "query($id: ID!) { importFile(id: $id) { state } }"
    return str(api.query(query, id=review["id"])["importFile"]["state"])


def edit(api: ApiClient, code: str, days: int) -> None:
    """Somebody changes a client by hand."""
    found = client(api, code)
    assert found is not None
    answer = api.query(CLIENT_UPDATE, id=found["id"], days=days)["clientUpdate"]
    assert answer["userErrors"] == []


# Nothing before, all or nothing then


def test_nothing_is_written_before_the_confirmation(any_firm: ApiClient) -> None:
    """A25: neither by sending, nor by skipping, nor by looking again."""
    before, known = totals(any_firm), client(any_firm, "CLI-0001")
    for kind, row in (("clients", CLIENT), ("projects", PROJECT), ("collaborators", PERSON)):
        review, _ = reviewed(any_firm, book(kind, row))
        skip(any_firm, review, rows=[2])
        skip(any_firm, review, rows=[2], skipped=False)
        any_firm.query(REVIEW_AGAIN, id=review["id"])
    review, _ = reviewed(any_firm, book("clients", KNOWN))
    assert totals(any_firm) == before
    assert client(any_firm, "CLI-0001") == known


def test_a_review_that_was_given_up_writes_nothing_any_more(any_firm: ApiClient) -> None:
    """A25: it can be neither confirmed nor changed, and giving it up twice says so."""
    review, _ = reviewed(any_firm, book("clients", CLIENT))
    answer = any_firm.query(CANCEL, id=review["id"])["importCancel"]
    assert answer["importFile"]["state"] == "CANCELLED"
    assert codes(confirm(any_firm, review)) == ["IMPORT_NOT_IN_REVIEW"]
    for mutation, name in ((CANCEL, "importCancel"), (REVIEW_AGAIN, "importReviewAgain")):
        assert codes(any_firm.query(mutation, id=review["id"])[name]) == ["IMPORT_NOT_IN_REVIEW"]
    assert client(any_firm, "CLI-9001") is None


BROKEN = {
    "sqlite": (
        "CREATE TRIGGER broken BEFORE INSERT ON contact WHEN NEW.name = 'Zoé'"
        " BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION burn() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the disk is on fire'; END $$",
        "CREATE TRIGGER broken BEFORE INSERT ON contact FOR EACH ROW"
        " WHEN (NEW.name = 'Zoé') EXECUTE FUNCTION burn()",
    ),
}
"""The last of the tables that a file of clients writes to refuses one row."""


def test_a_fault_in_the_middle_leaves_nothing_behind(any_firm: ApiClient) -> None:
    """A25: one transaction: the clients are already written when the contacts break."""
    engine = owner(any_firm.house.database)
    with engine.begin() as connection:
        for statement in BROKEN[engine.dialect.name]:
            connection.execute(text(statement))
    before, known = totals(any_firm), client(any_firm, "CLI-0001")
    review, _ = reviewed(any_firm, book("clients", KNOWN, {**CLIENT, "I": "Zoé"}))
    key = str(uuid4())
    with capture_logs() as noted, pytest.raises(Refused) as refused:
        confirm(any_firm, review, warnings=True, key=key)
    assert [entry["event"] for entry in noted] == ["bug", "request"]
    (error,) = refused.value.errors
    assert error["extensions"]["code"] == "INTERNAL_ERROR"
    assert "fire" not in str(error)
    assert (totals(any_firm), client(any_firm, "CLI-0001")) == (before, known)
    assert state(any_firm, review) == "REVIEW"

    with engine.begin() as connection:
        table = "" if engine.dialect.name == "sqlite" else " ON contact"
        connection.execute(text(f"DROP TRIGGER broken{table}"))
    answer = confirm(any_firm, review, warnings=True, key=key)
    assert (codes(answer), answer["replayed"]) == ([], False)
    assert client(any_firm, "CLI-9001") is not None


# What was seen is what is written


def test_a_hash_from_before_a_skip_is_stale(any_firm: ApiClient) -> None:
    """A25, A23: another window skipped a row; what this one shows is no longer so."""
    review, _ = reviewed(any_firm, book("clients", CLIENT, {**CLIENT, "B": "B", "C": "B1"}))
    skip(any_firm, review, rows=[3])
    answer = confirm(any_firm, review, warnings=True)
    assert codes(answer) == ["STALE_REVIEW"]
    assert client(any_firm, "CLI-9001") is None
    skip(any_firm, review, rows=[3], skipped=False)
    assert written(any_firm, review)["state"] == "APPLIED"


@pytest.mark.parametrize("hash", ["", "0" * 64, "x"])
def test_a_hash_that_was_made_up_is_stale(firm: ApiClient, hash: str) -> None:
    """A25: there is no way to confirm without having looked."""
    review, _ = reviewed(firm, book("clients", CLIENT))
    assert codes(confirm(firm, {**review, "reviewHash": hash})) == ["STALE_REVIEW"]
    assert client(firm, "CLI-9001") is None


@pytest.mark.parametrize("skipped", [False, True])
def test_a_record_that_somebody_edited_meanwhile_makes_the_review_stale(
    any_firm: ApiClient, skipped: bool
) -> None:
    """A25: nothing is written over an edit that nobody saw; looking again shows it."""
    review, _ = reviewed(any_firm, book("clients", CLIENT, KNOWN))
    if skipped:
        review = skip(any_firm, review, rows=[3])
    edit(any_firm, "CLI-0001", 77)
    answer = confirm(any_firm, review, warnings=True)
    assert codes(answer) == ["STALE_REVIEW"]
    assert client(any_firm, "CLI-9001") is None
    again = any_firm.query(REVIEW_AGAIN, id=review["id"])["importReviewAgain"]["importFile"]
    assert again["reviewHash"] != review["reviewHash"]
    written(any_firm, {**review, **again})
    found = client(any_firm, "CLI-0001")
    assert found is not None
    assert found["paymentDays"] == 77
    assert (found["billingAddress"] == KNOWN["D"]) is not skipped


def test_a_contact_that_somebody_edited_meanwhile_makes_the_review_stale(
    any_firm: ApiClient,
) -> None:
    """A25: what is written beside a record counts as much as the record."""
    review, rows = reviewed(any_firm, book("clients", {**KNOWN, "I": "Nouvelle personne"}))
    assert "contactName" in {change["field"] for change in rows[2]["changes"]}
    other, _ = reviewed(any_firm, book("clients", {**KNOWN, "I": "Quelqu'un d'autre"}))
    written(any_firm, other)
    assert codes(confirm(any_firm, review, warnings=True)) == ["STALE_REVIEW"]


@pytest.mark.parametrize(
    ("kind", "row"), [("clients", CLIENT), ("projects", PROJECT), ("phases", PHASE)]
)
def test_a_record_made_meanwhile_makes_the_review_stale(
    any_firm: ApiClient, kind: str, row: Cells
) -> None:
    """A25: two people send one file: the second confirmation creates nothing twice."""
    first, _ = reviewed(any_firm, book(kind, row))
    second, _ = reviewed(any_firm, book(kind, row))
    written(any_firm, first)
    answer = confirm(any_firm, second, warnings=True)
    assert codes(answer) == ["STALE_REVIEW"]
    assert "2" in answer["userErrors"][0]["message"]
    again = any_firm.query(REVIEW_AGAIN, id=second["id"])["importReviewAgain"]["importFile"]
    assert (again["counts"]["create"], again["counts"]["unchanged"]) == (0, 1)
    assert [row["outcome"] for row in rows_of(any_firm, second).values()] == ["UNCHANGED"]


def test_a_reference_that_leads_elsewhere_meanwhile_makes_the_review_stale(
    any_firm: ApiClient,
) -> None:
    """A25, O17: the client named by the file took another name, and another took that one."""
    first = {**without(CLIENT, "N"), "C": "CLI-9001", "B": "Alpha"}
    written(any_firm, reviewed(any_firm, book("clients", first))[0])
    review, _ = reviewed(any_firm, book("projects", {**PROJECT, "D": "Alpha"}))
    renamed = [{**first, "B": "Beta"}, {**first, "C": "CLI-9002"}]
    for row in renamed:
        written(any_firm, reviewed(any_firm, book("clients", row))[0])
    assert codes(confirm(any_firm, review, warnings=True)) == ["STALE_REVIEW"]


# Once


def test_the_same_key_again_is_the_same_answer(any_firm: ApiClient) -> None:
    """A25: a confirmation whose answer was lost may be sent again; nothing new happens."""
    review, _ = reviewed(any_firm, book("clients", CLIENT, KNOWN))
    key = str(uuid4())
    first = confirm(any_firm, review, warnings=True, key=key)
    assert (codes(first), first["replayed"]) == ([], False)
    before = totals(any_firm), client(any_firm, "CLI-0001")
    for _ in range(2):
        again = confirm(any_firm, review, warnings=True, key=key)
        assert again == {**first, "replayed": True}
    assert (totals(any_firm), client(any_firm, "CLI-0001")) == before


def test_another_key_is_refused_once_it_was_applied(any_firm: ApiClient) -> None:
    """A25: an import is applied once."""
    review, _ = reviewed(any_firm, book("clients", CLIENT))
    written(any_firm, review)
    answer = confirm(any_firm, review)
    assert codes(answer) == ["IMPORT_NOT_IN_REVIEW"]
    assert "is applied" in answer["userErrors"][0]["message"]


def test_a_key_is_of_one_request(any_firm: ApiClient) -> None:
    """A25: the same key with other parameters is a mistake of the caller, told as such."""
    review, _ = reviewed(any_firm, book("clients", CLIENT))
    other, _ = reviewed(any_firm, book("collaborators", PERSON))
    written(any_firm, review, key="once")
    for asked, choices in ((other, {}), (review, {"red": True})):
        answer = confirm(any_firm, asked, **{"warnings": True, **choices}, key="once")
        assert codes(answer) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert state(any_firm, other) == "REVIEW"


def test_a_key_used_for_nothing_may_be_used_again(any_firm: ApiClient) -> None:
    """A25: a refusal wrote nothing, not even the key."""
    review, _ = reviewed(any_firm, book("clients", CLIENT, KNOWN))
    assert codes(confirm(any_firm, review, key="once")) == ["WARNINGS_NOT_ACCEPTED"]
    assert codes(confirm(any_firm, review, key="once", warnings=True)) == []


@pytest.mark.parametrize("key", ["", "k" * 129])
def test_a_key_has_a_length(any_firm: ApiClient, key: str) -> None:
    """A25: told before the database is asked, on either of the two."""
    review, _ = reviewed(any_firm, book("clients", CLIENT))
    answer = confirm(any_firm, review, key=key)
    assert codes(answer) == ["FIELD_INVALID"]
    assert answer["userErrors"][0]["field"] == ["idempotencyKey"]
    assert client(any_firm, "CLI-9001") is None


# At the same time


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What the acts answered, started together in threads."""
    answers: list[Any] = [None] * len(acts)
    start = Barrier(len(acts))

    def run(place: int, act: Callable[[], Any]) -> None:
        start.wait()
        answers[place] = act()

    threads = [Thread(target=run, args=entry) for entry in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_of_confirmations_at_once_exactly_one_applies(any_firm: ApiClient) -> None:
    """A25: three people press Confirmer."""
    rows = [{**CLIENT, "B": f"Client {n}", "C": f"AT-{n}", "N": None} for n in range(60)]
    review, _ = reviewed(any_firm, book("clients", *rows))
    before = totals(any_firm)["clients"]
    answers = at_once(*[lambda: confirm(any_firm, review, warnings=True)] * 3)
    told = sorted(codes(answer) for answer in answers)
    assert told == [[], ["IMPORT_NOT_IN_REVIEW"], ["IMPORT_NOT_IN_REVIEW"]]
    assert totals(any_firm)["clients"] == before + 60


def test_one_confirmation_sent_three_times_at_once_is_answered_three_times(
    any_firm: ApiClient,
) -> None:
    """A25: an impatient program repeats its own request, with its own key."""
    review, _ = reviewed(any_firm, book("clients", CLIENT))
    before = totals(any_firm)["clients"]
    act = lambda: confirm(any_firm, review, key="impatient")  # noqa: E731
    answers = at_once(act, act, act)
    assert [codes(answer) for answer in answers] == [[], [], []]
    assert sorted(answer["replayed"] for answer in answers) == [False, True, True]
    assert {answer["importFile"]["state"] for answer in answers} == {"APPLIED"}
    assert totals(any_firm)["clients"] == before + 1


def test_of_two_files_with_one_new_client_at_once_one_is_stale(any_firm: ApiClient) -> None:
    """A25: the database has the last word, and it is put into words."""
    reviews = [send(any_firm, book("clients", {**CLIENT, "M": days})) for days in (30, 45)]
    before = totals(any_firm)["clients"]
    answers = at_once(*[lambda one=one: confirm(any_firm, one, warnings=True) for one in reviews])
    assert sorted(codes(answer) for answer in answers) == [[], ["STALE_REVIEW"]]
    assert totals(any_firm)["clients"] == before + 1


def test_of_two_files_that_change_the_same_clients_at_once_one_is_stale(
    any_firm: ApiClient,
) -> None:
    """A25: also when one goes through them from the top and the other from the bottom."""
    clients: list[Cells] = [
        {**CLIENT, "B": f"Client {n}", "C": f"AT-{n}", "N": None} for n in range(120)
    ]
    take(any_firm, "clients", *clients)
    changes: list[Cells] = [{"M": 45}, {"M": 60, "Q": "Vu"}]
    for cells in changes:
        # Half of the rows change one column more, so that the database meets them in two groups.
        changed: list[Cells] = [
            {**row, **(cells if n % 2 else {"M": 75})} for n, row in enumerate(clients)
        ]
        reviews = [send(any_firm, book("clients", *rows)) for rows in (changed, changed[::-1])]
        answers = at_once(
            *[lambda one=one: confirm(any_firm, one, warnings=True) for one in reviews]
        )
        assert sorted(codes(answer) for answer in answers) == [[], ["STALE_REVIEW"]]


def test_skipping_and_confirming_at_once_never_writes_what_was_skipped(
    any_firm: ApiClient,
) -> None:
    """A25, A23: whichever comes first, the other is told."""
    review, _ = reviewed(any_firm, book("clients", CLIENT, {**CLIENT, "B": "B", "C": "B1"}))
    _, answer = at_once(
        lambda: any_firm.query(
            "mutation($id: ID!) { importRowsSkip(input: { importId: $id, rows: [3] })"
            " { userErrors { code } } }",
            id=review["id"],
        ),
        lambda: confirm(any_firm, review, warnings=True),
    )
    if codes(answer):
        assert codes(answer) == ["STALE_REVIEW"]
        assert (client(any_firm, "B1"), state(any_firm, review)) == (None, "REVIEW")
    else:
        assert client(any_firm, "B1") is not None
        assert not any(row["skipped"] for row in rows_of(any_firm, review).values())


def test_sending_the_same_file_at_once_opens_a_review_each(any_firm: ApiClient) -> None:
    """A20: neither is lost, and nothing is written."""
    content = book("clients", CLIENT)
    before = totals(any_firm)
    reviews = at_once(*[lambda: send(any_firm, content)] * 3)
    assert len({review["id"] for review in reviews}) == 3
    assert {review["state"] for review in reviews} == {"REVIEW"}
    assert totals(any_firm) == before
