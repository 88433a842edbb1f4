"""What a caller is told: a refusal in words, a mistake as it is, of a bug only its reference."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import strawberry
import structlog
from graphql import located_error

from domain.errors import FIELD_REQUIRED, NOT_FOUND, Refusal
from schema.context import Info
from server.graphql import make_schema
from server.masking import told
from tests.support.api import ApiClient, open_api


@strawberry.type
class Row:
    name: str
    count: int


@strawberry.type
class Query:
    @strawberry.field
    def broken(self, info: Info) -> str:
        raise RuntimeError("the password is hunter2")

    @strawberry.field
    def missing(self) -> str | None:
        raise Refusal(NOT_FOUND(field=("first_name",), noun="client", key="7", found="7"))

    @strawberry.field
    def twice(self) -> str | None:
        raise Refusal(FIELD_REQUIRED(name="a"), FIELD_REQUIRED(name="b"))

    @strawberry.field
    def null(self) -> str:
        return None  # type: ignore[return-value]

    @strawberry.field
    def row(self) -> Row:
        return {"name": "a dict", "count": 1}  # type: ignore[return-value]

    @strawberry.field
    def plain(self) -> Row:
        return Row(name="an object", count=2)

    @strawberry.field
    def amount(self, value: Decimal) -> Decimal:
        return value


@pytest.fixture
def api(founded_sqlite_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    with open_api(founded_sqlite_url, tmp_path, schema=make_schema(Query)) as client:
        yield client


@pytest.fixture
def noted() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as entries:
        yield entries


def test_a_bug_is_masked_and_noted_under_the_reference_that_is_told(
    api: ApiClient, noted: list[Any]
) -> None:
    (error,) = api.errors("{ broken }")
    reference = error["extensions"]["reference"]
    assert error["message"] == f"Internal error, reference {reference}."
    assert error["extensions"]["code"] == "INTERNAL_ERROR"
    assert error["path"] == ["broken"]
    (entry,) = [entry for entry in noted if entry["event"] == "bug"]
    assert entry["reference"] == reference
    assert "hunter2" in str(entry["exc_info"])


def test_a_field_that_breaks_its_promise_is_a_bug(api: ApiClient) -> None:
    assert api.errors("{ null }")[0]["extensions"]["code"] == "INTERNAL_ERROR"


def test_a_bug_is_told_in_the_language_of_the_caller(api: ApiClient) -> None:
    message = api.in_language("fr").errors("{ broken }")[0]["message"]
    assert message.startswith("Erreur interne, référence ")


def test_a_refusal_of_a_query_is_an_error_with_its_code(api: ApiClient) -> None:
    (error,) = api.errors("{ missing }")
    assert error["message"] == "There is no client 7."
    assert error["path"] == ["missing"]
    assert error["extensions"] == {
        "code": "NOT_FOUND",
        "severity": "ERROR",
        "field": ["firstName"],
        "found": "7",
    }


def test_a_refusal_for_two_reasons_is_two_errors(api: ApiClient) -> None:
    errors = api.errors("{ twice }")
    assert [error["message"] for error in errors] == ["a is required.", "b is required."]


def test_an_error_that_was_told_keeps_nothing_of_what_was_done_meanwhile() -> None:
    """Its frames, and those of what led to it, hold rows; it waits in a circle, they do not."""
    met: list[BaseException] = []
    try:
        try:
            {}["absent"]
        except KeyError as error:
            met.append(error)
            raise Refusal(NOT_FOUND(noun="project", key="1")) from error
    except Refusal as error:
        met += [error, located_error(error, path=["project"])]
        (said,) = told([met[-1]], "en")
    assert said["extensions"]["code"] == "NOT_FOUND"
    assert [error.__traceback__ for error in met] == [None, None, None]


def test_mistakes_of_syntax_types_and_variables_pass_as_they_are(
    api: ApiClient, noted: list[Any]
) -> None:
    ask = "query($value: Decimal!) { amount(value: $value) }"
    assert "Syntax Error" in api.errors("{ broken")[0]["message"]
    assert "Cannot query field 'nothing'" in api.errors("{ nothing }")[0]["message"]
    assert "$value" in api.errors(ask, value="a lot")[0]["message"]
    assert "$value" in api.errors(ask)[0]["message"]
    assert "Decimal" in api.errors('{ amount(value: "a lot") }')[0]["message"]
    assert [entry for entry in noted if entry["event"] == "bug"] == []


def test_rows_are_dicts_or_objects(api: ApiClient) -> None:
    data = api.query("{ row { name count } plain { name count } }")
    assert data["row"] == {"name": "a dict", "count": 1}
    assert data["plain"] == {"name": "an object", "count": 2}


def test_a_decimal_leaves_as_text(api: ApiClient) -> None:
    assert api.query('{ amount(value: "12.50") }') == {"amount": "12.50"}


def test_the_library_notes_nothing_of_its_own(
    api: ApiClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        api.errors("{ nothing }")
    assert [record for record in caplog.records if record.name.startswith("strawberry")] == []


def test_an_exception_outside_the_operation_is_masked_too(api: ApiClient, noted: list[Any]) -> None:
    # The store of files goes away under the running application.
    object.__setattr__(api.house, "files", None)
    link = _link(api)
    answer = api.http.get(link, headers={"Accept-Language": "en"})
    assert answer.status_code == 500
    (entry,) = [entry for entry in noted if entry["event"] == "bug"]
    assert answer.json()["errors"][0]["message"] == (
        f"Internal error, reference {entry['reference']}."
    )


def _link(api: ApiClient) -> str:
    from datetime import UTC, datetime, timedelta

    from persistence.file_links import FileLink, signed_path

    expires = datetime.now(UTC) + timedelta(minutes=1)
    return signed_path(api.house.secrets, FileLink(1, "1/a", "a.txt", "text/plain"), expires)
