"""The sample firm: founded once, its workbooks taken in as anybody's would be, one key kept."""

from __future__ import annotations

import secrets
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from domain.access import Role
from domain.account import Member
from domain.organisation import time_zone_of
from domain.password import hashed
from domain.standing import Actor, Door
from persistence.audit.acts import name_act
from persistence.founding import found
from persistence.organisations import (
    bearer_of,
    create_key,
    organisation_codes,
    organisation_named,
)
from persistence.people.accounts import make_account, places_of, set_password
from persistence.takeover.known import counts
from schema.context import Caller, House
from server.cli.installation import at_the_terminal
from server.cli.speaking import say
from server.firm_file import read_firm_file
from server.settings import VAR, keep_privately
from server.takeover import open_review, write_review

CODE = "demo"
PERSON = "demo@jalon.example"
SAMPLE = Path(__file__).parents[1] / "sample"
WORKBOOKS = {
    "clients": "01_clients.xlsx",
    "projects": "02_projets.xlsx",
    "phases": "03_phases_annexes.xlsx",
    "collaborators": "04_collaborateurs.xlsx",
    "progress": "05_avancement.xlsx",
    "history": "06_historique_facturation.xlsx",
}


def prepare(house: House, console: Console) -> str:
    """Makes what is missing of the sample firm and its key; the key."""
    caller = _founded(house)
    _take_in(house, caller, console)
    return _key(house, caller)


def person(house: House) -> str:
    """The password of the demo's administrator, who is made once; kept as the key is."""
    path = VAR / "demo.password"
    if path.exists():
        return path.read_text(encoding="utf-8").strip()
    password, now = secrets.token_urlsafe(12), house.clock()
    with house.database.writing(None) as session:
        firm = organisation_named(session, CODE)
        account_id = make_account(session, PERSON, now=now)
        set_password(session, account_id, hashed(password), now=now)
        if not places_of(session, account_id):
            member = Member(account_id=account_id, role=Role.ADMINISTRATOR)
            member.joined_at, member.joined_by = now, Door.SIGN_IN
            member.organisation_id = firm.id
            session.add(member)
    keep_privately(path, password)
    return password


def invitation(address: str, key: str, password: str) -> str:
    """What to open, and a first question to paste into a terminal."""
    query = '{"query": "{ clients(page: {first: 3}) { totalCount nodes { code name } } }"}'
    return say(
        "\nThe sample firm is ready.\n\n"
        "  GraphiQL page   {address}/graphql\n"
        "  API key         {key}\n"
        "  Sign-in         {email}   {password}\n\n"
        "Or from a terminal:\n\n{command}\n",
        address=address,
        key=key,
        email=PERSON,
        password=password,
        command=f"curl -s {address}/graphql -H 'Authorization: Bearer {key}' "
        f"-H 'Content-Type: application/json' -d '{query}'",
    )


def _founded(house: House) -> Caller:
    with house.database.writing(None) as session:
        name_act(session, "demo", at_the_terminal())
        if CODE in organisation_codes(session):
            firm = organisation_named(session, CODE)
        else:
            firm = found(session, described=read_firm_file(SAMPLE / "organisation.json"), code=CODE)
        zone = time_zone_of(firm)
        return Caller(
            organisation_id=firm.id,
            organisation_code=firm.code,
            role=Role.ADMINISTRATOR,
            key_name="demo",
            locale=firm.locale,
            time_zone=zone,
            actor=Actor(Door.COMMAND, "demo"),
        )


def _take_in(house: House, caller: Caller, console: Console) -> None:
    """Takes in the workbooks whose records are not there yet, in their order."""
    with house.database.reading(caller.standing()) as session:
        present = counts(session)
    missing = {kind: name for kind, name in WORKBOOKS.items() if not present.get(kind)}
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(say("Preparing the sample firm"), total=len(missing))
        for name in missing.values():
            progress.update(task, description=name)
            content = SAMPLE.joinpath(name).read_bytes()
            review = open_review(house, caller, filename=name, content=content)
            write_review(house, caller, review)
            progress.advance(task)


def _key(house: House, caller: Caller) -> str:
    """The key of the demo: that of an earlier run while it is in force, else a new one."""
    path = VAR / "demo.key"
    if path.exists():
        kept = path.read_text(encoding="utf-8").strip()
        bearer = bearer_of(house.database, kept)
        if bearer is not None and bearer.organisation_id == caller.organisation_id:
            return kept
        path.unlink()
    with house.database.writing(caller.standing("key create")) as session:
        key = create_key(session, role=Role.ADMINISTRATOR, name="demo")
    keep_privately(path, key)
    return key
