"""What links that were mailed open, once: a new password, and the door of a firm."""

from __future__ import annotations

from dataclasses import dataclass

from anyio import to_thread

from domain import given
from domain.account import LINK_KEY, AccountLink, LinkPurpose, Member, may_choose_password
from domain.errors import Refusal
from domain.organisation import Organisation
from domain.password import require_fit
from domain.people import INVITED_FOR, LINK_SPENT, PASSWORD_LINK_FOR, PASSWORD_WRONG
from domain.standing import Actor, Door
from persistence.audit.acts import name_act
from persistence.people import accounts, links
from persistence.people.members import member_with
from persistence.session import ScopedSession
from persistence.tallies import Bound
from resolvers._mutation import persistently
from resolvers.admitting import _guessing as guessing
from resolvers.admitting._hashing import hashed, matches
from resolvers.admitting._signing_in import Asking
from schema.context import House


def send_password_link(house: House, email: str, asking: Asking) -> None:
    """Mails a link to a new password, if there is such an account; nobody is told whether.

    Nobody waits for it, nor would be told that somebody else's writing was in its way.
    """
    if house.mail_from is not None and guessing.may_be_mailed(house, email):
        persistently(lambda: _make_password_link(house, email, asking))


def _make_password_link(house: House, email: str, asking: Asking) -> None:
    now = house.clock()
    with house.database.writing(None, patient=True) as session:
        name_act(session, "passwordForgotten", asking.actor(Door.LINK, email))
        known = accounts.account_with(session, email)
        if known is None or not accounts.places_of(session, known.account_id):
            return
        links.make_link(
            session,
            house.secrets.key(LINK_KEY),
            account_id=known.account_id,
            purpose=LinkPurpose.NEW_PASSWORD,
            lasts=PASSWORD_LINK_FOR,
            now=now,
            words={"locale": asking.locale or known.locale or "fr"},
            is_mailed=True,
        )


def password_link(house: House, account_id: int, *, locale: str, actor: Actor) -> str:
    """The token of a link to a new password, for who hands it over by themselves."""
    with house.database.writing(None) as session:
        name_act(session, "password link", actor)
        return links.make_link(
            session,
            house.secrets.key(LINK_KEY),
            account_id=account_id,
            purpose=LinkPurpose.NEW_PASSWORD,
            lasts=PASSWORD_LINK_FOR,
            now=house.clock(),
            words={"locale": locale},
            is_mailed=False,
        )


async def renew_password(house: House, asking: Asking, *, token: str, password: str) -> None:
    """Keeps a new password for whoever holds the link, once, and ends all their sign-ins.

    What was joined with a password that was never proved is to be accepted anew, where the link
    was mailed and it is more than one firm. LINK_SPENT, PASSWORD_REFUSED: nothing is changed, and
    the link is still good.
    """
    behind = await _behind(house, asking, token, LinkPurpose.NEW_PASSWORD)
    email = behind.known.email
    require_fit(password, email=email)
    made = await hashed(password)

    def keep() -> None:
        now = house.clock()
        with house.database.writing(None) as session:
            link = links.open_link(session, token, LinkPurpose.NEW_PASSWORD, now=now)
            if link is None:
                raise Refusal(LINK_SPENT(field=("token",)))
            name_act(session, "passwordRenew", asking.actor(Door.LINK, email))
            _replace_password(house, session, link, made)

    await to_thread.run_sync(persistently, keep)
    await to_thread.run_sync(guessing.note_proof, house, email, asking.address)
    await to_thread.run_sync(guessing.forgive_password, house, email, asking.address)


async def join(
    house: House, asking: Asking, *, token: str, name: str, password: str
) -> tuple[str, str]:
    """Accepts an invitation; the address and the code of the firm to sign in with.

    Whoever has a password gives that one (PASSWORD_WRONG), or chooses their first one here, or
    another one by a mailed link if it was never proved: `may_choose_password`.
    """
    behind = await _behind(house, asking, token, LinkPurpose.INVITATION)
    email, kept = behind.known.email, behind.known.password_argon2
    counted: tuple[Bound, ...] = ()
    if not behind.may_choose:
        counted = await to_thread.run_sync(guessing.count_password, house, email, asking.address)
    has_to_match = kept is not None or not behind.may_choose
    if has_to_match and await matches(kept, password):
        made = kept or ""
    elif behind.may_choose:
        require_fit(password, email=email)
        made = await hashed(password)
    else:
        raise Refusal(PASSWORD_WRONG(field=("password",)))

    def keep() -> tuple[str, str]:
        with house.database.writing(None) as session:
            name_act(session, "join", asking.actor(Door.LINK, email))
            return _joined(house, session, token, behind, made, name_of(name))

    joined = await to_thread.run_sync(persistently, keep)
    if behind.is_mailed:
        await to_thread.run_sync(guessing.note_proof, house, email, asking.address)
    if counted:
        await to_thread.run_sync(guessing.forgive_password, house, email, asking.address, counted)
    return joined


