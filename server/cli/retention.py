"""`jalon retention`: what is older than its term, and removing it."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.retention import TERMS
from persistence.privacy.retention import expired, out_of_term, remove_expired
from server.cli.firms import OrganisationCode
from server.cli.installation import open_desk
from server.cli.speaking import answer, app, say


@app.command(
    help=say("Lists what is older than its term; with --apply removes it, as the server does.")
)
def retention(
    organisation: OrganisationCode = None,
    apply: Annotated[bool, typer.Option("--apply", help=say("Removes it."))] = False,
) -> None:
    with open_desk(organisation) as desk:
        house, caller = desk.house, desk.caller
        act = remove_expired if apply else expired
        found = act(house.database, house.files, caller.organisation_id, house.clock())
        with house.database.reading(caller.standing()) as session:
            kept = out_of_term(session, house.today(caller.time_zone))
    for name, term in TERMS.items():
        answer().print(
            say(
                "{count} removed: {what} After {days} days."
                if apply
                else "{count} to remove: {what} After {days} days.",
                count=found[name],
                what=say(term.what),
                days=term.days,
            ),
            soft_wrap=True,
        )
    answer().print(
        say(
            "{count} final documents are older than ten years from the end of their fiscal year; "
            "this version keeps them all the same.",
            count=kept,
        ),
        soft_wrap=True,
    )
