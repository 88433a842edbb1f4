"""`jalon member`: who is in a firm, let in and kept out from the terminal of the installation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table

from domain.access import Role
from domain.account import LinkPurpose, Member
from domain.errors import NOT_FOUND, Issue, Refusal
from domain.people import email_key
from persistence.entities import entities_coded
from persistence.people.members import lock_administrators, members_listed
from persistence.session import ScopedSession
from resolvers._mutation import Acting
from resolvers.admitting import _letting_in as letting_in
from resolvers.admitting._link_letters import link_to
from resolvers.admitting._opening_links import password_link
from server.cli.firms import OrganisationCode, day_of
from server.cli.installation import Desk, open_desk
from server.cli.speaking import PlainGroup, answer, app, say, talk, with_remedy

members = typer.Typer(cls=PlainGroup, help=say("The people of a firm."), no_args_is_help=True)
app.add_typer(members, name="member")

Email = Annotated[str, typer.Argument(help=say("Their e-mail address."))]


@dataclass(frozen=True, slots=True)
class _Asked:
    """An invitation as the API would be asked for it."""

    email: str
    role: Role
    name: str
    entity_ids: list[str] | None = None
    collaborator_id: str | None = None


@members.command("invite", help=say("Invites somebody, and prints the link where no mail is sent."))
def invite(
    email: Email,
    role: Annotated[Role, typer.Option(help=say("What they may do."))],
    organisation: OrganisationCode = None,
    name: Annotated[str, typer.Option(help=say("What they are called."))] = "",
    entity: Annotated[
        list[str] | None,
        typer.Option(help=say("Code of an entity it is limited to; may be given several times.")),
    ] = None,
) -> None:
    with open_desk(organisation) as desk:
        house, caller = desk.house, desk.caller
        with house.database.reading(caller.standing()) as session:
            limits = [f"entity_{one}" for one in entities_coded(session, entity or [])]
        asked = _Asked(email, role, name, limits or None)
        account = letting_in.account_for(house, caller, asked)
        with house.database.writing(caller.standing("member invite")) as session:
            _, token = letting_in.invite(Acting(session, caller, house), account, asked)
        if house.mail_from is not None:
            talk().print(say("{email} is invited by mail.", email=email))
            return
        typer.echo(link_to(house, LinkPurpose.INVITATION, token))
        talk().print(say("Hand this link to {email}: it is not shown again.", email=email))


@members.command("list", help=say("Shows who is in a firm."))
def list_members(organisation: OrganisationCode = None) -> None:
    table = Table(
        *(say(one) for one in ("E-mail address", "Role", "Name", "Joined", "Suspended")), box=None
    )
    with (
        open_desk(organisation) as desk,
        desk.house.database.reading(desk.caller.standing()) as session,
    ):
        for member, email, name in members_listed(session):
            moments = (member.joined_at, member.suspended_at)
            table.add_row(email, member.role.value, name, *(day_of(one) for one in moments))
    answer().print(table)


@members.command("suspend", help=say("Lets somebody in no more, or in again."))
def suspend(
    email: Email,
    organisation: OrganisationCode = None,
    undo: Annotated[bool, typer.Option("--undo", help=say("Lets them in again."))] = False,
) -> None:
    with open_desk(organisation) as desk:
        issues = _suspend(desk, email, is_suspended=not undo)
        for issue in issues:
            talk().print(with_remedy(issue, desk.caller.locale), markup=False, soft_wrap=True)
    sentence = "{email} may come in." if undo else "{email} may not come in any more."
    talk().print(say(sentence, email=email))


@members.command("password", help=say("Prints a link by which somebody chooses a new password."))
def password(email: Email, organisation: OrganisationCode = None) -> None:
    with open_desk(organisation) as desk:
        with desk.house.database.reading(desk.caller.standing()) as session:
            account_id = _member(session, email).account_id
        token = password_link(
            desk.house, account_id, locale=desk.caller.locale, actor=desk.caller.actor
        )
        typer.echo(link_to(desk.house, LinkPurpose.NEW_PASSWORD, token))
    talk().print(say("Hand this link to {email}: it is not shown again.", email=email))


def _suspend(desk: Desk, email: str, *, is_suspended: bool) -> Sequence[Issue]:
    """What is to be warned of: keys of their making that open the firm all the same."""
    with desk.house.database.writing(desk.caller.standing("member suspend")) as session:
        lock_administrators(session)
        member = _member(session, email)
        acting = Acting(session, desk.caller, desk.house)
        return letting_in.change(acting, member, {"suspended": is_suspended})


def _member(session: ScopedSession, email: str) -> Member:
    for member, known, _ in members_listed(session):
        if email_key(known) == email_key(email):
            return member
    raise Refusal(NOT_FOUND(field=("email",), noun="member", key=email[:60]))