@dataclass(frozen=True, slots=True)
class _Behind:
    """Whose link it is, and what it may do, as it was read."""

    known: accounts.Known
    is_mailed: bool
    is_elsewhere: bool

    @property
    def may_choose(self) -> bool:
        return may_choose_password(
            has_one=self.known.password_argon2 is not None,
            is_proved=self.known.is_proved,
            is_mailed=self.is_mailed,
            is_elsewhere=self.is_elsewhere,
        )


async def _behind(house: House, asking: Asking, token: str, purpose: LinkPurpose) -> _Behind:
    """What an open link leads to, after it was counted; LINK_SPENT where there is none."""
    await to_thread.run_sync(guessing.count_link, house, asking.address)

    def find() -> _Behind:
        with house.database.reading(None) as session:
            link = links.open_link(session, token, purpose, now=house.clock(), locked=False)
            if link is None:
                raise Refusal(LINK_SPENT(field=("token",)))
            return _read(session, link)

    return await to_thread.run_sync(find)


def _read(session: ScopedSession, link: AccountLink) -> _Behind:
    return _Behind(
        accounts.known_of(session, link.account_id),
        link.is_mailed,
        accounts.is_elsewhere(session, link.account_id, link.member_id or 0),
    )


def _joined(
    house: House, session: ScopedSession, token: str, behind: _Behind, made: str, name: str
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
    is_new = made != account.password_argon2
    if account.password_argon2 != behind.known.password_argon2 or (
        is_new and not _read(session, link).may_choose
    ):
        # Another invitation of theirs was accepted meanwhile, or the password changed.
        raise Refusal(PASSWORD_WRONG(field=("password",)))
    if is_new:
        account.name = name or member.name
        _replace_password(house, session, link, made)
    elif link.is_mailed:
        account.proved_at = account.proved_at or now
    member.joined_at = member.joined_at or now
    member.joined_by = Door.SIGN_IN
    link.used_at, link.next_attempt_at = now, None
    return account.email, code


def _replace_password(house: House, session: ScopedSession, link: AccountLink, made: str) -> None:
    """Keeps the password that came by a link, and ends what was open by the former one.

    By a mailed link it is proved. What was joined with one that never was is undone, but for where
    the link leads: another invitation goes out to each of these firms.
    """
    now = house.clock()
    account = accounts.account_of(session, link.account_id)
    was_unproved = account.password_argon2 is not None and account.proved_at is None
    accounts.set_password(session, link.account_id, made, now=now)
    spend = LinkPurpose.NEW_PASSWORD
    links.spend_links(session, account_id=link.account_id, purpose=spend, into=None, now=now)
    if not link.is_mailed:
        return
    account.proved_at = account.proved_at or now
    if was_unproved:
        for member in accounts.leave_unproved(session, link.account_id, except_for=link.member_id):
            _invite_anew(house, session, member)


def _invite_anew(house: House, session: ScopedSession, member: Member) -> None:
    if house.mail_from is None:
        return
    firm = session.get_one(Organisation, member.organisation_id)
    links.make_link(
        session,
        house.secrets.key(LINK_KEY),
        account_id=member.account_id,
        purpose=LinkPurpose.INVITATION,
        lasts=INVITED_FOR,
        now=house.clock(),
        words={"locale": firm.locale, "organisation": firm.name, "by": firm.name},
        into=links.Invited(firm.id, member.id),
        is_mailed=True,
    )


def name_of(written: str | None) -> str:
    """What somebody is called, on one line."""
    line = None if written is None else " ".join(written.split())
    return given.text(line, field=("name",), name="The name", longest=255) or ""
