"""Servers as processes of their own, that can be killed, and a file that takes them a while."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx2

from persistence.files import Files
from persistence.session import Database
from schema.context import House
from tests.api.takeover.sheets import TITLES
from tests.jobs.forked import IS_POSSIBLE, Forked, forked
from tests.support.api import SECRET, ApiClient, caller_of, firm
from tests.support.source import ROOT

ROWS = 600


def caller_in_the_clear(address: str = "") -> httpx2.Client:
    """Who asks a server of this machine: to read the world's certificates takes 30 ms a caller."""
    return httpx2.Client(base_url=address, timeout=60, verify=False)


@dataclass
class Server:
    """`jalon serve` on an installation; whoever begins it ends it."""

    process: subprocess.Popen[bytes] | Forked
    address: str

    def kill(self) -> None:
        """Ends it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def wait_until_ready(self) -> None:
        patience = time.monotonic() + 60
        with caller_in_the_clear(self.address) as http:
            while time.monotonic() < patience:
                with suppress(httpx2.TransportError):
                    if http.get("/readyz").status_code == 200:
                        return
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.02)
        raise AssertionError("the server does not answer")


@dataclass
class Installation:
    """A database, a folder, and the key of an administrator of its firm."""

    url: str
    folder: Path
    organisation_id: int
    token: str

    @contextmanager
    def serving(
        self, count: int = 1, *, anew: bool = False
    ) -> Iterator[list[tuple[Server, ApiClient]]]:
        """Servers, each with somebody who asks it; begun `anew` as by the command."""
        servers = [self.begun(anew=anew) for _ in range(count)]
        try:
            with ExitStack() as clients:
                asked = []
                for server in servers:
                    server.wait_until_ready()
                    client = caller_in_the_clear(server.address)
                    asked.append((server, self._caller(clients.enter_context(client))))
                yield asked
        finally:
            for server in servers:
                server.kill()

    def begun(self, *, anew: bool = False) -> Server:
        """A server of the installation; whoever begins it kills it."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {
            **os.environ,
            "JALON_DATABASE_URL": self.url,
            "JALON_FILES_URL": self.folder.joinpath("files").as_uri(),
            "JALON_SECRET": SECRET,
            "JALON_IMPORT_ROWS_AT_ONCE": "10",
            "PYTHONPATH": str(ROOT),
        }
        address, log = f"http://127.0.0.1:{port}", self.folder / "log"
        asked = ["serve", "--port", str(port)]
        if IS_POSSIBLE and not anew:
            made = forked(asked, folder=self.folder, log=log, environment=environment)
            return Server(made, address)
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "server", *asked],
                cwd=self.folder,
                env=environment,
                stdout=output,
                stderr=output,
            )
        return Server(process, address)

    def _caller(self, http: httpx2.Client) -> ApiClient:
        # What a caller needs of it is the same, over the network; its house is elsewhere.
        return ApiClient(cast(Any, http), cast(Any, None), self.organisation_id, self.token)


def installed(url: str, folder: Path) -> Installation:
    """The firm in a migrated database, and a key to it."""
    database = Database(url)
    try:
        house = House(database, Files.at(folder.as_uri()), SECRET.encode())
        # Nothing is asked through it: only its key is wanted.
        caller = caller_of(cast(Any, None), house, firm(), "test")
    finally:
        database.close()
    return Installation(url, folder, caller.organisation_id, caller.token)


def long_file(mark: str, rows: int = ROWS) -> bytes:
    """A CSV file of new clients, whose codes begin with `mark`."""
    titles = TITLES["clients"]
    lines = [";".join(titles.values())]
    for place in range(rows):
        cells = dict.fromkeys(titles, "")
        cells |= {"B": f"Client {mark} {place}", "C": f"{mark}-{place}", "D": "1 rue du Port"}
        cells |= {"E": "EUR", "F": "FR", "G": "NA", "H": "entreprise"}
        cells |= {"I": f"Contact {place}", "J": f"c{place}@client.example"}
        lines.append(";".join(cells.values()))
    return "\n".join(lines).encode()
