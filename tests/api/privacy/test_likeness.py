"""Somebody is erased, and nobody else with them whose name holds theirs, or stands beside it."""

from __future__ import annotations

from sqlalchemy import select

from domain.client import Client
from domain.collaborator import Collaborator
from domain.likeness import loose_key, name_key
from domain.project.model import Project
from persistence.session import ScopedSession
from tests.api.privacy.marking import NOW
from tests.api.privacy.test_erasure import codes, erase
from tests.support.api import ApiClient

COMPANY = "Marie Dupont Architectes"
OTHERS = f"ANNE-MARIE DUPONT chez {COMPANY}, o'brien@x.test. Jean Dupont, Marie Durand"


def noted(session: ScopedSession) -> Project:
    return session.scalars(select(Project).order_by(Project.id)).all()[0]


def test_nobody_is_erased_by_likeness(any_firm: ApiClient) -> None:
    api = any_firm
    with api.house.database.writing(api.organisation_id) as session:
        people = [
            Collaborator(first_name=first, last_name=last, email=email)
            for first, last, email in (
                ("Marie", "Dupont", "brien@x.test"),
                ("Anne-Marie", "Dupont", "o'brien@x.test"),
                ("Jean", "Dupont", "jean@x.test"),
                ("Marie", "Durand", "durand@x.test"),
            )
        ]
        names = {"name": COMPANY, "name_key": name_key(COMPANY), "loose_key": loose_key(COMPANY)}
        session.add_all([*people, Client(code="MDA", **names)])
        session.flush()
        who = people[0].id
        people[0].archived_at = NOW
        noted(session).tags = f"{OTHERS}, Marie Dupont, brien@x.test"
    done = erase(api, f"collaborator_{who}")
    assert codes(done) == []
    shared = {one["what"]: one["count"] for one in done["kept"] if one["reason"] == "SHARED"}
    assert shared == {"name": 2, "address": 1}
    with api.house.database.reading(api.organisation_id) as session:
        neutral = f"Personne effacée {who}, erased-collaborator-{who}@erased.invalid"
        assert noted(session).tags == f"{OTHERS}, {neutral}"
