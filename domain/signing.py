"""The secrets of an installation: the present one signs, what former ones signed stays good.

Nothing is signed with a secret as it stands. Each purpose has a key of its own, made of the secret
and a label, so that what was made for one purpose is worth nothing for another.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

_NAME_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Secrets:
    """What an installation signs with, and what it signed with before (the newest first)."""

    present: bytes = field(repr=False)
    former: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def all(self) -> tuple[bytes, ...]:
        """The newest first."""
        return (self.present, *self.former)

    def key(self, purpose: str) -> bytes:
        """The 32 bytes that sign for `purpose` now."""
        return derived(self.present, purpose)

    def keys(self, purpose: str) -> tuple[bytes, ...]:
        """All that may have signed for `purpose`, the newest first."""
        return tuple(derived(secret, purpose) for secret in self.all)

    def named(self, name: str) -> bytes | None:
        """The secret of this name (`name_of`); None where the installation no longer has it."""
        return next((secret for secret in self.all if name_of(secret) == name), None)


def derived(secret: bytes, purpose: str) -> bytes:
    """The 32 bytes of `secret` for `purpose`, as HMAC-SHA256 derives keys (RFC 5869, 2.3)."""
    return hmac.digest(secret, f"jalon key: {purpose}".encode(), hashlib.sha256)


def name_of(secret: bytes) -> str:
    """What a secret is called where it may be seen: 8 digits that tell nothing of it."""
    return derived(secret, "name").hex()[:_NAME_LENGTH]
