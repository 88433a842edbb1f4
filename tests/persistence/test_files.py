"""The store of files: four verbs, and keys that never leave its root."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persistence.files import Files

FEW = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "a folder" / "files"


@pytest.fixture
def files(root: Path) -> Files:
    return Files.at(root.as_uri())


def below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_is_put_is_got_and_what_is_deleted_is_gone(files: Files, root: Path) -> None:
    files.put("12/imports/clients.xlsx", b"\x00bytes")
    assert files.get("12/imports/clients.xlsx") == b"\x00bytes"
    assert below(root) == {"12/imports/clients.xlsx"}
    files.delete("12/imports/clients.xlsx")
    with pytest.raises(FileNotFoundError):
        files.get("12/imports/clients.xlsx")


def test_putting_again_replaces(files: Files) -> None:
    files.put("a", b"one")
    files.put("a", b"")
    assert files.get("a") == b""


def test_a_file_of_several_portions_comes_back_whole_and_alone(
    files: Files, root: Path, tmp_path: Path
) -> None:
    content = bytes(range(256)) * (11 << 10)
    (tmp_path / "long").write_bytes(content)
    files.put_file("a", tmp_path / "long")
    files.put("b", content)
    assert files.get("a") == files.get("b") == content
    assert below(root) == {"a", "b"}


def test_the_folder_is_made_where_it_is_absent_and_kept_where_it_is_there(
    files: Files, root: Path
) -> None:
    files.put("a", b"one")
    assert Files.at(root.as_uri()).get("a") == b"one"


def test_a_key_that_names_nothing_is_not_found(files: Files) -> None:
    for key in ("nobody", "12/nobody", "é/è"):
        with pytest.raises(FileNotFoundError):
            files.get(key)


@pytest.mark.parametrize(
    "key", ["../outside", "a/../../outside", "/outside", "..", "../../etc/passwd", "a/./../../b"]
)
def test_a_key_never_leaves_the_root(files: Files, root: Path, tmp_path: Path, key: str) -> None:
    outside = root.parent / "outside"
    outside.write_bytes(b"secret")
    before = below(tmp_path)
    # Refused, or kept below the root under a name of its own: both are well.
    with suppress(Exception):
        files.put(key, b"planted")
    assert outside.read_bytes() == b"secret"
    assert {root.parent.name + "/files/" + name for name in below(root)} >= below(tmp_path) - before
    read = b""
    with suppress(Exception):
        read = files.get(key)
    assert read in (b"", b"planted")
    with suppress(Exception):
        files.delete(key)
    assert outside.exists()


@FEW
@given(parts=st.lists(st.text("abé .-_0", min_size=1, max_size=8), min_size=1, max_size=3))
def test_keys_of_any_name_come_back(files: Files, parts: list[str]) -> None:
    key = "/".join(part.strip(". ") or "x" for part in parts)
    content = key.encode()
    files.put(f"one/{key}.bin", content)
    assert files.get(f"one/{key}.bin") == content
