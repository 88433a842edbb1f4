"""One key, one effect: replayed, refused with other parameters, and raced for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from domain.client import Client
from domain.trace import IdempotentCall
from persistence.idempotency import answered, remember
from persistence.session import Database, ScopedSession
from tests.domain.examples import refused
from tests.persistence.firms import Firm, a_client, again_if_beaten, at_once, found_firm, raw

CALL = {"mutation": "clientCreate", "key": "k-1", "request": "a" * 64}


def test_a_call_that_was_answered_is_answered_the_same(database: Database) -> None:
    """API.md 8."""
    firm = found_firm(database)
    with firm.writing() as session:
        assert answered(session, **CALL) is None
        remember(session, **CALL, answer={"id": 7, "lines": [1, 2]})
    with firm.reading() as session:
        assert answered(session, **CALL) == {"id": 7, "lines": [1, 2]}


def test_the_same_key_with_other_parameters_is_refused(database: Database) -> None:
    firm = found_firm(database)
    with firm.writing() as session:
        remember(session, **CALL, answer={})
    with firm.reading() as session:
        other = {**CALL, "request": "b" * 64}
        assert refused(lambda: answered(session, **other)) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]


def test_a_key_is_one_of_its_mutation_and_of_its_organisation(database: Database) -> None:
    firm, other = found_firm(database), found_firm(database, "other")
    with firm.writing() as session:
        remember(session, **CALL, answer={"id": 7})
        assert answered(session, **{**CALL, "mutation": "clientUpdate"}) is None
    with other.writing() as session:
        assert answered(session, **CALL) is None
        remember(session, **CALL, answer={"id": 8})
        assert answered(session, **CALL) == {"id": 8}


def test_an_answer_is_not_kept_without_its_effect(database: Database) -> None:
    firm = found_firm(database)

    def fail() -> None:
        with firm.writing() as session:
            session.add(a_client("CLI-2", "Tulle"))
            remember(session, **CALL, answer={})
            answered(session, **{**CALL, "request": "other"})

    assert refused(fail) == ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    assert raw(database, "SELECT count(*) FROM idempotent_call") == [(0,)]
    assert raw(database, "SELECT count(*) FROM client") == [(1,)]


def bill_once(session: ScopedSession, firm: Firm) -> dict[str, Any]:
    """An act as a mutation does it: look, act, remember, in one transaction."""
    before = answered(session, **CALL)
    if before is not None:
        return {**before, "replayed": True}
    session.execute(update(Client).values(payment_days=Client.payment_days + 1))
    days = session.scalars(select(Client.payment_days)).one()
    remember(session, **CALL, answer={"days": days})
    return {"days": days, "replayed": False}


def test_eight_calls_of_one_key_at_once_have_one_effect_and_one_answer(
    database: Database,
) -> None:
    firm = found_firm(database)

    def call(_thread: int) -> dict[str, Any]:
        def attempt() -> dict[str, Any]:
            with firm.writing() as session:
                return bill_once(session, firm)

        return again_if_beaten(attempt)

    answers = at_once(8, call)
    assert {answer["days"] for answer in answers} == {31}
    assert sorted(answer["replayed"] for answer in answers) == [False, *[True] * 7]
    assert raw(database, "SELECT payment_days FROM client") == [(31,)]
    with firm.reading() as session:
        assert len(session.scalars(select(IdempotentCall)).all()) == 1
