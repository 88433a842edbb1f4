"""Signed addresses: a file is handed out or taken in while its address lasts, and as it says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from domain.signing import Secrets
from domain.takeover.model import StagedUpload
from persistence.file_links import (
    FileLink,
    LinkAltered,
    LinkExpired,
    UploadLink,
    read_file_link,
    read_upload_link,
    signed_path,
    signed_upload_path,
)
from persistence.staged_uploads import staged_upload
from server.files import attachment
from tests.support.api import SECRET, ApiClient, open_api

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SOON = NOW + timedelta(minutes=15)
KEY = Secrets(SECRET.encode())
PLAIN = "text/plain"


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(founded_sqlite_url: str, tmp_path: Path, clock: Clock) -> Iterator[ApiClient]:
    with open_api(founded_sqlite_url, tmp_path, clock=clock) as client:
        yield client


def file_at(api: ApiClient, filename: str = "clients.txt") -> str:
    api.house.files.put("1/a", b"content")
    return signed_path(KEY, FileLink(1, "1/a", filename, PLAIN), SOON)


def token_of(path: str) -> str:
    return path.rsplit("/", 1)[1]


@given(st.text(max_size=255), st.text(max_size=255))
def test_a_link_says_what_it_was_made_of(key: str, filename: str) -> None:
    token = token_of(signed_path(KEY, FileLink(1, f"1/{key}", filename, PLAIN), SOON))
    assert read_file_link(KEY, token, now=NOW) == FileLink(1, f"1/{key}", filename, PLAIN)


@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_a_link_with_a_letter_changed_is_altered(place: int, letter: str) -> None:
    token = token_of(signed_path(KEY, FileLink(1, "1/a", "a.txt", PLAIN), SOON))
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(LinkAltered):
            read_file_link(KEY, changed, now=NOW)


@given(st.text())
def test_any_text_is_an_altered_link(text: str) -> None:
    with pytest.raises(LinkAltered):
        read_file_link(KEY, text, now=NOW)


def test_an_upload_link_is_no_file_link_nor_the_reverse() -> None:
    upload = token_of(signed_upload_path(KEY, UploadLink(1, 2), SOON))
    assert read_upload_link(KEY, upload, now=NOW) == UploadLink(1, 2)
    with pytest.raises(LinkAltered):
        read_file_link(KEY, upload, now=NOW)
    with pytest.raises(LinkAltered):
        read_upload_link(
            KEY, token_of(signed_path(KEY, FileLink(1, "1/a", "b", PLAIN), SOON)), now=NOW
        )


def test_a_link_of_another_secret_is_altered_and_one_past_its_time_expired() -> None:
    token = token_of(signed_path(KEY, FileLink(1, "1/a", "b", PLAIN), SOON))
    with pytest.raises(LinkAltered):
        read_file_link(Secrets(b"another"), token, now=NOW)
    assert read_file_link(KEY, token, now=SOON)
    with pytest.raises(LinkExpired):
        read_file_link(KEY, token, now=SOON + timedelta(seconds=1))


def test_a_file_is_handed_out_under_its_name_and_never_shown(api: ApiClient) -> None:
    answer = api.http.get(file_at(api, 'Modèle "clients" – été.txt'))
    assert answer.content == b"content"
    assert answer.headers["content-type"].startswith(PLAIN)
    assert answer.headers["content-disposition"] == (
        'attachment; filename="Modele _clients_  ete.txt"; '
        "filename*=UTF-8''Mod%C3%A8le%20%22clients%22%20%E2%80%93%20%C3%A9t%C3%A9.txt"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


@given(st.text())
def test_a_name_never_breaks_out_of_its_header(filename: str) -> None:
    header = attachment(filename)
    assert header.isascii()
    assert header.isprintable()
    assert header.count('"') == 2


def test_an_altered_an_expired_and_an_empty_address_give_nothing(
    api: ApiClient, clock: Clock
) -> None:
    path = file_at(api)
    assert api.http.get(path + "a").status_code == 404
    assert api.http.get("/files/nonsense").status_code == 404
    gone = signed_path(KEY, FileLink(1, "1/not-there", "a", PLAIN), SOON)
    assert api.http.get(gone).status_code == 404
    clock.now = SOON + timedelta(seconds=1)
    expired = api.http.get(path, headers={"Accept-Language": "en"})
    assert expired.status_code == 410
    assert expired.json()["errors"][0]["message"] == "This address is no longer valid."


def stage(api: ApiClient, content: bytes, *, sha256: str | None = None) -> tuple[int, str]:
    with api.house.database.writing(api.organisation_id) as session:
        staged = StagedUpload(filename="a.xlsx", size=len(content), sha256=sha256)
        session.add(staged)
        session.flush()
        staged_id = staged.id
    path = signed_upload_path(KEY, UploadLink(api.organisation_id, staged_id), SOON)
    return staged_id, path


def received(api: ApiClient, staged_id: int) -> StagedUpload:
    with api.house.database.reading(api.organisation_id) as session:
        staged = staged_upload(session, staged_id)
        assert staged is not None
        return staged


@pytest.mark.parametrize("announced", [True, False])
def test_an_upload_is_kept_and_noted(api: ApiClient, announced: bool) -> None:
    content = b"workbook" * 10_000
    digest = hashlib.sha256(content).hexdigest()
    staged_id, path = stage(api, content, sha256=digest.upper() if announced else None)
    assert api.http.put(path, content=content).status_code == 204
    staged = received(api, staged_id)
    assert staged.received_at == NOW
    assert staged.sha256 == digest
    assert api.house.files.get(staged.file_key) == content


def test_an_upload_of_another_size_or_content_is_refused(api: ApiClient) -> None:
    digest = hashlib.sha256(b"12345").hexdigest()
    staged_id, path = stage(api, b"12345", sha256=digest)
    assert api.http.put(path, content=b"123456").status_code == 413
    assert api.http.put(path, content=b"1234").status_code == 422
    assert api.http.put(path, content=b"54321").status_code == 422
    assert received(api, staged_id).received_at is None


def test_an_upload_sent_again_is_taken_once(api: ApiClient, clock: Clock) -> None:
    staged_id, path = stage(api, b"12345")
    assert api.http.put(path, content=b"12345").status_code == 204
    clock.now += timedelta(minutes=1)
    assert api.http.put(path, content=b"12345").status_code == 204
    assert api.http.put(path, content=b"54321").status_code in (409, 422)
    assert received(api, staged_id).received_at == NOW


def test_of_two_sendings_at_once_the_first_that_is_noted_is_kept(api: ApiClient) -> None:
    """Both came to a place that waited: neither may write over what an import has in hand."""
    staged_id, path = stage(api, b"12345")
    with ThreadPoolExecutor(2) as both:
        with api.house.database.writing(api.organisation_id) as session:
            # What they note waits for its turn, whoever had the bytes first.
            session.execute(select(StagedUpload.id))
            sending = [both.submit(api.http.put, path, content=one) for one in (b"12345", b"54321")]
            until = monotonic() + 5
            while not all_there(api, 2) and monotonic() < until:
                sleep(0.01)
        statuses = [one.result().status_code for one in sending]
    assert sorted(statuses) == [204, 409]
    kept = received(api, staged_id)
    assert api.house.files.get(kept.file_key) == (b"12345", b"54321")[statuses.index(204)]
    assert all_there(api, 1)


def all_there(api: ApiClient, count: int) -> bool:
    return len(list(api.house.files.keys(f"{api.organisation_id}/uploads/"))) == count


def test_an_upload_of_another_firm_has_no_place_here(api: ApiClient) -> None:
    other = api.of_another_firm()
    staged_id, _ = stage(api, b"1")
    path = signed_upload_path(KEY, UploadLink(other.organisation_id, staged_id), SOON)
    assert api.http.put(path, content=b"1").status_code == 404


def test_an_upload_is_put_and_nothing_else(api: ApiClient) -> None:
    _, path = stage(api, b"1")
    assert api.http.post(path, content=b"1").status_code == 405
    assert api.http.put(path + "a", content=b"1").status_code == 404
