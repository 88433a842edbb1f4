"""Bodies of every kind: read as GraphQL over HTTP says, or refused with a 4xx and never a 500."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import strawberry
from starlette.datastructures import UploadFile
from strawberry.file_uploads import Upload

from server.bodies import OTHER_BYTES, UPLOAD_BYTES
from server.graphql import make_schema
from tests.support.api import ApiClient, open_api

NAME = "{ __typename }"
MODERN = "application/graphql-response+json"
BOUNDARY_LESS = {"Content-Type": "multipart/form-data", "GraphQL-Preflight": "1"}
BOUNDARY = {"Content-Type": "multipart/form-data; boundary=x", "GraphQL-Preflight": "1"}


def post(api: ApiClient, content: bytes, **headers: str) -> Any:
    told = {"Content-Type": "application/json", **headers, **api.headers}
    return api.http.post("/graphql", content=content, headers=told)


def form(**fields: str | bytes) -> bytes:
    parts = []
    for name, value in fields.items():
        filename = '; filename="a"' if isinstance(value, bytes) else ""
        content = value if isinstance(value, bytes) else value.encode()
        head = f'Content-Disposition: form-data; name="{name}"{filename}'.encode()
        parts.append(b"--x\r\n" + head + b"\r\n\r\n" + content + b"\r\n")
    return b"".join(parts) + b"--x--\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"7",
        b'"{ __typename }"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{",
        b"\xff\xfe",
        b'{"query": "\xe9"}',
        b"[" * 100_000,
        b'{"query":"{ __typename }","variables":' + b'{"a":' * 100_000,
        b'{"query":"{ __typename }","variables":{"a":' + b"9" * 100_000 + b"}}",
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 7}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "operationName": 7}',
        b'{"query": "{ __typename }", "extensions": "x"}',
        b'{"query": "{ __typename }", "variables": {"a": ["\\u0000"]}}',
        b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
    ],
)
def test_a_body_that_is_no_operation_is_a_400(api: ApiClient, body: bytes) -> None:
    answer = post(api, body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"operations": '{"query": "{ __typename }"}'},
        {"operations": "[]", "map": "{}"},
        {"operations": '{"query": "{ __typename }"}', "map": "[]"},
        {"operations": '{"query": "{ __typename }"}', "map": "null"},
        {"operations": "{", "map": "{}"},
        {"operations": '{"query": "{ __typename }"}', "map": '{"0": ["variables.file"]}'},
        {"operations": '{"query": "{ __typename }"}', "map": '{"0": "x"}', "0": b"x"},
        {"operations": '{"query": "{ __typename }"}', "map": '{"0": ["variables.f"]}', "0": b"x"},
        {"operations": '{"query": "{ __typename }"}', "map": '{"0": ["query"]}', "0": b"x"},
        {"operations": '{"query": "{ __typename }"}', "map": '{"0": [7]}', "0": b"x"},
        {"operations": '{"query": "x", "variables": {"f": []}}', "map": '{"0": ["variables.f.9"]}'},
        {"operations": b'{"query": "{ __typename }"}', "map": "{}"},
        {"operations": '{"variables":' + "[" * 50_000, "map": "{}"},
    ],
)
def test_a_form_that_is_no_operation_is_a_400(
    api: ApiClient, fields: dict[str, str | bytes]
) -> None:
    assert post(api, form(**fields), **BOUNDARY).status_code == 400


@pytest.mark.parametrize("body", [b"", b"nonsense", b"--x\r\n", b"--x\r\n\r\n\r\n--x--"])
def test_a_broken_form_is_a_400(api: ApiClient, body: bytes) -> None:
    assert post(api, body, **BOUNDARY).status_code == 400


def test_a_form_without_its_boundary_is_a_400(api: ApiClient) -> None:
    assert post(api, b"x", **BOUNDARY_LESS).status_code == 400


@pytest.mark.parametrize(
    "media_type",
    [
        *("text/plain", "text/plain; application/json", "application/graphql", ""),
        *("application/x-www-form-urlencoded", "application/json; charset=latin-1"),
    ],
)
def test_an_operation_in_another_media_type_is_a_415(api: ApiClient, media_type: str) -> None:
    assert post(api, b"{}", **{"Content-Type": media_type}).status_code == 415


def test_a_query_may_come_in_the_address_and_a_mutation_may_not(api: ApiClient) -> None:
    def get(**parameters: str) -> Any:
        return api.http.get("/graphql", params=parameters, headers=api.headers)

    assert get(query=NAME).json()["data"] == {"__typename": "Query"}
    ask = "query($id: ID!) { node(id: $id) { id } }"
    assert get(query=ask, variables='{"id": "client_1"}').json()["data"] == {"node": None}
    assert get(query=ask, variables="{").status_code == 400
    assert get(query="").status_code == 400
    mutation = get(query="mutation { __typename }")
    assert mutation.status_code == 405
    assert mutation.headers["allow"] == "POST"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_no_other_method_is_taken(api: ApiClient, method: str) -> None:
    answer = api.http.request(method, "/graphql", headers=api.headers)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


def test_whoever_knows_the_newer_media_type_is_told_by_the_status(api: ApiClient) -> None:
    for text in ("{", "{ nothing }", "query($a: Int!) { __typename @skip(if: $a) }"):
        answer = api.send(text, Accept=MODERN)
        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith(MODERN)
        assert "data" not in answer.json()
        older = api.send(text, Accept="application/json")
        assert older.status_code == 200
        assert older.headers["content-type"].startswith("application/json")
    assert api.send(NAME, Accept=MODERN).status_code == 200
    assert api.send(NAME, Accept=f"application/json;q=0.1, {MODERN}").status_code == 200


def test_an_operation_that_is_not_in_the_document_is_a_mistake(api: ApiClient) -> None:
    body = {"query": "query A { __typename }", "operationName": "B"}
    answer = api.http.post("/graphql", json=body, headers={**api.headers, "Accept": MODERN})
    assert answer.status_code == 400


def test_a_body_that_is_too_large_is_a_413_in_words(api: ApiClient) -> None:
    answer = post(api, b" " * (OTHER_BYTES + 1))
    assert answer.status_code == 413
    assert answer.json()["errors"][0]["message"] == (
        "The request is larger than the 2 MiB allowed here."
    )
    larger = post(api, form(operations="{}", map="{}", f=b" " * UPLOAD_BYTES), **BOUNDARY)
    assert larger.status_code == 413


def test_a_body_without_a_length_is_counted_as_it_comes(api: ApiClient) -> None:
    pieces = (b" " * 100_000 for _ in range(30))
    headers = {**api.headers, "Content-Type": "application/json"}
    answer = api.http.post("/graphql", content=pieces, headers=headers)
    assert answer.status_code == 413


def test_files_go_where_the_map_says(founded_sqlite_url: str, tmp_path: Path) -> None:
    with open_api(founded_sqlite_url, tmp_path, schema=make_schema(Uploading)) as api:
        one = "query($file: Upload!) { size(file: $file) }"
        assert api.upload(one, files={"variables.file": ("a.txt", b"12345")}) == {"size": 5}
        many = "query($files: [Upload!]!) { sizes(files: $files) }"
        files = {"variables.files.0": ("a", b"1"), "variables.files.1": ("b", b"22")}
        assert api.upload(many, files=files) == {"sizes": [1, 2]}


def test_what_is_no_file_is_no_upload(founded_sqlite_url: str, tmp_path: Path) -> None:
    with open_api(founded_sqlite_url, tmp_path, schema=make_schema(Uploading)) as api:
        ask = "query($file: Upload!) { size(file: $file) }"
        assert "Upload" in api.errors(ask, file="C:/a.txt")[0]["message"]
        assert "Upload" in api.errors('{ size(file: "a.txt") }')[0]["message"]


@strawberry.type
class Uploading:
    @strawberry.field
    async def size(self, file: Upload) -> int:
        return await _size(file)

    @strawberry.field
    async def sizes(self, files: list[Upload]) -> list[int]:
        return [await _size(file) for file in files]


async def _size(file: object) -> int:
    assert isinstance(file, UploadFile)
    return len(await file.read())


def test_the_answer_is_never_kept_by_a_cache_nor_guessed_at(api: ApiClient) -> None:
    headers = api.send(NAME).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_a_request_id_is_given_back_or_made(api: ApiClient) -> None:
    def given_back(asked: str) -> str:
        return str(api.send(NAME, {}, **{"X-Request-ID": asked}).headers["x-request-id"])

    assert given_back("abc-1") == "abc-1"
    assert len(given_back("a b\tc")) == 16


def test_an_unknown_address_is_told_in_json(api: ApiClient) -> None:
    answer = api.http.get("/nowhere", headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["message"] == "There is nothing at this address."
    assert json.loads(answer.text)["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("body", [b"\xff\xfe", b'{"query": "{ \\ud800 }"}', b"[" * 100_000])
def test_a_body_that_is_no_text_and_no_json_is_refused(api: ApiClient, body: bytes) -> None:
    answer = post(api, body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] != "INTERNAL_ERROR"
