"""Documents agreed on beforehand: by their SHA-256 instead of their text, or they alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server.settings import SettingsRefused, read_settings
from server.trusted import DocumentsUnreadable, TrustedDocuments
from tests.support.api import ApiClient, open_api
from tests.support.sockets import connected

NAME = "query Name { __typename }"
FORGE = "mutation Forge { clientDelete: __typename }"
FOLLOW = "subscription Follow($id: ID!) { jobChanged(id: $id) { id } }"
OTHER = "{ __typename }"


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def manifest(folder: Path, *texts: str) -> Path:
    path = folder / "documents.json"
    path.write_text(json.dumps({sha256(text): text for text in texts}))
    return path


@pytest.fixture
def only(founded_sqlite_url: str, tmp_path: Path) -> Iterator[ApiClient]:
    documents = manifest(tmp_path, NAME, FORGE, FOLLOW)
    with open_api(founded_sqlite_url, tmp_path, documents=documents, documents_only=True) as client:
        yield client


def sent(api: ApiClient, **body: Any) -> tuple[int, Any]:
    answer = api.http.post("/graphql", json=body, headers=api.headers)
    told = answer.json()
    if "errors" in told:
        return answer.status_code, told["errors"][0]["extensions"]["code"]
    return answer.status_code, told["data"]


def persisted(name: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": name}}


def test_a_document_is_asked_for_by_its_sha256(only: ApiClient) -> None:
    answered = (200, {"__typename": "Query"})
    assert sent(only, documentId=sha256(NAME)) == answered
    assert sent(only, documentId=f"sha256:{sha256(NAME)}") == answered
    assert sent(only, extensions=persisted(sha256(NAME))) == answered
    assert sent(only, query=NAME, extensions=persisted(sha256(NAME))) == answered
    assert sent(only, query=NAME) == answered
    parameters = {"documentId": sha256(NAME)}
    got = only.http.get("/graphql", params=parameters, headers=only.headers)
    assert got.json()["data"] == {"__typename": "Query"}


def test_no_other_document_is_answered(only: ApiClient) -> None:
    """DOCUMENT_NOT_TRUSTED, whatever else is sent with it."""
    assert sent(only, query=OTHER) == (403, "DOCUMENT_NOT_TRUSTED")
    assert sent(only, query=f"{NAME} ") == (403, "DOCUMENT_NOT_TRUSTED")
    assert sent(only, documentId=sha256(OTHER)) == (404, "PERSISTED_QUERY_NOT_FOUND")
    told = sent(only, query=OTHER, extensions=persisted(sha256(OTHER)))
    assert told == (403, "DOCUMENT_NOT_TRUSTED")
    assert sent(only, query=OTHER, documentId=sha256(NAME)) == (400, "BAD_REQUEST")
    assert sent(only, documentId=["x"]) == (400, "BAD_REQUEST")
    assert sent(only, documentId="x", query=7)[0] == 400
    assert sent(only, extensions={"persistedQuery": "x"})[0] == 400
    parameters = {"query": OTHER}
    got = only.http.get("/graphql", params=parameters, headers=only.headers)
    assert got.status_code == 403
    assert only.http.get("/graphql", headers={"Accept": "text/html"}).status_code == 401


def test_a_trusted_mutation_is_not_asked_for_by_get(only: ApiClient) -> None:
    parameters = {"documentId": sha256(FORGE)}
    assert only.http.get("/graphql", params=parameters, headers=only.headers).status_code == 405


def test_a_trusted_document_does_not_tell_the_schema(
    founded_sqlite_url: str, tmp_path: Path
) -> None:
    asking = "{ __schema { types { name } } }"
    documents = manifest(tmp_path, asking)
    with open_api(founded_sqlite_url, tmp_path, documents=documents, documents_only=True) as api:
        assert "introspection" in api.errors(asking)[0]["message"]


def test_a_socket_follows_trusted_documents_alone(only: ApiClient) -> None:
    with connected(only) as socket:
        for query, code in ((f"{FOLLOW} ", "DOCUMENT_NOT_TRUSTED"), (FOLLOW, "NOT_FOUND")):
            asked = {"query": query, "variables": {"id": "job_999"}}
            socket.send_json({"type": "subscribe", "id": code, "payload": asked})
            told = socket.receive_json()
            assert told["type"] == "error"
            assert told["payload"][0]["extensions"]["code"] == code


def test_without_that_setting_any_document_is_answered(
    founded_sqlite_url: str, tmp_path: Path
) -> None:
    with open_api(founded_sqlite_url, tmp_path, documents=manifest(tmp_path, NAME)) as api:
        assert sent(api, documentId=sha256(NAME))[0] == 200
        assert sent(api, query=OTHER) == (200, {"__typename": "Query"})
        told = sent(api, extensions=persisted(sha256(OTHER)))
        assert told == (404, "PERSISTED_QUERY_NOT_FOUND")


def test_the_manifest_of_apollo_is_read(tmp_path: Path) -> None:
    one = {"id": sha256(NAME), "name": "Name", "type": "query", "body": NAME}
    path = tmp_path / "manifest.json"
    told = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [one]}
    path.write_text(json.dumps(told))
    assert TrustedDocuments.read(path).text_of({"documentId": sha256(NAME)}) == NAME


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{",
        '{"x": 1}',
        json.dumps({sha256(NAME): OTHER}),
        json.dumps({"name": NAME}),
        json.dumps({"format": "apollo-persisted-query-manifest", "operations": ["x"]}),
        json.dumps({"format": "apollo-persisted-query-manifest", "operations": [{}]}),
    ],
)
def test_what_is_no_manifest_stops_the_server_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "documents.json"
    path.write_text(content)
    with pytest.raises(DocumentsUnreadable):
        TrustedDocuments.read(path)
    monkeypatch.setenv("JALON_DOCUMENTS", str(path))
    with pytest.raises(SettingsRefused, match="JALON_DOCUMENTS: must be a file of documents"):
        read_settings()


def test_documents_alone_need_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JALON_DOCUMENTS_ONLY", "1")
    with pytest.raises(SettingsRefused, match="JALON_DOCUMENTS: is required where"):
        read_settings()
