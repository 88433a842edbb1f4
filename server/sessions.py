"""Signing in and out over HTTP, passwords and invitations: JSON in, JSON out.

    GET    /session                who one is, or null
    POST   /session                {email, password, organisation?}: signs in
    DELETE /session                signs out
    POST   /session/organisation   {organisation}: the same person in another of their firms
    POST   /password/forgotten     {email}: a link by mail, if there is such an account
    POST   /password               {token, password}: a new password, by that link
    POST   /invitation             {token, name, password}: accepts an invitation

These are no fields of the API: it answers nobody whom it does not know, and reads no word of them.
"""

from __future__ import annotations

from typing import Any

import orjson
from anyio import to_thread
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain.access import Permission
from domain.errors import Refusal
from domain.people import TOO_MANY_TRIES
from persistence.session import BUSY
from resolvers.admitting import _guessing as guessing
from resolvers.admitting import _opening_links as opening
from resolvers.admitting import _signing_in as signing_in
from resolvers.admitting._signing_in import Asking
from schema.context import Caller, House
from schema.user_error import user_error
from server.auth import Doors, unauthenticated
from server.negotiation import language_asked
from server.refusing import JSON, RequestRefused, refuse, refusing

_LONGEST_BODY = 16 * 1024
_NO_TEXT = "The request cannot be read: {name} must be a text."


