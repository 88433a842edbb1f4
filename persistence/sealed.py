"""What must be read again though nobody else may: sealed under a key of the installation.

A JWE of RFC 7516 (direct key, AES-256-GCM). Its head names the secret of the installation that the
key is made of, and what it is for: sealed for one firm or purpose it opens for no other.
"""

from __future__ import annotations

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from domain.signing import Secrets, derived, name_of

_ALGORITHMS = ["dir", "A256GCM"]


def seal(installation: Secrets, text: str, *, purpose: str) -> str:
    """`text` as only this installation reads it, for `purpose`."""
    head = {"alg": "dir", "enc": "A256GCM", "kid": name_of(installation.present)}
    key = _key(installation.present, purpose)
    return jwe.encrypt_compact(head, text.encode(), key, algorithms=_ALGORITHMS)


def opened(installation: Secrets, sealed: str, *, purpose: str) -> str | None:
    """What was sealed for `purpose`; None where its secret is no longer kept, or it is not ours."""
    for secret in installation.all:
        try:
            found = jwe.decrypt_compact(sealed, _key(secret, purpose), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            continue
        return None if found.plaintext is None else found.plaintext.decode()
    return None


def _key(secret: bytes, purpose: str) -> OctKey:
    return OctKey.import_key(derived(secret, f"seal {purpose}"))
