"""Signed addresses of files: nothing in them can be changed, and their time ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

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

SECRET = b"a secret of this installation"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def file_token(key: str = "12/a.pdf", expires: datetime = NOW + HOUR) -> str:
    path = signed_path(SECRET, key, "PAR26-00001.pdf", "application/pdf", expires)
    assert path.startswith("/files/")
    return path.removeprefix("/files/")


def upload_token(expires: datetime = NOW + HOUR) -> str:
    path = signed_upload_path(SECRET, organisation_id=3, staged_id=7, expires=expires)
    assert path.startswith("/uploads/")
    return path.removeprefix("/uploads/")


def test_an_address_stands_for_its_file_or_its_upload() -> None:
    link = read_file_link(SECRET, file_token(), now=NOW)
    assert link == FileLink("12/a.pdf", "PAR26-00001.pdf", "application/pdf")
    assert read_upload_link(SECRET, upload_token(), now=NOW) == UploadLink(3, 7)


def test_an_address_is_over_after_its_time_and_not_before() -> None:
    token = file_token()
    assert read_file_link(SECRET, token, now=NOW + HOUR).key == "12/a.pdf"
    with pytest.raises(LinkExpired):
        read_file_link(SECRET, token, now=NOW + HOUR + timedelta(seconds=1))
    with pytest.raises(LinkExpired):
        read_upload_link(SECRET, upload_token(NOW - HOUR), now=NOW)


def test_one_purpose_never_passes_for_the_other() -> None:
    with pytest.raises(LinkAltered):
        read_upload_link(SECRET, file_token(), now=NOW)
    with pytest.raises(LinkAltered):
        read_file_link(SECRET, upload_token(), now=NOW)


def test_the_secret_of_another_installation_signs_nothing_here() -> None:
    with pytest.raises(LinkAltered):
        read_file_link(b"another", file_token(), now=NOW)


@settings(max_examples=60)
@given(st.data())
def test_no_character_of_an_address_can_be_changed_dropped_or_added(data: st.DataObject) -> None:
    token = file_token()
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from("AZaz09-_.=%é/"))
    tampered = {
        token[:place] + other + token[place + 1 :],
        token[:place] + token[place + 1 :],
        token[:place] + other + token[place:],
        token + other,
    } - {token}
    for changed in tampered:
        with pytest.raises(LinkAltered):
            read_file_link(SECRET, changed, now=NOW)


@given(st.text(max_size=60))
@example("")
@example(".")
@example("é.é")
@example("\ud800.a")
@example("a" * 5000)
def test_no_text_whatsoever_passes_for_an_address(token: str) -> None:
    for read in (read_file_link, read_upload_link):
        with pytest.raises(LinkAltered):
            partial(read, SECRET, token)(now=NOW)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_key_comes_back_from_its_address(key: str) -> None:
    token = file_token(key)
    assert token.isascii()
    assert read_file_link(SECRET, token, now=NOW).key == key
