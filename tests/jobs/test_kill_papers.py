"""A server killed while it prints many invoices: the job goes on, and has all of them (B29)."""

from __future__ import annotations

import random
import time
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.api.invoices.acts import drawn, final
from tests.api.invoices.test_print_jobs import JOB, asked, content
from tests.jobs.servers import Installation, installed
from tests.support.api import ApiClient
from tests.support.documents import PDF
from tests.support.postgres import PostgresServer
from tests.support.prepared import prepare

CODES = ("PAT-2501", "REH-2501", "PAT-2508")


def ended(api: ApiClient, job: str) -> dict[str, Any]:
    patience = time.monotonic() + 60
    while True:
        found: dict[str, Any] = api.query(JOB, id=job)["job"]
        if found["finishedAt"] is not None:
            return found
        assert time.monotonic() < patience, found
        time.sleep(0.1)


def survives(place: Installation) -> None:
    """Killed twice at whatever moment; the final papers are the bytes issued then."""
    with place.serving() as [(server, api)]:
        drafts = [drawn(api, code) for code in CODES]
        names = [final(api, one["id"])["invoice"]["number"] for one in drafts[:2]]
        names.append(drafts[2]["proFormaNumber"])
        job = asked(api, [one["id"] for one in drafts], "ZIP")["job"]["id"]
        time.sleep(random.uniform(0.0, 3.0))
        server.kill()
    with place.serving() as [(server, _)]:
        time.sleep(random.uniform(0.0, 3.0))
        server.kill()
    with place.serving() as [(_, api)]:
        found = ended(api, job)
        assert (found["status"], found["userErrors"]) == ("SUCCEEDED", [])
        with ZipFile(BytesIO(content(api, found))) as archive:
            assert archive.namelist() == [f"{name}.pdf" for name in names]
            papers = [archive.read(name) for name in archive.namelist()]
        for one, paper in list(zip(drafts, papers, strict=True))[:2]:
            alone = api.query(PDF, id=one["id"])["invoicePdf"]["download"]["url"]
            assert api.get(alone) == paper


@pytest.mark.soak
def test_printing_survives_kills(postgres: PostgresServer, tmp_path: Path) -> None:
    dsn = postgres.create_database(template=postgres.template("prepared", prepare))
    try:
        survives(installed(dsn, tmp_path))
    finally:
        postgres.drop_database(dsn)
