"""Taking the fixtures' workbooks in through the API, as a person would."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.support.api import ApiClient
from tests.support.documents import IMPORT_CONFIRM, IMPORT_CREATE, PROJECT

CLEAN = Path(__file__).parents[1] / "fixtures" / "clean"
WORKBOOKS = {
    "clients": "01_clients.xlsx",
    "projects": "02_projets.xlsx",
    "phases": "03_phases_annexes.xlsx",
    "collaborators": "04_collaborateurs.xlsx",
    "progress": "05_avancement.xlsx",
}
PAST = {"history": "06_historique_facturation.xlsx", "adjustments": "07_ajustements.xlsx"}
"""What was billed before; the prepared firm begins without it."""
FURTHER = {"time_entries": "08_temps.xlsx", "clients_fusion": "09_clients_fusion.xlsx"}
"""Worked time, and the same clients in another layout."""


def send(
    api: ApiClient, content: bytes, *, kind: str | None = None, filename: str = "file.xlsx"
) -> dict[str, Any]:
    """The import that a file gave rise to, whatever its state."""
    answer = api.upload(IMPORT_CREATE, files={"variables.file": (filename, content)}, kind=kind)[
        "importCreate"
    ]
    assert answer["userErrors"] == []
    found: dict[str, Any] = answer["importFile"]
    return found


def confirm(api: ApiClient, review: dict[str, Any], **choices: Any) -> dict[str, Any]:
    """What confirming the review answered."""
    answer: dict[str, Any] = api.query(
        IMPORT_CONFIRM,
        id=review["id"],
        hash=review["reviewHash"],
        key=choices.pop("key", str(uuid4())),
        **choices,
    )["importConfirm"]
    return answer


def take_in(api: ApiClient, *kinds: str) -> None:
    """Sends and confirms the clean workbooks of `kinds`, the first five when none is named."""
    for kind in kinds or WORKBOOKS:
        filename = {**WORKBOOKS, **PAST, **FURTHER}[kind]
        review = send(api, (CLEAN / filename).read_bytes(), filename=filename)
        answer = confirm(api, review)
        assert answer["userErrors"] == [], answer
        assert answer["importFile"]["state"] == "APPLIED"


def project(api: ApiClient, code: str) -> dict[str, Any]:
    """The project with `code`, with its phases and figures."""
    found: dict[str, Any] = api.query(PROJECT, code=code)["projectByCode"]
    return found


def phases_of(project: dict[str, Any]) -> list[dict[str, Any]]:
    """All phases of all contracts of a project."""
    return [phase for contract in project["contracts"] for phase in contract["phases"]]
