"""The web application: its addresses, its layers, and what it opens and closes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import strawberry
import structlog
from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute

from domain.errors import Refusal
from jobs.gate import Gate
from schema.context import House
from server import files, health
from server.auth import Doors
from server.bodies import BodyLimits
from server.crowd import Uploads
from server.endpoint import Endpoint
from server.envelope import Envelope
from server.graphql import jalon_schema
from server.house import open_house, spare_the_base
from server.logs import configure_logs
from server.long_work import at_work, post_of
from server.own_pages import OwnPages, SignInCookie
from server.page import graphiql_pages, page_file
from server.refusing import refuse
from server.sessions import Sessions, refused
from server.settings import Settings, read_settings
from server.sites import Sites
from server.sockets import Sockets
from server.straight import Straight
from server.trusted import TrustedDocuments

log = structlog.get_logger("jalon")


def create_app(
    settings: Settings, *, house: House | None = None, schema: strawberry.Schema | None = None
) -> Starlette:
    """The application of `settings`.

    A `house` that is given stays open when the application ends, and does what jobs it has;
    otherwise the application opens its own, with its jobs.
    """
    is_open = not settings.is_production and not settings.documents_only
    schema = schema or jalon_schema(introspection=is_open)
    pages = graphiql_pages() if is_open else None
    trusted = TrustedDocuments.read(settings.documents, only=settings.documents_only)
    doors = _doors(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        opened = house or open_house(settings)
        if (missing := await to_thread.run_sync(health.missing_of, opened)) is not None:
            log.error("not ready", missing=missing)
        if house is not None:
            app.state.house = house
            yield
            await doors.close()
            return
        try:
            with at_work(opened, post=post_of(settings)) as app.state.house:
                spare_the_base()
                yield
                await doors.close()
        finally:
            opened.database.close()

    endpoint = Endpoint(schema, doors, pages=pages, allowance=settings.allowance, trusted=trusted)
    sockets = Sockets(
        schema, doors, origins=settings.origins, trusted=trusted, purse=endpoint.purse
    )
    handlers: dict[Any, Any] = {HTTPException: refuse, Refusal: refused}
    application = Starlette(
        routes=[
            Route("/graphql", endpoint),
            WebSocketRoute("/graphql", sockets),
            *Sessions(doors).routes,
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz),
            Route("/files/{token}", files.hand_out),
            Route("/uploads/{token}", files.take_in, methods=["PUT"]),
            *([] if pages is None else [Route("/graphiql/{name}", page_file)]),
        ],
        middleware=[
            Middleware(Envelope, is_strict=settings.is_production and settings.is_over_https),
            Middleware(Sites, origins=settings.origins, hosts=settings.hosts),
            Middleware(BodyLimits),
            Middleware(Straight, path="/graphql", endpoint=endpoint, handlers=handlers),
        ],
        exception_handlers=handlers,
        lifespan=lifespan,
    )
    application.state.uploads = Uploads()
    application.state.doors = doors
    return application


def _doors(settings: Settings) -> Doors:
    return Doors(
        pages=OwnPages(settings.origins - {"*"}),
        cookie=SignInCookie(settings.is_production or settings.is_over_https),
        strangers=settings.allowance.strangers,
        gate=Gate(is_private_allowed=settings.webhooks_private),
    )


def app_of_the_environment() -> Starlette:
    """The application as each worker of `jalon serve` builds it."""
    settings = read_settings()
    configure_logs(as_json=settings.is_production)
    return create_app(settings)
