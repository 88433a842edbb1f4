"""What links that were mailed open, once: a new password, and the door of a firm."""

from __future__ import annotations

from anyio import to_thread

from domain import given
from domain.account import LinkPurpose
from domain.errors import Refusal
from domain.password import require_fit
from domain.people import LINK_SPENT, PASSWORD_LINK_FOR, PASSWORD_WRONG
from persistence import account_links as links
from persistence import accounts
from persistence.members import member_with
from persistence.session import ScopedSession
from resolvers import _guessing as guessing
from resolvers._hashing import hashed, matches
from resolvers._mutation import persistently
from resolvers._signing_in import Asking
from schema.context import House


def send_password_link(house: House, email: str, asking: Asking) -> None:
    """Mails a link to a new password, if there is such an account; nobody is told whether."""
    if house.mail_from is None or not guessing.may_be_mailed(house, email):
        return
    now = house.clock()
    with house.database.writing(None) as session:
        known = accounts.account_with(session, email)
        if known is None or not accounts.places_of(session, known.account_id):
            return
        links.make_link(
            session,
            house.secret,
            account_id=known.account_id,
            purpose=LinkPurpose.NEW_PASSWORD,
            lasts=PASSWORD_LINK_FOR,
            now=now,
            words={"locale": asking.locale or known.locale or "fr"},
            is_mailed=True,
        )


def password_link(house: House, account_id: int, *, locale: str) -> str:
    """The token of a link to a new password, for who hands it over by themselves."""
    with house.database.writing(None) as session:
        return links.make_link(
            session,
            house.secret,
            account_id=account_id,
            purpose=LinkPurpose.NEW_PASSWORD,
            lasts=PASSWORD_LINK_FOR,
            now=house.clock(),
            words={"locale": locale},
            is_mailed=False,
        )


async def renew_password(house: House, asking: Asking, *, token: str, password: str) -> None:
    """Keeps a new password for whoever holds the link, once, and ends all their sign-ins.

    LINK_SPENT, PASSWORD_REFUSED: nothing is changed, and the link is still good.
    """
    email = await _judged(house, asking, token, LinkPurpose.NEW_PASSWORD, password)
    made = await hashed(password)

    def keep() -> None:
        now = house.clock()
        with house.database.writing(None) as session:
            link = links.open_link(session, token, LinkPurpose.NEW_PASSWORD, now=now)
            if link is None:
                raise Refusal(LINK_SPENT(field=("token",)))
            accounts.set_password(session, link.account_id, made, now=now)
            links.spend_links(
                session,
                account_id=link.account_id,
                purpose=LinkPurpose.NEW_PASSWORD,
                into=None,
                now=now,
            )

    await to_thread.run_sync(persistently, keep)
    await to_thread.run_sync(guessing.forgive_password, house, email, asking.address)


async def join(
    house: House, asking: Asking, *, token: str, name: str, password: str
) -> tuple[str, str]:
    """Accepts an invitation; the address and the code of the firm to sign in with.

    Whoever has a password already gives that one (PASSWORD_WRONG); else it is their first one.
    """
    await to_thread.run_sync(guessing.count_link, house, asking.address)
    found = await to_thread.run_sync(_account_behind, house, token, LinkPurpose.INVITATION)
    kept = found.password_argon2
    if kept is not None:
        await to_thread.run_sync(guessing.count_password, house, found.email, asking.address)
        if not await matches(kept, password):
            raise Refusal(PASSWORD_WRONG(field=("password",)))
    else:
        require_fit(password, email=found.email)
        kept = await hashed(password)
    made = kept

    def keep() -> tuple[str, str]:
        with house.database.writing(None) as session:
            return _joined(house, session, token, made, name_of(name))

    return await to_thread.run_sync(persistently, keep)


async def _judged(
    house: House, asking: Asking, token: str, purpose: LinkPurpose, password: str
) -> str:
    """The address of the account behind a link whose new password may be taken."""
    await to_thread.run_sync(guessing.count_link, house, asking.address)
    found = await to_thread.run_sync(_account_behind, house, token, purpose)
    require_fit(password, email=found.email)
    return found.email


def _account_behind(house: House, token: str, purpose: LinkPurpose) -> accounts.Known:
    """The account of an open link; LINK_SPENT where there is none."""
    with house.database.reading(None) as session:
        link = links.open_link(session, token, purpose, now=house.clock(), locked=False)
        if link is None:
            raise Refusal(LINK_SPENT(field=("token",)))
        return accounts.known_of(session, link.account_id)


def _joined(
    house: House, session: ScopedSession, token: str, kept: str, name: str
) -> tuple[str, str]:
    now = house.clock()
    link = links.open_link(session, token, LinkPurpose.INVITATION, now=now)
    if link is None or link.member_id is None:
        raise Refusal(LINK_SPENT(field=("token",)))
    accounts.lock_members(session, link.account_id)
    member, code = member_with(session, link.member_id)
    account = accounts.account_of(session, link.account_id, locked=True)
    if member.archived_at is not None:
        raise Refusal(LINK_SPENT(field=("token",)))
    if account.password_argon2 is None:
        account.password_argon2, account.password_changed_at = kept, now
        account.name = name or member.name
    elif account.password_argon2 != kept:
        # Another invitation of theirs was accepted meanwhile, or the password changed.
        raise Refusal(PASSWORD_WRONG(field=("password",)))
    member.joined_at = member.joined_at or now
    link.used_at, link.next_attempt_at = now, None
    return account.email, code


def name_of(written: str | None) -> str:
    """What somebody is called, on one line."""
    line = None if written is None else " ".join(written.split())
    return given.text(line, field=("name",), name="The name", longest=255) or ""
