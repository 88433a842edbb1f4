"""`jalon serve`, `migrate`, `demo` and `schema`: the product running, and its contract."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
import uvicorn
from starlette.applications import Starlette

from persistence.migrate import migrate
from persistence.wall_roles import RolesRefused
from server.app import create_app
from server.cli.installation import open_installation
from server.cli.sample_firm import invitation, person, prepare
from server.cli.speaking import Unable, answer, app, say, talk
from server.graphql import jalon_schema, written
from server.house import make_room, open_house
from server.logs import configure_logs
from server.settings import Settings, read_settings
from server.sockets import MESSAGE_BYTES
from server.wire import CONNECTIONS, IMPORTED_AS

Host = Annotated[str, typer.Option(help=say("Address to listen on."))]
Port = Annotated[int, typer.Option(help=say("Port to listen on."), min=1, max=65535)]


@app.command(help=say("Serves the API."))
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[
        int, typer.Option(help=say("Processes; several need PostgreSQL."), min=1)
    ] = 1,
) -> None:
    settings = read_settings()
    if workers > 1 and settings.is_on_sqlite:
        raise Unable("Several workers need PostgreSQL: SQLite has one writer, and so one process.")
    with open_installation():
        _require_free(host, port)
    configure_logs(as_json=settings.is_production)
    if workers > 1:
        _run("server.app:app_of_the_environment", settings, host, port, workers=workers)
    else:
        _run(create_app(settings), settings, host, port)


@app.command("migrate", help=say("Brings the database to the schema of this version."))
def bring_up_to_date() -> None:
    settings = read_settings()
    make_room(settings)
    with talk().status(say("Migrating…")):
        bring_up(settings)
    talk().print(say("The database is up to date."))


def bring_up(settings: Settings) -> None:
    """Brings the database of `settings` to the schema of this version; Unable where it may not."""
    with roles_in_words():
        migrate(settings.owner_url, serving=settings.database_url)


@contextmanager
def roles_in_words() -> Iterator[None]:
    """Says what an administrator must run where the login may not make the roles."""
    try:
        yield
    except RolesRefused as error:
        raise Unable(
            "The login of the database may not make the roles that keep firms apart. "
            "An administrator of PostgreSQL must run: {statements} Then run jalon migrate again.",
            statements=" ".join(error.statements),
        ) from error


@app.command(help=say("Prints the schema of the API (SDL)."))
def schema() -> None:
    typer.echo(written(jalon_schema()), nl=False)


@app.command(help=say("Serves a sample firm, made on the first run and kept afterwards."))
def demo(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    settings = read_settings()
    if settings.is_production:
        raise Unable("The demo is not for production: JALON_ENV says production.")
    _require_free(host, port)
    make_room(settings)
    bring_up(settings)
    house = open_house(settings)
    try:
        key = prepare(house, talk())
        password = person(house)
    finally:
        house.database.close()
    answer().print(invitation(f"http://{host}:{port}", key, password), soft_wrap=True)
    configure_logs(as_json=False)
    _run(create_app(settings), settings, host, port)


def _require_free(host: str, port: int) -> None:
    """Refuses in words what the server would only tell by ending."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unable(
                "Nothing can listen on {host}:{port}: {reason}. Choose another --port.",
                host=host,
                port=port,
                reason=error.strerror or error,
            ) from None


def _open_files() -> None:
    """Lets this process have as many connections as it takes, where the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 500
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _run(
    application: Starlette | str,
    settings: Settings,
    host: str,
    port: int,
    *,
    workers: int | None = None,
) -> None:
    _open_files()
    uvicorn.run(
        application,
        factory=isinstance(application, str),
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        # One line a request is noted by server.envelope, without the tokens of addresses.
        access_log=False,
        forwarded_allow_ips=settings.trusted_proxies,
        server_header=False,
        http=IMPORTED_AS,
        limit_concurrency=CONNECTIONS,
        # Named, so that no server starts that cannot; larger messages are none of the protocol.
        ws="websockets-sansio",
        ws_max_size=MESSAGE_BYTES,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=20,
    )
