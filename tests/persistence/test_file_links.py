"""Signed addresses of files: nothing in them can be changed, and their time ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.signing import Secrets
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

SECRET = Secrets(b"a secret of this installation")
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def file_token(
    key: str = "12/a.pdf", expires: datetime = NOW + HOUR, secrets: Secrets = SECRET
) -> str:
    link = FileLink(12, key, "PAR26-00001.pdf", "application/pdf")
    path = signed_path(secrets, link, expires)
    assert path.startswith("/files/")
    return path.removeprefix("/files/")


def upload_token(expires: datetime = NOW + HOUR) -> str:
    path = signed_upload_path(SECRET, UploadLink(3, 7), expires)
    assert path.startswith("/uploads/")
    return path.removeprefix("/uploads/")


def test_an_address_stands_for_its_file_or_its_upload() -> None:
    link = read_file_link(SECRET, file_token(), now=NOW)
    assert link == FileLink(12, "12/a.pdf", "PAR26-00001.pdf", "application/pdf")
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
        read_file_link(Secrets(b"another"), file_token(), now=NOW)


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
    token = file_token(f"12/{key}")
    assert token.isascii()
    assert read_file_link(SECRET, token, now=NOW).key == f"12/{key}"


def test_an_address_is_never_made_for_the_file_of_another_organisation() -> None:
    for key in ("13/a.pdf", "1/12/a.pdf", "12", "/12/a.pdf", "../12/a.pdf"):
        with pytest.raises(ValueError, match="another organisation"):
            FileLink(12, key, "a.pdf", "application/pdf")


def test_a_signed_address_that_names_another_organisation_is_altered() -> None:
    """As a bug elsewhere, or whoever knows the key of addresses, might have it."""
    link = FileLink(12, "12/a.pdf", "a.pdf", "application/pdf")
    object.__setattr__(link, "organisation_id", 13)
    token = signed_path(SECRET, link, NOW + HOUR).removeprefix("/files/")
    with pytest.raises(LinkAltered):
        read_file_link(SECRET, token, now=NOW)


def test_what_a_former_secret_signed_is_good_for_as_long_as_it_is_kept() -> None:
    old, new = b"o" * 32, b"n" * 32
    token = file_token(secrets=Secrets(old))
    rotated = Secrets(new, (b"x" * 32, old))
    assert read_file_link(rotated, token, now=NOW).key == "12/a.pdf"
    assert file_token(secrets=rotated) == file_token(secrets=Secrets(new))
    with pytest.raises(LinkExpired):
        read_file_link(rotated, token, now=NOW + HOUR + timedelta(seconds=1))
    for without in (Secrets(new), Secrets(new, (b"x" * 32,))):
        with pytest.raises(LinkAltered):
            read_file_link(without, token, now=NOW)
