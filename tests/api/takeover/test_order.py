"""The order of the files, and what of a file is refused as a whole (O08, O09)."""

from __future__ import annotations

import pytest

from tests.api.takeover.reviews import codes, refusal_codes, rows_of
from tests.api.takeover.sheets import CLIENT, PERSON, PHASE, PROJECT, Cells, book
from tests.support.api import ApiClient
from tests.support.documents import IMPORT_SKIP
from tests.support.takeover import CLEAN, WORKBOOKS, confirm, send, take_in

PROGRESS: Cells = {"C": "PAT-2501", "F": "ESQ", "K": 50, "L": "31/10/2026"}

ORDER = [
    ((), "projects", PROJECT, "Clients", "Clients"),
    ((), "phases", PHASE, "Clients", "Clients"),
    ((), "progress", PROGRESS, "Clients", "Clients"),
    (("clients",), "phases", PHASE, "Projets", "Projects"),
    (("clients",), "progress", PROGRESS, "Projets", "Projects"),
    (("clients", "projects"), "progress", PROGRESS, "Phases et annexes", "Phases & annexes"),
]
"""What was imported, what is sent, and the file to import first in French and in English."""


@pytest.mark.parametrize(("before", "kind", "row", "french", "english"), ORDER)
def test_a_file_that_comes_too_early_names_the_one_to_import_first(
    empty: ApiClient, before: tuple[str, ...], kind: str, row: Cells, french: str, english: str
) -> None:
    """O08, O09: told of the file in the caller's language, before any row is judged."""
    take_in(empty, *before) if before else None
    for locale, first in (("fr", french), ("en", english)):
        review = send(empty.in_language(locale), book(kind, row), kind=kind)
        assert refusal_codes(review) == ["IMPORT_ORDER"]
        (told,) = [one for one in review["userErrors"] if one["code"] == "IMPORT_ORDER"]
        assert told["expected"] == first
        assert first in told["fix"]
        assert rows_of(empty, review) == {}


def test_a_refused_file_can_be_neither_confirmed_nor_skipped_through(empty: ApiClient) -> None:
    """O08: the order cannot be forced by insisting."""
    review = send(empty, book("projects", PROJECT))
    answer = confirm(empty, {**review, "reviewHash": ""}, warnings=True, red=True)
    assert codes(answer) == ["IMPORT_NOT_IN_REVIEW"]
    skipped = empty.query(IMPORT_SKIP, id=review["id"], colour="RED")["importRowsSkip"]
    assert codes(skipped) == ["IMPORT_NOT_IN_REVIEW"]
    assert empty.query("{ projects { totalCount } }")["projects"]["totalCount"] == 0


def test_a_refused_file_may_be_sent_again_once_its_turn_has_come(empty: ApiClient) -> None:
    """O08: the same bytes; what was refused then is no obstacle now."""
    content = (CLEAN / WORKBOOKS["projects"]).read_bytes()
    assert refusal_codes(send(empty, content)) == ["IMPORT_ORDER"]
    take_in(empty, "clients")
    review = send(empty, content)
    assert (review["state"], review["counts"]["green"]) == ("REVIEW", 60)


@pytest.mark.parametrize(("kind", "row"), [("clients", CLIENT), ("collaborators", PERSON)])
def test_clients_and_collaborators_need_nothing_before_them(
    empty: ApiClient, kind: str, row: Cells
) -> None:
    """O09: collaborators are told as the fourth file, and may come at any time."""
    assert send(empty, book(kind, row))["state"] == "REVIEW"


@pytest.mark.parametrize("kind", WORKBOOKS)
def test_a_file_is_recognised_by_its_header(firm: ApiClient, kind: str) -> None:
    """O07: whatever it is called, with nothing said of its kind."""
    content = (CLEAN / WORKBOOKS[kind]).read_bytes()
    assert send(firm, content, filename="Copie de Sans titre 3.bin")["kind"] == kind


@pytest.mark.parametrize("asked", WORKBOOKS)
@pytest.mark.parametrize("kind", WORKBOOKS)
def test_the_template_of_another_import_is_refused(firm: ApiClient, kind: str, asked: str) -> None:
    """O07: sent as another kind than it is, it is not read as if it were."""
    content = (CLEAN / WORKBOOKS[kind]).read_bytes()
    review = send(firm, content, kind=asked)
    if kind == asked:
        assert review["state"] == "REVIEW"
    else:
        assert refusal_codes(review) == ["TEMPLATE_WRONG_KIND"]
