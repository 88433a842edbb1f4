"""What a request asks for: one operation, from the query string, a JSON body or a multipart form.

A form is taken only with a header that a page of another web site cannot send without being asked
for first (a preflight): else any page could send one with the visitor's cookies.
Sources: GraphQL over HTTP; GraphQL multipart request specification.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.datastructures import FormData, Headers, UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from server.bodies import OTHER_BYTES
from server.refusing import RequestRefused
from server.trusted import TrustedDocuments

FILES = 16
"""Files of one request; the API takes one at a time."""

PREFLIGHT_HEADERS = ("graphql-preflight", "apollo-require-preflight")
"""One of them, not empty, goes with every form."""

_NUL = b"\\u0000"


ANY_DOCUMENT = TrustedDocuments({})


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation, as it was sent."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


async def asked_of(
    request: Request, headers: Headers, trusted: TrustedDocuments = ANY_DOCUMENT
) -> Asked:
    """The operation of `request`; RequestRefused (400, 403, 404, 415) when it cannot be read."""
    if request.method == "GET":
        return _asked(_of_query_string(request.query_params), trusted)
    match _media_type(headers.get("content-type", "")):
        case "application/json":
            return _asked(_read_json(await _body(request.receive)), trusted)
        case "multipart/form-data":
            if not any(headers.get(name) for name in PREFLIGHT_HEADERS):
                raise RequestRefused(
                    400,
                    "PREFLIGHT_REQUIRED",
                    "A form is sent with the header GraphQL-Preflight: 1.",
                )
            form = await request.form(max_files=FILES, max_fields=FILES, max_part_size=OTHER_BYTES)
            return _asked(_of_form(form), trusted)
    raise RequestRefused(
        415,
        "MEDIA_TYPE_UNSUPPORTED",
        "An operation is sent as application/json or multipart/form-data, in UTF-8.",
    )


async def _body(receive: Receive) -> bytes:
    """The whole body; how much it may be is looked after by `server.bodies`."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _media_type(content_type: str) -> str:
    """The media type of the body; nothing when its characters are not UTF-8."""
    media_type, *parameters = content_type.lower().split(";")
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            return ""
    return media_type.strip()


def _of_query_string(parameters: Mapping[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = dict(parameters)
    for name in ("variables", "extensions"):
        text = content.pop(name, "")
        if text:
            content[name] = _read_json(text.encode())
    return content


def _of_form(form: FormData) -> object:
    """The operations of a form, its files put where its map says."""
    content = _read_json(_text_of(form, "operations"))
    places = _read_json(_text_of(form, "map"))
    if not isinstance(places, dict) or not isinstance(content, dict):
        raise _unreadable("the form's map and operations must be objects")
    for name, paths in places.items():
        file = form.get(name)
        if not isinstance(file, UploadFile) or not isinstance(paths, list):
            raise _unreadable("the form's map names a file that is not there")
        for path in paths:
            _put(content, path, file)
    return content


def _text_of(form: FormData, name: str) -> bytes:
    value = form.get(name)
    if not isinstance(value, str):
        raise _unreadable("the form must have the fields operations and map")
    return value.encode("utf-8", "surrogateescape")


def _put(content: dict[str, Any], path: object, file: UploadFile) -> None:
    """Puts `file` where `path` ("variables.input.file", "variables.files.0") leads: a null."""
    *parents, last = path.split(".") if isinstance(path, str) else [""]
    place: Any = content
    for step in parents:
        place = _below(place, step)
    if not parents or _below(place, last) is not None:
        raise _unreadable("the form's map does not lead to a null of the variables")
    place[int(last) if isinstance(place, list) else last] = file


def _below(place: object, step: str) -> Any:
    if isinstance(place, dict) and step in place:
        return place[step]
    if isinstance(place, list) and step.isdecimal() and len(step) < 5 and int(step) < len(place):
        return place[int(step)]
    raise _unreadable("the form's map does not lead to a null of the variables")


def _read_json(body: bytes) -> Any:
    try:
        content = orjson.loads(body)
    except json.JSONDecodeError:
        raise _unreadable("it is not valid JSON in UTF-8") from None
    if _NUL in body and _holds_nul(content):
        raise _unreadable("a text holds a character that cannot be kept (U+0000)")
    return content


def _holds_nul(content: object) -> bool:
    """Whether a text in `content` holds U+0000: PostgreSQL keeps no such text, SQLite cuts it."""
    left = [content]
    while left:
        match left.pop():
            case str() as text if "\0" in text:
                return True
            case list() as items:
                left.extend(items)
            case dict() as fields:
                left.extend(fields.keys())
                left.extend(fields.values())
    return False


def _asked(content: object, trusted: TrustedDocuments) -> Asked:
    if isinstance(content, list):
        raise _unreadable("one operation at a time")
    if not isinstance(content, dict):
        raise _unreadable("it must be an object")
    query, variables = trusted.text_of(content), content.get("variables")
    name, extensions = content.get("operationName"), content.get("extensions")
    if not isinstance(query, str) or not query.strip():
        raise _unreadable("query must be a text")
    if not isinstance(variables, dict | None):
        raise _unreadable("variables must be an object")
    if not isinstance(name, str | None):
        raise _unreadable("operationName must be a text")
    if not isinstance(extensions, dict | None):
        raise _unreadable("extensions must be an object")
    return Asked(query, variables, name or None)


def _unreadable(reason: str) -> RequestRefused:
    return RequestRefused(
        400, "BAD_REQUEST", "The request cannot be read: {reason}.", reason=reason
    )