class Sessions:
    """The addresses by which people come in."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    @property
    def routes(self) -> list[Route]:
        return [
            Route("/session", self.tell, methods=["GET"]),
            Route("/session", self.sign_in, methods=["POST"]),
            Route("/session", self.sign_out, methods=["DELETE"]),
            Route("/session/organisation", self.move, methods=["POST"]),
            Route("/password/forgotten", self.forgotten, methods=["POST"]),
            Route("/password", self.renew_password, methods=["POST"]),
            Route("/invitation", self.accept, methods=["POST"]),
        ]

    async def tell(self, request: Request) -> Response:
        """Who is signed in by the cookie; null when nobody is."""
        caller = await self._caller(request)
        told = None if caller is None else await _told(_house(request), caller)
        return _answer({"session": told})

    async def sign_in(self, request: Request) -> Response:
        """Signs in under a new token, whatever cookie came with it; that one is ended."""
        given = await self._asked(request, "email", "password", optional=("organisation",))
        house = _house(request)
        token = await signing_in.sign_in(
            house,
            _asking(request),
            email=given["email"] or "",
            password=given["password"] or "",
            organisation=given["organisation"],
        )
        if token is None:
            return refusing(
                401,
                "SIGN_IN_REFUSED",
                "The e-mail address or the password is not right.",
                locale=language_asked(request.headers),
            )
        former = self._doors.cookie.token_of(request.headers)
        if former is not None:
            await self._end(request, former)
        return await self._let_in(request, token)

    async def sign_out(self, request: Request) -> Response:
        """Ends the sign-in of the cookie, which the browser forgets."""
        caller = await self._caller(request)
        token = self._doors.cookie.token_of(request.headers)
        if caller is not None and token is not None:
            await self._end(request, token)
        answer = _answer({"session": None})
        self._doors.cookie.drop(answer)
        return answer

    async def move(self, request: Request) -> Response:
        """Signs the same person in to another firm of theirs."""
        given = await self._asked(request, "organisation")
        caller = await self._caller(request)
        if caller is None:
            return unauthenticated(request.headers)
        former = self._doors.cookie.token_of(request.headers) or ""
        token = await to_thread.run_sync(
            signing_in.move, _house(request), caller, _asking(request), given["organisation"] or ""
        )
        if token is None:
            return refusing(
                403,
                "NOT_A_MEMBER",
                "You are no member of this firm.",
                locale=language_asked(request.headers),
            )
        self._doors.sign_ins.forget(former)
        return await self._let_in(request, token)

    async def forgotten(self, request: Request) -> Response:
        """Says the same to everybody, and afterwards mails a link to whom it is for."""
        given = await self._asked(request, "email")
        house, asking = _house(request), _asking(request)
        await to_thread.run_sync(guessing.count_asking, house, asking.address)
        later = BackgroundTask(opening.send_password_link, house, given["email"] or "", asking)
        answer = _answer({"asked": True}, 202)
        answer.background = later
        return answer

    async def renew_password(self, request: Request) -> Response:
        """Takes a new password from whoever holds the link; all their sign-ins are over."""
        given = await self._asked(request, "token", "password")
        await opening.renew_password(
            _house(request),
            _asking(request),
            token=given["token"] or "",
            password=given["password"] or "",
        )
        self._doors.sign_ins.forget()
        return _answer({"changed": True})

    async def accept(self, request: Request) -> Response:
        """Lets the invited into the firm, who then sign in."""
        given = await self._asked(request, "token", "password", optional=("name",))
        email, organisation = await opening.join(
            _house(request),
            _asking(request),
            token=given["token"] or "",
            name=given["name"] or "",
            password=given["password"] or "",
        )
        return _answer({"email": email, "organisation": organisation})

    async def _caller(self, request: Request) -> Caller | None:
        """Who is signed in by the cookie; where a key is sent too, it is nobody."""
        token = self._doors.cookie.token_of(request.headers)
        if token is None or "authorization" in request.headers:
            return None
        self._doors.pages.require_counted(request.headers)
        return await self._behind(request, token)

    async def _behind(self, request: Request, token: str) -> Caller | None:
        return await self._doors.caller_by_sign_in(
            _house(request),
            token,
            request.headers,
            address=_address(request),
            request_id=request.state.request_id,
        )

    async def _end(self, request: Request, token: str) -> None:
        """Ends the sign-in of a token: at once in this process, within seconds in the others."""
        caller = await self._behind(request, token)
        if caller is not None:
            await to_thread.run_sync(signing_in.sign_out, _house(request), caller)
        self._doors.sign_ins.forget(token)

    async def _let_in(self, request: Request, token: str) -> Response:
        self._doors.welcome(token)
        caller = await self._behind(request, token)
        if caller is None:
            return unauthenticated(request.headers)
        house = _house(request)
        answer = _answer({"session": await _told(house, caller)})
        self._doors.cookie.put(answer, token, seconds=round(house.sign_in_longest.total_seconds()))
        return answer

    async def _asked(
        self, request: Request, *required: str, optional: tuple[str, ...] = ()
    ) -> dict[str, str | None]:
        """The texts of a JSON object that a page of ours, or no page, sent."""
        self._doors.pages.require_ours(request.headers)
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise RequestRefused(
                415, "MEDIA_TYPE_UNSUPPORTED", "This is sent as application/json, in UTF-8."
            )
        content = _object(await _body(request))
        given: dict[str, str | None] = {}
        for name in (*required, *optional):
            value = content.get(name)
            if not isinstance(value, str) and (name in required or value is not None):
                raise RequestRefused(400, "BAD_REQUEST", _NO_TEXT, name=name)
            if value is not None and "\0" in value:
                raise _unreadable("a text holds a character that cannot be kept (U+0000)")
            given[name] = value
        return given


async def refused(request: Request, error: Exception) -> Response:
    """A refusal of the house as an answer: 429 and 503 tell when to come again, else it is 422."""
    assert isinstance(error, Refusal)
    issue, locale = error.issues[0], language_asked(request.headers)
    if issue.kind is TOO_MANY_TRIES:
        return await refuse(request, _too_many_tries(float(issue.facts["seconds"])))
    is_busy = issue.kind is BUSY
    told = user_error(issue, locale or "")
    error_told = {
        "message": told["message"],
        "extensions": {
            "code": issue.code,
            **{name: told[name] for name in ("field", "expected", "fix") if told[name]},
        },
    }
    headers = {"Retry-After": "5"} if is_busy else None
    content = orjson.dumps({"errors": [error_told]})
    return Response(content, 503 if is_busy else 422, headers, JSON)


async def _told(house: House, caller: Caller) -> dict[str, Any]:
    """Who somebody is, and the firms they may choose."""
    places = await to_thread.run_sync(signing_in.places, house, caller)
    firms = [{"code": one.code, "name": one.name, "role": one.role.value} for one in places]
    person = caller.person
    return {
        "email": None if person is None else person.email,
        "name": caller.key_name,
        "member": caller.actor.id,
        "locale": caller.locale,
        "role": caller.role.value,
        "permissions": sorted(one.value for one in Permission if caller.holds(one)),
        "organisation": next(
            (one for one in firms if one["code"] == caller.organisation_code), None
        ),
        "organisations": firms,
    }


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_BODY:
            raise RequestRefused(
                413, "CONTENT_TOO_LARGE", "The request is larger than the 16 KiB allowed here."
            )
    return body


def _object(body: bytes) -> dict[str, Any]:
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _unreadable("it is not valid JSON in UTF-8") from None
    if not isinstance(content, dict):
        raise _unreadable("it must be an object")
    return content


def _unreadable(reason: str) -> RequestRefused:
    return RequestRefused(
        400, "BAD_REQUEST", "The request cannot be read: {reason}.", reason=reason
    )


def _asking(request: Request) -> Asking:
    return Asking(
        address=_address(request),
        agent=request.headers.get("user-agent", ""),
        request_id=request.state.request_id,
        locale=language_asked(request.headers),
    )


def _house(request: Request) -> House:
    house: House = request.app.state.house
    return house


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type=JSON)


def _too_many_tries(seconds: float) -> RequestRefused:
    """429 for whoever guesses, with when they may go on."""
    wait = max(1, round(seconds))
    refusal = RequestRefused(
        429, "TOO_MANY_TRIES", "Too many tries: go on in {seconds} seconds.", seconds=wait
    )
    refusal.headers = {"Retry-After": str(wait)}
    return refusal
