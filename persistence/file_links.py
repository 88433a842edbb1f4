"""Addresses that stand for one file, for a while: signed, so that nothing in them can be changed.

/files/{token} hands a file out, /uploads/{token} takes one in. A token is its content and an
HMAC-SHA256 of it under a key of its purpose, so that one never passes for the other. What a former
secret signed is good until its time is over.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from domain.signing import Secrets

_FILE, _UPLOAD = "address of a file", "address of an upload"
_LONGEST = 2048


class LinkAltered(Exception):
    """The token is not one we signed."""


class LinkExpired(Exception):
    """The token is ours, and its time is over."""


@dataclass(frozen=True, slots=True)
class FileLink:
    """What a file's address stands for: a file of one organisation, and the name it is saved by."""

    organisation_id: int
    key: str
    filename: str
    media_type: str

    def __post_init__(self) -> None:
        if not self.key.startswith(f"{self.organisation_id}/"):
            raise ValueError("a file of another organisation")


@dataclass(frozen=True, slots=True)
class UploadLink:
    """What an upload's address stands for."""

    organisation_id: int
    staged_id: int


def signed_path(secrets: Secrets, link: FileLink, expires: datetime) -> str:
    """The path at which the file of `link` can be had until `expires`."""
    return f"/files/{_signed(secrets, _FILE, link, expires)}"


def signed_upload_path(secrets: Secrets, link: UploadLink, expires: datetime) -> str:
    """The path at which the bytes of a staged upload are taken until `expires`."""
    return f"/uploads/{_signed(secrets, _UPLOAD, link, expires)}"


def read_file_link(secrets: Secrets, token: str, *, now: datetime) -> FileLink:
    """What the token of /files/ stands for; LinkAltered or LinkExpired."""
    try:
        return FileLink(*_verified(secrets, _FILE, token, now))
    except ValueError:
        # Signed by us, and yet no file of the organisation it names.
        raise LinkAltered from None


def read_upload_link(secrets: Secrets, token: str, *, now: datetime) -> UploadLink:
    """What the token of /uploads/ stands for; LinkAltered or LinkExpired."""
    return UploadLink(*_verified(secrets, _UPLOAD, token, now))


def _signed(secrets: Secrets, purpose: str, link: Any, expires: datetime) -> str:
    told = urlsafe_b64encode(orjson.dumps([int(expires.timestamp()), *astuple(link)])).rstrip(b"=")
    return f"{told.decode()}.{_mac(secrets.key(purpose), told)}"


def _verified(secrets: Secrets, purpose: str, token: str, now: datetime) -> list[Any]:
    told, _, mac = token.partition(".")
    if len(token) > _LONGEST or not token.isascii():
        raise LinkAltered
    content, keys = told.encode(), secrets.keys(purpose)
    if not any(hmac.compare_digest(mac, _mac(key, content)) for key in keys):
        raise LinkAltered
    expires, *found = orjson.loads(urlsafe_b64decode(told + "=" * (-len(told) % 4)))
    if now > datetime.fromtimestamp(expires, UTC):
        raise LinkExpired
    return list(found)


def _mac(key: bytes, told: bytes) -> str:
    return urlsafe_b64encode(hmac.digest(key, told, hashlib.sha256)).rstrip(b"=").decode()
