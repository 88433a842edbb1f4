"""What the audit tells of an erased person goes too, and it still verifies (GDPR art. 17)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from domain.access import Role
from domain.account import Account, Identity, Member, SignIn
from domain.audit import INSTALLATION, AuditChange
from domain.collaborator import Collaborator
from domain.project.model import Project
from domain.standing import Actor, Door, Standing
from persistence.files import Files
from resolvers.overseeing import forgetting
from resolvers.overseeing._forgetting import export_person
from schema.context import Caller
from tests.api.privacy.marking import (
    EMAIL,
    FIRST,
    LAST,
    MARKS,
    NAME,
    PHONE,
    a_collaborator,
    a_contact,
    is_sound,
    left,
    left_in_audit,
)
from tests.api.privacy.test_erasure import EXPORT, codes, erase
from tests.support.api import ApiClient, Refused

FORMER = f"{FIRST} Kerdoncuff"


class Broken(Exception):
    """The process ends between two transactions."""


def test_an_erasure_that_is_broken_off_is_ended_by_asking_again(
    any_firm: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first transaction is committed, what it wrote still is in the audit; any key mends it."""
    api = any_firm

    def breaks(*_: Any) -> None:
        raise Broken

    makers: tuple[Callable[[ApiClient], str], ...] = (a_collaborator, a_contact)
    for made, key in zip(makers, ("first", "another"), strict=True):
        subject = made(api)
        with monkeypatch.context() as patched:
            patched.setattr(forgetting, "forget_the_rest", breaks)
            with pytest.raises(Refused):
                erase(api, subject, key="first" + subject)
        # Their records are neutral: only the audit still knows them.
        assert {table for table, _ in left(api)} == {"audit_change"}
        again = erase(api, subject, key=key + subject)
        assert [codes(again), again["replayed"]] == [[], key == "first"]
        assert left(api) == set()
        assert is_sound(api)
        assert erase(api, subject, key="last" + subject)["erased"] == []


def test_the_audit_forgets_what_no_record_knows_any_more(any_firm: ApiClient) -> None:
    """Former names, sign-ins and identities that are gone, and what the installation was told."""
    api = any_firm
    subject = a_collaborator(api)
    database, number = api.house.database, int(subject.rpartition("_")[2])
    with database.writing(api.organisation_id) as session:
        person = session.get_one(Collaborator, number)
        member = session.scalars(select(Member)).one()
        person.last_name = "Kerdoncuff"
        project = session.scalars(select(Project)).first()
        assert project is not None
        project.tags = f"À voir avec {FORMER}"
        project_id, member_id = project.id, member.id
    with database.writing(api.organisation_id) as session:
        session.get_one(Collaborator, number).last_name = LAST
        session.get_one(Project, project_id).tags = None
    with database.writing(None) as session:
        # By nobody who stands in a firm.
        session.execute(update(Account).values(name=NAME.upper()))
        session.execute(update(Account).values(name=NAME))
    actor = Actor(Door.SIGN_IN, NAME, f"member_{member_id}")
    for moment in range(2):
        with database.writing(Standing(api.organisation_id, actor, "projectUpdate")) as session:
            session.get_one(Project, project_id).works_minor = moment
    assert FORMER.casefold() in audited(api)

    file = api.query(EXPORT, id=subject)["personExport"]["download"]["url"]
    told = json.loads(api.get(file.removeprefix("http://testserver")))["audit"]
    (acts,) = told["acts"]
    assert [acts["act"], acts["count"]] == ["projectUpdate", 2]
    assert {"collaborator", "account", "member", "sign_in", "identity", "project"} <= {
        one["record"] for one in told["changes"]
    }
    assert f"À voir avec {FORMER}" in [
        text for one in told["changes"] for text in one.get("texts", ())
    ]

    done = erase(api, subject)
    assert codes(done) == []
    kept = {(one["what"], one["reason"], one["count"]) for one in done["kept"]}
    assert kept == {("audit_entry", "AUDIT", 2)}
    for mark in (*MARKS, FORMER, EMAIL, PHONE, "192.0.2.77", f"C-{LAST}"):
        assert mark.casefold() not in audited(api), mark
    assert left_in_audit(api) == set()
    assert {column for _, column in left(api)} == {"actor_name"}
    with database.reading(None) as session:
        for record in (SignIn, Identity):
            assert session.scalars(select(record)).all() == []
    assert is_sound(api)


def audited(api: ApiClient) -> str:
    """All that the audits of the firm and of the installation tell, in small letters."""
    with api.house.database.reading(None) as session:
        ours = AuditChange.organisation_id.in_((api.organisation_id, INSTALLATION))
        sides = [
            json.loads(side)
            for one in session.scalars(select(AuditChange).where(ours))
            for side in (one.before, one.after)
            if side is not None
        ]
    return json.dumps(sides, ensure_ascii=False).casefold()


class WhileAnotherWrites(Files):
    """A store that takes a file only while somebody else has the writer's turn."""

    def __init__(self, api: ApiClient) -> None:
        super().__init__(api.house.files._store)
        self._database, self._firm = api.house.database, api.organisation_id

    def put(self, key: str, content: bytes) -> None:
        with self._database.writing(self._firm):
            super().put(key, content)


def test_what_is_known_of_a_person_is_gathered_without_a_writers_turn(firm: ApiClient) -> None:
    """Uploads are looked through: nobody waits for that. That it was taken is told."""
    subject = a_collaborator(firm)
    house = replace(firm.house, files=WhileAnotherWrites(firm))
    caller = Caller(firm.organisation_id, "test", Role.ADMINISTRATOR, "tests", "en")
    export_person(house, caller, subject)
    asked = '{ auditEntries(filter: { act: "personExport" }) { totalCount } }'
    assert firm.query(asked)["auditEntries"]["totalCount"] == 1
    assert firm.query(EXPORT, id=subject)["personExport"]["userErrors"] == []
    assert firm.query(asked)["auditEntries"]["totalCount"] == 2
