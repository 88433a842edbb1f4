"""The door of identity providers: a firm's people come in with tokens of their own provider."""

from __future__ import annotations

from datetime import UTC, datetime

from anyio import to_thread

from jobs.gate import Gate
from persistence.organisations import Bearer
from persistence.people import identities
from persistence.people.identities import Somebody, Trusting
from resolvers._mutation import persistently
from schema.context import House
from server.identity_tokens import Verified, told_by, verified
from server.key_sets import KeySets

ORGANISATION = "Jalon-Organisation"
"""The header that says which firm is meant, by its code, where several share a provider."""


class IdentityDoor:
    """Finds who bears a token of an identity provider that a firm trusts.

    Belongs to one event loop.
    """

    def __init__(self, gate: Gate) -> None:
        self._keys = KeySets(gate)

    async def look_up(self, house: House, asked: str) -> Bearer | None:
        """Who bears the token; `asked` is the code of the firm meant, or nothing, a space, and it.

        None too where several firms trust the same issuer for what the token was issued for, and
        none is named, whoever is known where: else a firm that names the provider of another,
        and invites its people, would say where they come in.
        """
        code, _, token = asked.partition(" ")
        told = told_by(token)
        if told is None:
            return None
        found = await to_thread.run_sync(
            identities.trusting, house.database, told.issuer, told.audiences
        )
        firms = [one for one in found if not code or one.organisation_code == code]
        if len({one.organisation_id for one in firms}) != 1:
            return None
        for firm in firms:
            known = await verified(
                token, told, self._keys, audience=firm.audience, clock=house.clock
            )
            if known is not None:
                return await to_thread.run_sync(_bearer, house, firm, _as_somebody(known))
        return None


def _as_somebody(known: Verified) -> Somebody:
    ends = datetime.fromtimestamp(min(known.expires_at, 253_402_300_799), UTC)
    return Somebody(known.subject, known.email, known.name, ends)


def _bearer(house: House, at: Trusting, somebody: Somebody) -> Bearer | None:
    database = house.database
    known = identities.bearer_there(database, at, somebody)
    if known is not None:
        return known
    return persistently(lambda: identities.let_in(database, at, somebody, now=house.clock()))
