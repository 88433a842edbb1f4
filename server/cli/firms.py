"""`jalon organisation` and `jalon key`: founding firms, giving and taking back their keys."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from domain.access import Role
from persistence.audit_acts import name_act
from persistence.founding import found
from persistence.keys import keys_of, revoke_key
from persistence.organisations import create_key, organisation_codes
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
) -> None:
    with (
        open_desk(organisation) as desk,
        desk.house.database.writing(desk.caller.standing("key create")) as session,
    ):
        token = create_key(session, role=role, name=name)
    typer.echo(token)
    talk().print(say("Keep it safe: it is not shown again."))


@keys.command("list", help=say("Shows the keys of a firm, never their secret half."))
def list_keys(organisation: OrganisationCode = None) -> None:
    table = Table(say("Key"), say("Role"), say("Name"), say("Made"), say("Revoked"), box=None)
    with (
        open_desk(organisation) as desk,
        desk.house.database.reading(desk.caller.standing()) as session,
    ):
        for key in keys_of(session):
            revoked = f"{key.revoked_at:%Y-%m-%d}" if key.revoked_at else ""
            made = f"{key.created_at:%Y-%m-%d}"
            table.add_row(key.public_id, key.role.value, key.name, made, revoked)
    answer().print(table)


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
