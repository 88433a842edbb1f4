"""Files handed out and taken in under signed addresses: no key is needed, the address is one."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any
from unicodedata import category, normalize
from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from documents.file_names import is_reserved
from domain.errors import Refusal
from domain.standing import Actor, Door, Standing
from domain.takeover.model import StagedUpload
from persistence.file_links import (
    LinkAltered,
    LinkExpired,
    UploadLink,
    read_file_link,
    read_upload_link,
)
from persistence.staged_uploads import note_received, staged_upload
from schema.context import House
from server.bodies import MEBIBYTE, UPLOAD_BYTES
from server.crowd import Uploads
from server.refusing import RequestRefused

_NOT_SHOWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_LONGEST_NAME = 200
"""Bytes of a name in UTF-8."""
_LONGEST_ENDING = 10


async def hand_out(request: Request) -> Response:
    """GET /files/{token}: the file the token stands for, to be saved under its name."""
    house: House = request.app.state.house
    link = _verified(request, read_file_link)
    try:
        size, portions = await to_thread.run_sync(house.files.pour, link.key)
    except FileNotFoundError:
        raise _nothing_here() from None
    return StreamingResponse(
        portions,
        media_type=link.media_type,
        headers={
            "Content-Length": str(size),
            "Content-Disposition": attachment(link.filename),
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
        },
    )


async def take_in(request: Request) -> Response:
    """PUT /uploads/{token}: the bytes of a staged upload, no more and no other than announced."""
    house: House = request.app.state.house
    link = _verified(request, read_upload_link)
    staged = await to_thread.run_sync(_awaited, house, link)
    if staged is None:
        raise _nothing_here()
    uploads: Uploads = request.app.state.uploads
    async with uploads.place(link.organisation_id):
        with NamedTemporaryFile(prefix="jalon-") as draft:
            sha256 = await _received(request, staged, draft)
            return await _taken(house, link, staged, Path(draft.name), sha256)


async def _taken(
    house: House, link: UploadLink, staged: StagedUpload, draft: Path, sha256: str
) -> Response:
    if staged.received_at is not None:
        # Sent again because the first answer was lost: as good as the first time.
        if staged.sha256 != sha256:
            raise _received_already()
        return Response(status_code=204)
    try:
        is_first = await to_thread.run_sync(_keep, house, link, draft, sha256)
    except Refusal as refusal:
        # Whoever waits for a long import here is not waited for: the bytes can be sent again.
        issue = refusal.issues[0]
        raise RequestRefused(503, issue.code, issue.kind.sentence) from refusal
    if not is_first:
        raise _received_already()
    return Response(status_code=204)


def _received_already() -> RequestRefused:
    return RequestRefused(409, "UPLOAD_RECEIVED", "This upload was received already.")


def attachment(filename: str) -> str:
    """A Content-Disposition that any client understands (RFC 6266, RFC 8187).

    The name is one of a file in any folder: no path, nothing hidden, nothing that turns the
    direction of reading (an .exe that is shown as a .pdf), no name of a device.
    """
    name = _name_of_a_file(filename)
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = _name_of_a_file(re.sub(r'[^ -~]|["\\%/]', "_", plain))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _name_of_a_file(text: str) -> str:
    spaced = "".join(" " if category(one) == "Zs" else one for one in text)
    shown = "".join(one for one in spaced if category(one) not in _NOT_SHOWN)
    name = re.sub(r"[/\\:*?<>|]+", "_", shown).strip(" ._") or "file"
    if len(name.encode()) > _LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        ending = dot + ending if stem and len(ending) <= _LONGEST_ENDING else ""
        room = _LONGEST_NAME - len(ending.encode())
        name = name.encode()[:room].decode(errors="ignore").rstrip(" .") + ending
    return f"_{name}" if is_reserved(name) else name


def _verified(request: Request, read: Any) -> Any:
    house: House = request.app.state.house
    try:
        return read(house.secrets, request.path_params["token"], now=house.clock())
    except LinkAltered:
        raise _nothing_here() from None
    except LinkExpired:
        raise RequestRefused(410, "LINK_EXPIRED", "This address is no longer valid.") from None


def _nothing_here() -> RequestRefused:
    return RequestRefused(404, "NOT_FOUND", "There is nothing at this address.")


def _awaited(house: House, link: UploadLink) -> StagedUpload | None:
    with house.database.reading(link.organisation_id) as session:
        return staged_upload(session, link.staged_id)


async def _received(request: Request, staged: StagedUpload, draft: IO[bytes]) -> str:
    """The SHA-256 of the bytes sent, which go to `draft`; more than announced are refused."""
    digest, portion, size = hashlib.sha256(), bytearray(), 0

    def put_down(portion: bytes) -> None:
        digest.update(portion)
        draft.write(portion)
        draft.flush()

    async for chunk in request.stream():
        size += len(chunk)
        if size > min(staged.size, UPLOAD_BYTES):
            raise _not_as_announced(413)
        portion += chunk
        if len(portion) >= MEBIBYTE // 2:
            await to_thread.run_sync(put_down, bytes(portion))
            portion.clear()
    await to_thread.run_sync(put_down, bytes(portion))
    sha256 = digest.hexdigest()
    if size != staged.size or (staged.sha256 or sha256).lower() != sha256:
        raise _not_as_announced(422)
    return sha256


def _not_as_announced(status: int) -> RequestRefused:
    return RequestRefused(
        status, "UPLOAD_DIFFERS", "What was sent is not what was announced: size or SHA-256 differ."
    )


def _keep(house: House, link: UploadLink, draft: Path, sha256: str) -> bool:
    """Keeps the bytes, unless others came first: under a name of their own, over nobody's."""
    file_key = f"{link.organisation_id}/uploads/{link.staged_id}-{sha256[:32]}"
    house.files.put_file(file_key, draft)
    standing = Standing(link.organisation_id, Actor(Door.LINK, "stagedUpload"), "upload")
    with house.database.writing(standing) as session:
        now = house.clock()
        is_first = note_received(session, link.staged_id, file_key=file_key, sha256=sha256, at=now)
    if not is_first:
        house.files.delete(file_key)
    return is_first
