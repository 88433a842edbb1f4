"""Names under which files leave the house: in headers, in zips, in folders, whoever chose them."""

from __future__ import annotations

import io
import re
import zipfile
from contextlib import suppress
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from documents.file_names import Names, plain_name
from domain.handover import Drop
from jobs.folder_drop import drop
from persistence.files import Files
from server.files import attachment

TRICKS = (
    *("../../etc/passwd", "..\\..\\boot.ini", "C:\\a.exe", "C:a", "/etc/passwd", "\\\\host\\share"),
    *("a\0.pdf", "\u202efdp.exe", "a\u200b.pdf", "a.", "a. . .", " a ", ".bashrc", "...", "", "~"),
    *("con", "NUL.pdf", "com1.xlsx", "COM¹", "LPT9", "aux.tar.gz", "CONIN$"),
    *("x" * 300 + ".pdf", "é" * 300, "株" * 300 + ".xlsx", "a." + "b" * 300),
    *(
        'a"b.pdf',
        "a'b",
        "a;b=c",
        "a\r\nSet-Cookie: x=y",
        "a%22%0d%0a",
        "a\u2028b",
        "\ud800",
        "?*<>|",
    ),
)
DEVICES = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³])(\.|$)")

texts = st.one_of(st.text(max_size=320), st.sampled_from(TRICKS))


def require_plain(name: str) -> None:
    """One file of whatever folder, on any system."""
    assert name
    assert name not in (".", "..")
    assert not name.startswith(".")
    assert name == name.rstrip(" .")
    assert len(name.encode()) <= 255
    assert PureWindowsPath(name).name == PurePosixPath(name).name == name
    assert not set(name) & set("/\\:*?<>|")
    assert name.isprintable()
    assert not DEVICES.match(name)


@given(texts)
@example("\u202e" + "x" * 300 + "\u202e.pdf")
def test_a_header_names_one_file_and_has_one_line(text: str) -> None:
    header = attachment(text)
    assert header.isascii()
    assert header.isprintable()
    told = re.fullmatch(r"attachment; filename=\"([^\"\\]+)\"; filename\*=UTF-8''(\S+)", header)
    assert told is not None
    require_plain(told[1])
    require_plain(unquote(told[2], errors="strict"))


@pytest.mark.parametrize("name", ["a.pdf", "clients à jour.xlsx", "FA-2026-001.pdf", "a b.tar.gz"])
def test_a_name_that_is_harmless_is_kept(name: str) -> None:
    assert unquote(attachment(name).rpartition("''")[2]) == name


def test_a_name_that_is_too_long_keeps_its_ending() -> None:
    assert attachment("x" * 300 + ".pdf").endswith("x.pdf")


@given(st.lists(texts, max_size=6))
def test_the_files_of_a_zip_are_files_of_one_folder(texts: list[str]) -> None:
    names = Names()
    given_names = [names.give(text, ".pdf") for text in texts]
    for name in given_names:
        require_plain(name)
    assert len({name.casefold() for name in given_names}) == len(texts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in given_names:
            packed.writestr(name, b"x")
    with zipfile.ZipFile(out) as packed:
        assert packed.namelist() == given_names


@given(texts)
def test_a_plain_name_needs_no_second_look(text: str) -> None:
    require_plain(plain_name(text))
    assert plain_name(plain_name(text)) == plain_name(text)


@pytest.mark.parametrize("name", TRICKS)
def test_no_drop_leaves_its_folder(tmp_path: Path, name: str) -> None:
    root = tmp_path / "accounts"
    root.mkdir()
    for parcel in (
        Drop(name, (("a.pdf", b"x"),), lambda a, b: a == b),
        Drop("firm", ((name, b"x"),), lambda a, b: a == b),
    ):
        try:
            drop(root, parcel)
        except ValueError:
            continue
        assert PureWindowsPath(name).name == name
        assert not name.startswith(".")
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert all(path.parent.parent == root for path in written)


@pytest.mark.parametrize("key", ["../outside", "1/../../outside", "/etc/hostname", "1/%2e%2e/x"])
def test_no_key_leaves_the_store(tmp_path: Path, key: str) -> None:
    root = tmp_path / "files"
    outside = tmp_path / "outside"
    outside.write_bytes(b"private")
    files = Files.at(root.as_uri())
    with pytest.raises(Exception):  # noqa: B017, PT011 - whichever the store has for it
        files.get(key)
    with suppress(Exception):
        files.put(key, b"other")
    assert outside.read_bytes() == b"private"
    assert all(root in path.parents or path in (root, outside) for path in tmp_path.rglob("*"))
