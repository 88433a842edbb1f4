"""The GraphiQL page: whole without the Internet, in two languages, and not there in production."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from server.limits import parse_within_limits
from server.page import page_files
from server.settings import Environment
from tests.support.api import ApiClient, open_api
from tests.support.source import ROOT

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGE = ROOT / "server" / "page"
VENDOR = PAGE / "vendor"
INTROSPECTION = ROOT / "tests" / "fixtures" / "graphiql_introspection.graphql"
"""What the vendored GraphiQL sent when it was recorded in a browser."""


def page(api: ApiClient, language: str = "en") -> str:
    answer = api.http.get("/graphql", headers={**HTML, "Accept-Language": language})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    return str(answer.text)


def addresses(text: str) -> list[str]:
    return re.findall(r'(?:src|href)="([^"]+)"', text)


def test_browsers_get_a_page_that_loads_nothing_from_elsewhere(api: ApiClient) -> None:
    text = page(api)
    for outside in ("http://", "https://", "//cdn", "@import", "url("):
        assert outside not in text
    assert [address for address in addresses(text) if not address.startswith("graphiql/")] == [
        "data:,"
    ]
    assert "<style" not in text
    assert "<script>" not in text


def test_every_file_of_the_page_comes_as_what_it_is_and_is_kept(api: ApiClient) -> None:
    named = [address for address in addresses(page(api)) if address.startswith("graphiql/")]
    assert {address.split("?")[0] for address in named} == {
        f"graphiql/{name}" for name in page_files()
    }
    for address in named:
        answer = api.http.get(f"/{address}")
        media_type = "text/css" if ".css" in address else "text/javascript"
        assert answer.status_code == 200
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_file_asked_for_by_another_version_is_not_kept(api: ApiClient) -> None:
    for address in ("/graphiql/page.js", "/graphiql/page.js?0123456789abcdef"):
        assert api.http.get(address).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["README.md", "LICENSE-react.txt", "page.html", "__init__.py"])
def test_nothing_else_of_the_folder_is_handed_out(api: ApiClient, name: str) -> None:
    assert api.http.get(f"/graphiql/{name}").status_code == 404
    assert api.http.get(f"/graphiql/..%2F{name}").status_code == 404


def test_the_policy_lets_no_inline_script_and_no_other_host_in(api: ApiClient) -> None:
    first, second = (
        api.http.get("/graphql", headers=HTML).headers["content-security-policy"] for _ in range(2)
    )
    rules = dict(rule.split(" ", 1) for rule in first.split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == "'self'"
    assert re.fullmatch(r"'self' 'nonce-[\w-]{20,}'", rules["style-src"])
    assert "unsafe" not in first
    assert first != second


def test_the_nonce_of_the_policy_is_that_of_the_page(api: ApiClient) -> None:
    answer = api.http.get("/graphql", headers=HTML)
    (nonce,) = re.findall(r'nonce="([^"]+)"', answer.text)
    assert f"'nonce-{nonce}'" in answer.headers["content-security-policy"]


def test_the_page_speaks_the_language_of_the_browser(api: ApiClient) -> None:
    assert '<html lang="en">' in page(api, "en")
    assert "Collez une clé" in page(api, "fr")
    for language in ("en", "fr"):
        assert "[[" not in page(api, language)
        assert "{{" not in page(api, language)


def test_the_page_needs_no_key_and_programs_do(api: ApiClient) -> None:
    assert api.http.get("/graphql", headers=HTML).status_code == 200
    assert api.http.get("/graphql", headers={"Accept": "*/*"}).status_code == 401


def test_production_has_no_page_and_none_of_its_files(
    founded_sqlite_url: str, tmp_path: Path
) -> None:
    with open_api(founded_sqlite_url, tmp_path, env=Environment.PRODUCTION) as api:
        assert api.http.get("/graphql", headers=HTML).status_code == 401
        for name in page_files():
            assert api.http.get(f"/graphiql/{name}").status_code == 404


def test_what_graphiql_asks_of_the_schema_is_answered(api: ApiClient) -> None:
    query = INTROSPECTION.read_text(encoding="utf-8")
    parse_within_limits(query)
    schema = api.query(query)["__schema"]
    kinds = {kind["name"]: kind["kind"] for kind in schema["types"]}
    assert schema["queryType"] == {"name": "Query"}
    assert schema["mutationType"] == {"name": "Mutation"}
    assert kinds["Upload"] == "SCALAR"


def test_the_query_the_page_opens_with_is_answered(api: ApiClient) -> None:
    script = (PAGE / "page.js").read_text(encoding="utf-8")
    (query,) = re.findall(r"DEFAULT_QUERY = `(.*?)`", script, re.DOTALL)
    assert api.query(query)["clients"]["totalCount"] == 0


def test_what_is_not_ours_is_as_it_was_published() -> None:
    told = dict(
        re.findall(
            r"^\| `(\S+)` \|.*`([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), re.M
        )
    )
    assert told == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.suffix in (".js", ".css")
    }
