"""Passwords: which are taken, how they are kept, and how one is known again.

Kept by argon2id with 19 MiB, two passes and one lane (OWASP); no rule of composition, and no end
of validity (NIST SP 800-63B). What is compared is their NFKC form: a key of the board that makes
two characters on one machine and one on another opens the same door.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.errors import PathPart, Refusal, call_error

SHORTEST, LONGEST = 12, 200

PASSWORD_REFUSED = call_error(
    "PASSWORD_REFUSED",
    "This password cannot be taken: {reason}.",
    "Choose another one: a few words that do not belong together are easy to keep in mind.",
)

_HASHER: Final = PasswordHasher(
    time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16
)

NOBODYS: Final = _HASHER.hash("nobody's", salt=b"nobody's salt...")
"""What is computed where there is no account: it takes as long, and opens nothing."""

_WORDS: Final = frozenset(
    [
        *("password", "passw0rd", "passphrase", "motdepasse", "mot2passe", "monmotdepasse"),
        *("azerty", "azertyuiop", "azertyuiopqsdfghjklm", "qwerty", "qwertyuiop", "qwertz"),
        *("qwertyuiopasdfghjkl", "azertyqwerty", "administrator", "administrateur", "admin"),
        *("bonjour", "bonjourbonjour", "bienvenue", "welcome", "changeme", "changezmoi"),
        *("letmein", "iloveyou", "jetaime", "jtaime", "soleil", "doudou", "chouchou", "loulou"),
        *("princesse", "princess", "marseille", "football", "dragon", "monkey", "superman"),
        *("architecte", "architecture", "ingenieur", "agence", "facture", "facturation", "jalon"),
        *("secret", "secretsecret", "passwordpassword", "motdepassemotdepasse", "ordinateur"),
        *("default", "test", "testtest", "demo", "entreprise", "company", "comptabilite"),
    ]
)
"""The obvious ones, French and English, with whatever stands behind them.

A short list: most of what is common is shorter than `SHORTEST`.
"""
_RUNS: Final = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "azertyuiopqsdfghjklm")


def normalised(password: str) -> str:
    """`password` as it is hashed."""
    return unicodedata.normalize("NFKC", password)


def require_fit(password: str, *, email: str, field: tuple[PathPart, ...] = ("password",)) -> None:
    """Refuses with PASSWORD_REFUSED what is too short, too long, or the first thing to be tried."""
    reason = _objection(normalised(password), email.casefold())
    if reason is not None:
        raise Refusal(
            PASSWORD_REFUSED(field=field, reason=reason, expected=f"{SHORTEST}–{LONGEST}")
        )


def _objection(password: str, email: str) -> str | None:
    if len(password) < SHORTEST:
        return "it has fewer than 12 characters"
    if len(password) > LONGEST:
        return "it has more than 200 characters"
    told = password.casefold().strip()
    if told in (email, email.rpartition("@")[0]):
        return "it is the e-mail address"
    plain = unicodedata.normalize("NFKD", told).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z]+$", "", plain)
    is_run = any(plain in run * 2 or plain in (run * 2)[::-1] for run in _RUNS)
    if stem.replace(" ", "") in _WORDS or is_run or len(set(told)) < 4:
        return "it is one of the first that anybody would try"
    return None


def hashed(password: str) -> str:
    """What is kept of `password`, with a salt of its own. It takes 19 MiB."""
    return _HASHER.hash(normalised(password))


def matches(kept: str | None, password: str) -> bool:
    """Whether `kept` was made of `password`; None takes as long as any, and is never it."""
    try:
        is_it = _HASHER.verify(kept or NOBODYS, normalised(password)[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return is_it and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether it was made with other parameters than those of today."""
    return _HASHER.check_needs_rehash(kept)
