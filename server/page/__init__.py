"""The GraphiQL page of development: every file of it comes from here, and no data without a key."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from words import LANGUAGES, translated

_FOLDER = Path(__file__).parent
_SOURCES = (_FOLDER, _FOLDER / "vendor")
_MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
_WORDS = re.compile(r"\[\[(.+?)\]\]")
_ADDRESS = re.compile(r'"graphiql/([^"]+)"')

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        # GraphiQL writes a style of its own when it opens a dialog.
        "style-src 'self' 'nonce-{nonce}'",
        # Its style sheet holds its fonts.
        "font-src data:",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


@dataclass(frozen=True, slots=True)
class PageFile:
    """A script or a style sheet of the page."""

    content: bytes
    media_type: str
    sha256: bytes

    @property
    def version(self) -> str:
        """What its address carries: another content has another address."""
        return self.sha256.hex()[:16]

    @property
    def integrity(self) -> str:
        return f"sha256-{base64.b64encode(self.sha256).decode()}"


@cache
def page_files() -> dict[str, PageFile]:
    """The scripts and style sheets by name, ours and those of vendor/."""
    found = {}
    for path in (path for folder in _SOURCES for path in sorted(folder.iterdir())):
        if (media_type := _MEDIA_TYPES.get(path.suffix)) is not None:
            content = path.read_bytes()
            found[path.name] = PageFile(content, media_type, hashlib.sha256(content).digest())
    return found


@cache
def graphiql_pages() -> dict[str, bytes]:
    """The page in each of our languages."""
    return {language: _in_words(language) for language in LANGUAGES}


def page_response(page: bytes) -> Response:
    """The page, allowed to run the files of its own server and to speak to it, and no more."""
    nonce = secrets.token_urlsafe(16)
    return HTMLResponse(
        page.replace(b"{{nonce}}", nonce.encode()),
        headers={"Content-Security-Policy": _POLICY.format(nonce=nonce)},
    )


async def page_file(request: Request) -> Response:
    """GET /graphiql/{name}: a file of the page; kept by browsers when its version is asked for."""
    file = page_files().get(request.path_params["name"])
    if file is None:
        raise HTTPException(404)
    is_lasting = request.url.query == file.version
    headers = {"Cache-Control": "public, max-age=31536000, immutable"} if is_lasting else None
    return Response(file.content, headers=headers, media_type=file.media_type)


def _in_words(language: str) -> bytes:
    source = (_FOLDER / "page.html").read_text(encoding="utf-8")
    page = _WORDS.sub(lambda found: escape(translated(found[1], language)), source)
    page = _ADDRESS.sub(lambda found: _address(found[1]), page)
    return page.replace("{{language}}", language).encode()


def _address(name: str) -> str:
    file = page_files()[name]
    return f'"graphiql/{name}?{file.version}" integrity="{file.integrity}"'
