"""The door of identity providers: a firm's people come in with tokens of their own provider."""

from __future__ import annotations

from datetime import UTC, datetime

from anyio import to_thread

from jobs.gate import Gate
from persistence import identities
from persistence.identities import Somebody, Trusting
from persistence.organisations import Bearer
from resolvers._mutation import persistently
from schema.context import House
from server.identity_tokens import Told, Verified, told_by, verified
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

        None too where several firms trust the same provider, know them all, and none is named.
        """
        code, _, token = asked.partition(" ")
        told = told_by(token)
        if told is None:
            return None
        found = await to_thread.run_sync(
            identities.trusting, house.database, told.issuer, told.audiences
        )
        firms = [one for one in found if not code or one.organisation_code == code]
        if not firms:
            return None
        somebody = await self._somebody(house, token, told, firms)
        if somebody is None:
            return None
        return await to_thread.run_sync(_bearer, house, firms, somebody)

    async def _somebody(
        self, house: House, token: str, told: Told, firms: list[Trusting]
    ) -> Somebody | None:
        """Whom the token stands for, if it was issued for what these firms believe."""
        for audience in dict.fromkeys(one.audience for one in firms):
            known = await verified(token, told, self._keys, audience=audience, clock=house.clock)
            if known is not None:
                firms[:] = [one for one in firms if one.audience == audience]
                return _as_somebody(known)
        return None


def _as_somebody(known: Verified) -> Somebody:
    ends = datetime.fromtimestamp(min(known.expires_at, 253_402_300_799), UTC)
    return Somebody(known.subject, known.email, known.name, ends)


def _bearer(house: House, firms: list[Trusting], somebody: Somebody) -> Bearer | None:
    database = house.database
    there = [identities.bearer_there(database, one, somebody) for one in firms]
    known = [one for one in there if one is not None]
    if known:
        return known[0] if len(known) == 1 else None

    def let_in(one: Trusting) -> Bearer | None:
        return persistently(lambda: identities.let_in(database, one, somebody, now=house.clock()))

    if len(firms) == 1:
        return let_in(firms[0])
    # Of several firms only those that know their address come into question.
    invited = [one for one in firms if identities.is_expected(database, one, somebody)]
    return let_in(invited[0]) if len(invited) == 1 else None
