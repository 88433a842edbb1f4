"""How often anybody may try: counted before it is looked whether they are right.

    a password   10 in 15 minutes for one account from one network
                 100 an hour from one network, whatever the account
                 30 in 15 minutes for one account from all networks that it is not known from
    a link       60 an hour from one network
    a new link   20 an hour from one network; 3 an hour are mailed to one address, and 5 that
                 invite it into one firm

Whoever guesses from elsewhere so never locks the owner out of where they usually sign in, or
have just used a link that was mailed to them. Who was right is not counted: an office of many
people behind one address signs in as often as it likes.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from domain.errors import Refusal
from domain.people import TOO_MANY_TRIES, email_key
from persistence.people.accounts import was_at
from persistence.tallies import Bound, count, forgive, give_back, is_counted
from schema.context import House

_QUARTER, _HOUR, _DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
_KNOWN_FOR = timedelta(days=90)


@lru_cache(maxsize=1_024)
def network_of(address: str) -> str:
    """What is counted as one: an IPv4 address, the /64 of an IPv6 one, else what was told.

    >>> network_of("2001:db8::1:2:3:4")
    '2001:db8::/64'
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ip_network((found, 64), strict=False))
    return str(found)


def count_password(house: House, email: str, address: str) -> tuple[Bound, ...]:
    """Counts one try at the password of an account; TOO_MANY_TRIES when that was one too many.

    What was counted, for `forgive_password`.
    """
    network, name = network_of(address), email_key(email)
    now = house.clock()
    with house.database.reading(None) as session:
        before = was_at(session, email, since=now - _KNOWN_FOR)
        is_known = network in map(network_of, before) or is_counted(
            session, _proof(house, name, network), now=now
        )
    bounds = [
        Bound(_pair(house, name, network), 10, _QUARTER),
        Bound(_name(house, "password from", network), 100, _HOUR),
    ]
    if not is_known:
        bounds.append(Bound(_name(house, "password of", name), 30, _QUARTER))
    _count(house, *bounds)
    return tuple(bounds)


def forgive_password(
    house: House, email: str, address: str, counted: tuple[Bound, ...] = ()
) -> None:
    """Whoever was right begins anew, and what was counted of them is given back.

    What the network tried at other accounts, and others at this one, stays counted.
    """
    with house.database.writing(None) as session:
        give_back(session, counted)
        forgive(session, _pair(house, email_key(email), network_of(address)))


def note_proof(house: House, email: str, address: str) -> None:
    """Remembers for a day that somebody used a link here that was mailed to them."""
    name, network = email_key(email), network_of(address)
    with house.database.writing(None) as session:
        count(session, [Bound(_proof(house, name, network), 1, _DAY)], now=house.clock())


def count_link(house: House, address: str) -> None:
    """Counts one try at a link."""
    _count(house, Bound(_name(house, "link from", network_of(address)), 60, _HOUR))


def count_asking(house: House, address: str) -> None:
    """Counts one who asks for a link to a new password."""
    _count(house, Bound(_name(house, "asking from", network_of(address)), 20, _HOUR))


def may_be_mailed(house: House, email: str) -> bool:
    """Whether one more mail may go to an address; nobody is told of it, nor waits for it."""
    try:
        _count(house, Bound(_name(house, "mail to", email_key(email)), 3, _HOUR), patient=True)
    except Refusal:
        return False
    return True


def count_invitation(house: House, organisation_id: int, email: str) -> None:
    """Counts one more invitation that a firm has mailed to an address: it need not want any."""
    if house.mail_from is not None:
        whose = f"{organisation_id}\n{email_key(email)}"
        _count(house, Bound(_name(house, "invitation to", whose), 5, _HOUR))


def _count(house: House, *bounds: Bound, patient: bool = False) -> None:
    now = house.clock()
    with house.database.writing(None, patient=patient) as session:
        until = count(session, bounds, now=now)
    if until is not None:
        seconds = max(1, round((until - now).total_seconds()))
        raise Refusal(TOO_MANY_TRIES(seconds=seconds))


def _proof(house: House, name: str, network: str) -> str:
    return _name(house, "proof", f"{network}\n{name}")


def _pair(house: House, name: str, network: str) -> str:
    return _name(house, "password", f"{network}\n{name}")


def _name(house: House, what: str, whose: str) -> str:
    """What a count is kept under: nobody who reads the table learns an address from it."""
    told = f"tally\n{what}\n{whose}".encode()
    return hmac.digest(house.secret, told, hashlib.sha256).hex()
