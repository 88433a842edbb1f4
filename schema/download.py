"""Addresses to fetch a file from, or to put one to: signed, and soon expired (API.md 14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import strawberry

from persistence.file_links import FileLink, UploadLink, signed_path, signed_upload_path
from schema.context import House

LIFETIME = timedelta(minutes=15)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
ZIP = "application/zip"

_URL = (
    "It is its own key: no other is sent. Whole where JALON_PUBLIC_URL is set, else a path of the "
    "server that was asked."
)


@strawberry.type(description="A file to fetch with a plain GET, until it expires.")
class DownloadLink:
    url: str = strawberry.field(description=_URL)
    filename: str
    media_type: str
    size: int = strawberry.field(description="Bytes.")
    expires_at: datetime = strawberry.field(description="After it the address answers 410.")


@strawberry.type(
    description="Where to PUT the bytes of an upload; then give its id to importCreate."
)
class StagedUpload:
    id: strawberry.ID
    url: str = strawberry.field(description=_URL)
    expires_at: datetime = strawberry.field(description="After it the address answers 410.")


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file in the store, as it will be handed out."""

    key: str
    filename: str
    media_type: str
    size: int


def link_to(house: House, organisation_id: int, kept: KeptFile) -> DownloadLink:
    """A signed address of the file `kept`, which must be one of this organisation's."""
    expires = house.clock() + LIFETIME
    link = FileLink(organisation_id, kept.key, kept.filename, kept.media_type)
    path = signed_path(house.secrets, link, expires)
    return DownloadLink(
        url=house.public_url + path,
        filename=kept.filename,
        media_type=kept.media_type,
        size=kept.size,
        expires_at=expires,
    )


def place_for(house: House, *, organisation_id: int, staged_id: int) -> StagedUpload:
    """A signed address to put the bytes of a staged upload to."""
    expires = house.clock() + LIFETIME
    path = signed_upload_path(house.secrets, UploadLink(organisation_id, staged_id), expires)
    return StagedUpload(
        id=strawberry.ID(f"staged_upload_{staged_id}"),
        url=house.public_url + path,
        expires_at=expires,
    )
