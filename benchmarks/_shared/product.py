"""The product as a server of its own, as it is in production."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from _shared.firm import SECRET
from _shared.serving import serve


def serve_product(url: str, listening: int, *, folder: str | None = None, **more: Any) -> None:
    """Runs it on the database of `url` until it is ended; files are kept in `folder`.

    One key asks for all: what it may ask a minute is not what a benchmark asks. The product is
    imported here: the floors and who asks do without.
    """
    from server.app import create_app
    from server.logs import configure_logs
    from server.settings import Environment, Settings
    from server.wire import CONNECTIONS, IMPORTED_AS

    if folder is not None:
        more["files_url"] = Path(folder, "files").absolute().as_uri()
    settings = Settings(
        env=Environment.PRODUCTION,
        database_url=url,
        secret=SECRET.decode(),
        requests_per_minute=0,
        price_per_minute=0,
        **more,
    )
    configure_logs(as_json=True)
    wire = {"http": IMPORTED_AS, "limit_concurrency": CONNECTIONS, "server_header": False}
    serve(create_app(settings), listening, **wire)
