"""`jalon verify`: whether legal documents and the ledger are what they were."""

from __future__ import annotations

import typer

from persistence import chain
from persistence.ledger_check import disagreements
from server.cli.firms import OrganisationCode
from server.cli.installation import open_desk
from server.cli.speaking import answer, app, say, talk


@app.command(
    help=say("Reads all legal documents and the ledger again; ends with 1 if any is wrong.")
)
def verify(organisation: OrganisationCode = None) -> None:
    is_sound = True
    with (
        open_desk(organisation) as desk,
        desk.house.database.reading(desk.caller.standing()) as session,
    ):
        for entity_id, name in chain.entities_named(session):
            found = chain.verify(session, entity_id)
            if found.broken is None:
                told = say("{entity}: {count} documents as issued.", entity=name, count=found.links)
                answer().print(told)
                continue
            is_sound = False
            answer().print(
                say(
                    "{entity}: {count} documents as issued; broken at {place}: {number} {reason}.",
                    entity=name,
                    count=found.links,
                    place=found.broken.place,
                    number=found.broken.number or "–",
                    reason=found.broken.reason.value,
                )
            )
        wrong = disagreements(session)
    for one in wrong:
        talk().print(
            say(
                "Ledger: {kind} {source} enters {entered} and is {recorded} (minor units).",
                kind=one.kind.value,
                source=one.source_id,
                entered=one.entered,
                recorded=one.recorded,
            )
        )
    if not wrong:
        answer().print(say("Ledger: every entry follows from its record."))
    if wrong or not is_sound:
        raise typer.Exit(1)
