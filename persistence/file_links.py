"""Addresses that stand for one file, for a while: signed, so that nothing in them can be changed.

/files/{token} hands a file out, /uploads/{token} takes one in. A token is its content and an
HMAC-SHA256 of it; the purpose is part of what is signed, so that one never passes for the other.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

_FILE, _UPLOAD = b"file", b"upload"
_LONGEST = 2048


class LinkAltered(Exception):
    """The token is not one we signed."""


class LinkExpired(Exception):
    """The token is ours, and its time is over."""


@dataclass(frozen=True, slots=True)
class FileLink:
    """What a file's address stands for."""

    key: str
    filename: str
    media_type: str


@dataclass(frozen=True, slots=True)
class UploadLink:
    """What an upload's address stands for."""

    organisation_id: int
    staged_id: int


def signed_path(secret: bytes, key: str, filename: str, media_type: str, expires: datetime) -> str:
    """The path at which the file under `key` can be had until `expires`, as `filename`."""
    return f"/files/{_signed(secret, _FILE, [key, filename, media_type], expires)}"


def signed_upload_path(
    secret: bytes, *, organisation_id: int, staged_id: int, expires: datetime
) -> str:
    """The path at which the bytes of a staged upload are taken until `expires`."""
    return f"/uploads/{_signed(secret, _UPLOAD, [organisation_id, staged_id], expires)}"


def read_file_link(secret: bytes, token: str, *, now: datetime) -> FileLink:
    """What the token of /files/ stands for; LinkAltered or LinkExpired."""
    return FileLink(*_verified(secret, _FILE, token, now))


def read_upload_link(secret: bytes, token: str, *, now: datetime) -> UploadLink:
    """What the token of /uploads/ stands for; LinkAltered or LinkExpired."""
    return UploadLink(*_verified(secret, _UPLOAD, token, now))


def _signed(secret: bytes, purpose: bytes, content: list[Any], expires: datetime) -> str:
    told = urlsafe_b64encode(orjson.dumps([int(expires.timestamp()), *content])).rstrip(b"=")
    return f"{told.decode()}.{_mac(secret, purpose, told)}"


def _verified(secret: bytes, purpose: bytes, token: str, now: datetime) -> list[Any]:
    told, _, mac = token.partition(".")
    if len(token) > _LONGEST or not token.isascii():
        raise LinkAltered
    if not hmac.compare_digest(mac, _mac(secret, purpose, told.encode())):
        raise LinkAltered
    expires, *content = orjson.loads(urlsafe_b64decode(told + "=" * (-len(told) % 4)))
    if now > datetime.fromtimestamp(expires, UTC):
        raise LinkExpired
    return list(content)


def _mac(secret: bytes, purpose: bytes, told: bytes) -> str:
    digest = hmac.digest(secret, purpose + b"." + told, hashlib.sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
