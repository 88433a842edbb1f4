"""A member asks to be forgotten while the collaborator they are stays: what both bear is told."""

from __future__ import annotations

from sqlalchemy import select

from domain.account import Account, AccountLink, Identity, Member, SignIn
from tests.api.privacy.marking import EMAIL, NOW, a_collaborator
from tests.api.privacy.test_erasure import codes, erase
from tests.support.api import ApiClient


def test_a_member_goes_with_account_links_and_sign_ins(firm: ApiClient) -> None:
    a_collaborator(firm)
    with firm.house.database.writing(firm.organisation_id) as session:
        member = session.scalars(select(Member)).one()
        member.archived_at = None
        subject, former = f"member_{member.id}", member.account_id
    assert codes(erase(firm, subject)) == ["PERSON_STILL_MEMBER"]
    with firm.house.database.writing(firm.organisation_id) as session:
        session.scalars(select(Member)).one().archived_at = NOW
    done = erase(firm, subject, key="b")
    assert codes(done) == []
    assert {(one["what"], one["reason"]) for one in done["kept"]} == {
        ("address", "SHARED"),
        ("name", "SHARED"),
    }
    with firm.house.database.reading(None) as session:
        account = session.scalars(select(Account)).one()
        member = session.scalars(select(Member)).one()
        assert (member.account_id, account.name) == (account.id, f"Compte effacé {member.id}")
        assert account.id != former
        assert EMAIL not in (account.email, account.email_key)
        for record in (AccountLink, SignIn, Identity):
            assert session.scalars(select(record)).all() == []
    assert erase(firm, subject, key="c")["erased"] == []
