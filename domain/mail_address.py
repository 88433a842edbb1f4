"""E-mail addresses as they may stand in a letter's head and be told to a mail server.

Bare addresses only (RFC 5321, dot-atom): no names, no lists, no quoted parts, nothing that breaks
a line. A domain with accents is written as its registrar knows it (xn--…).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.errors import FIELD_INVALID, Issue, PathPart, Refusal

LONGEST_ADDRESS = 254

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_READ_TWO_WAYS = frozenset("ßς\u200c\u200d")
"""The two editions of IDNA make different domains of them: the letter could go to a stranger."""

REASON = "it is not one e-mail address of the form name@domain"


def address(written: str) -> str | None:
    """`written` as it is told to a server, its domain in ASCII and small; None for anything else.

    >>> address("compta@société.fr")
    'compta@xn--socit-esab.fr'
    """
    local, at, domain = written.strip().rpartition("@")
    if not at or _LOCAL.fullmatch(local) is None or len(local) > 64:
        return None
    # Readers would take it for an encoded word (RFC 2047).
    if "=?" in local:
        return None
    if _READ_TWO_WAYS & set(domain):
        return None
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    labels = ascii_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    found = f"{local}@{ascii_domain}"
    return found if len(found) <= LONGEST_ADDRESS else None


def domain_of(known: str) -> str:
    """The domain of an address that was judged before."""
    return known.rpartition("@")[2]


def addresses(
    written: Sequence[str], *, field: tuple[PathPart, ...], name: str, most: int
) -> list[str]:
    """Each once, in their order; FIELD_INVALID names every one that is none."""
    if len(written) > most:
        raise Refusal(
            FIELD_INVALID(
                field=field,
                name=name,
                reason="there are too many addresses",
                found=str(len(written)),
                expected=str(most),
            )
        )
    found: dict[str, str] = {}
    issues: list[Issue] = []
    for place, one in enumerate(written):
        known = address(one)
        if known is None:
            issues.append(
                FIELD_INVALID(field=(*field, place), name=name, reason=REASON, found=one[:60])
            )
        else:
            found.setdefault(known.lower(), known)
    if issues:
        raise Refusal(*issues)
    return list(found.values())
