"""`jalon verify`: whether legal documents, the ledger and the audit are what they were."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.audit import INSTALLATION
from persistence.audit import upkeep as audit
from persistence.batch.check import batches_astray
from persistence.invoice import chain
from persistence.ledger.check import disagreements
from server.cli.firms import OrganisationCode
from server.cli.installation import Desk, open_desk
from server.cli.speaking import answer, app, say, talk


@app.command(
    help=say("Reads legal documents, ledger and audit again; ends with 1 if any is wrong.")
)
def verify(
    organisation: OrganisationCode = None,
    expect: Annotated[
        str | None,
        typer.Option(help=say("PLACE:SHA256 of an entry of the audit, kept elsewhere.")),
    ] = None,
) -> None:
    with open_desk(organisation) as desk:
        if not is_sound(desk, expect):
            raise typer.Exit(1)


def is_sound(desk: Desk, expect: str | None = None) -> bool:
    """Reads all again of the organisation of `desk` and tells what it finds; whether it is right.

    `expect` is PLACE:SHA256 of an entry of the audit that must be there.
    """
    are_issued = is_there = True
    with desk.house.database.reading(desk.caller.standing()) as session:
        for entity_id, name in chain.entities_named(session):
            found = chain.verify(session, entity_id)
            if found.broken is None:
                told = say("{entity}: {count} documents as issued.", entity=name, count=found.links)
                answer().print(told)
                continue
            are_issued = False
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
        astray = batches_astray(session)
        audits = [audit.verify(session, desk.caller.organisation_id)]
        if expect is not None:
            place, _, sha256 = expect.partition(":")
            key = int(place) if place.isascii() and place.isdigit() and len(place) < 19 else 0
            is_there = audit.holds(session, desk.caller.organisation_id, key, sha256)
        with desk.house.database.reading(None) as unscoped:
            audits.append(audit.verify(unscoped, INSTALLATION))
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
    for name in astray:
        talk().print(say("Batch {name}: its sums are not those of its items.", name=name))
    is_told_truly = [_say_audit(one) for one in audits]
    if not is_there:
        talk().print(say("Audit: no entry {expected}: cut off, or made anew.", expected=expect))
    return are_issued and is_there and not wrong and not astray and all(is_told_truly)


def _say_audit(found: audit.AuditVerified) -> bool:
    """Tells how far an audit holds; whether it does."""
    if found.entries or found.flaws or found.organisation_id != INSTALLATION:
        answer().print(
            say(
                "Audit: {entries} acts, {changes} changes, {erased} erased, {outside} not sealed.",
                entries=found.entries,
                changes=found.changes,
                erased=found.erased,
                outside=found.outside,
            )
        )
    for flaw in found.flaws:
        talk().print(
            say(
                "Audit: entry {place}, change {change}: {reason}.",
                place=flaw.place,
                change=flaw.change_id or "–",
                reason=flaw.reason.value,
            )
        )
    return not found.flaws
