"""`jalon organisation` and `jalon key`: founding firms, giving and taking back their keys."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from domain.access import Role
from domain.people import require_end
from persistence.audit.acts import name_act
from persistence.entities import entities_coded
from persistence.founding import found
from persistence.organisations import make_key, organisation_codes
from persistence.people.keys import keys_of, revoke_key
from server.cli.installation import at_the_terminal, open_desk, open_installation
from server.cli.speaking import PlainGroup, answer, app, say, talk
from server.firm_file import read_firm_file

OrganisationCode = Annotated[
    str | None,
    typer.Option("--organisation", help=say("Code of the firm; needed when there are several.")),
]

organisations = typer.Typer(
    cls=PlainGroup, help=say("The firms of this installation."), no_args_is_help=True
)
keys = typer.Typer(cls=PlainGroup, help=say("The keys to a firm's API."), no_args_is_help=True)
app.add_typer(organisations, name="organisation")
app.add_typer(keys, name="key")


@organisations.command("create", help=say("Founds a firm from its file and prints its code."))
def create_organisation(
    file: Annotated[Path, typer.Argument(help=say("The firm's file (JSON)."))],
    code: Annotated[
        str | None, typer.Option(help=say("Its code; made of its name when not given."))
    ] = None,
) -> None:
    described = read_firm_file(file)
    with open_installation() as house, house.database.writing(None) as session:
        name_act(session, "organisation create", at_the_terminal())
        founded = found(session, described=described, code=code).code
    typer.echo(founded)
    talk().print(
        say(
            "Let its first administrator in: "
            "jalon member invite EMAIL --role ADMINISTRATOR --organisation {code}",
            code=founded,
        ),
        soft_wrap=True,
    )


@organisations.command("list", help=say("Prints the codes of the firms, one a line."))
def list_organisations() -> None:
    with open_installation() as house, house.database.reading(None) as session:
        for code in organisation_codes(session):
            typer.echo(code)


@keys.command("create", help=say("Makes a key and prints it, alone and this once."))
def create(
    role: Annotated[Role, typer.Option(help=say("What its bearer may do."))],
    organisation: OrganisationCode = None,
    name: Annotated[str, typer.Option(help=say("Who or what it is for."))] = "",
    expires: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help=say("The last day it opens anything (YYYY-MM-DD).")
        ),
    ] = None,
    entity: Annotated[
        list[str] | None,
        typer.Option(help=say("Code of an entity it is limited to; may be given several times.")),
    ] = None,
) -> None:
    with (
        open_desk(organisation) as desk,
        desk.house.database.writing(desk.caller.standing("key create")) as session,
    ):
        zone = ZoneInfo(desk.caller.time_zone)
        ends = None if expires is None else (expires + timedelta(days=1)).replace(tzinfo=zone)
        require_end(ends, now=desk.house.clock(), field=("expires",))
        limits = entities_coded(session, entity or []) or None
        _, token = make_key(session, role=role, name=name, entity_ids=limits, expires_at=ends)
    typer.echo(token)
    talk().print(say("Keep it safe: it is not shown again."))


@keys.command("list", help=say("Shows the keys of a firm, never their secret half."))
def list_keys(organisation: OrganisationCode = None) -> None:
    heads = ("Key", "Role", "Name", "Made", "Last used", "Expires", "Revoked")
    table = Table(*(say(one) for one in heads), box=None)
    with (
        open_desk(organisation) as desk,
        desk.house.database.reading(desk.caller.standing()) as session,
    ):
        for key in keys_of(session):
            moments = (key.created_at, key.last_used_at, key.expires_at, key.revoked_at)
            days = (day_of(one) for one in moments)
            table.add_row(key.public_id, key.role.value, key.name, *days)
    answer().print(table)


def day_of(moment: datetime | None) -> str:
    """The day of a moment, as a table shows it."""
    return f"{moment:%Y-%m-%d}" if moment else ""


@keys.command("revoke", help=say("Takes a key back; it opens nothing a few seconds later."))
def revoke(
    key: Annotated[str, typer.Argument(help=say("Its public half, as `jalon key list` shows it."))],
    organisation: OrganisationCode = None,
) -> None:
    # Whoever pastes the whole key means that key.
    public_id = key.split("_")[1] if key.count("_") >= 2 else key
    with (
        open_desk(organisation) as desk,
        desk.house.database.writing(desk.caller.standing("key revoke")) as session,
    ):
        revoke_key(session, public_id, at=desk.house.clock())
    talk().print(say("The key {key} is revoked.", key=public_id))
