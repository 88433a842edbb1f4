"""What machines ask before they send anybody here: does the process live, can it work."""

from __future__ import annotations

import structlog
from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from persistence.migrate import is_current, is_walled
from schema.context import House

log = structlog.get_logger("jalon")


async def healthz(request: Request) -> Response:
    """200 as long as the process answers."""
    return JSONResponse({"status": "ok"})


async def readyz(request: Request) -> Response:
    """200 when there is a database with our schema; else 503 with what is missing."""
    missing = await to_thread.run_sync(missing_of, request.app.state.house)
    if missing is None:
        return JSONResponse({"status": "ok"})
    return JSONResponse({"status": "unavailable", "missing": missing}, status_code=503)


def missing_of(house: House) -> str | None:
    """What keeps the house from working: "database", "schema", "walls", or nothing."""
    try:
        if not is_current(house.database.engine):
            return "schema"
        return None if is_walled(house.database.engine) else "walls"
    except SQLAlchemyError as error:
        log.warning("database unreachable", error=type(error).__name__)
        return "database"
