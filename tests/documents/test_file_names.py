"""Names of files: safe anywhere, each once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from documents.file_names import Names, plain_name


def test_a_number_becomes_a_name() -> None:
    assert plain_name("FA-2026-001") == "FA-2026-001"
    assert plain_name("FA/2026 001") == "FA_2026_001"
    assert plain_name("../../etc/passwd") == "etc_passwd"
    assert plain_name("C:\\a") == "C_a"
    assert plain_name("con") == "_con"
    assert plain_name("…") == "paper"


def test_two_of_one_name_are_told_apart() -> None:
    names = Names()
    given = [names.give(text, ".pdf") for text in ("F-1", "f-1", "F-1-2", "F 1", "F/1")]
    assert given == ["F-1.pdf", "f-1-2.pdf", "F-1-2-2.pdf", "F_1.pdf", "F_1-2.pdf"]


@given(st.lists(st.text(max_size=120), max_size=20))
def test_every_name_is_one_file_of_one_folder(texts: list[str]) -> None:
    names = Names()
    found = [names.give(text, ".pdf") for text in texts]
    assert len({name.casefold() for name in found}) == len(texts)
    for name in found:
        assert not set(name) & set('/\\:*?"<>| \0')
        assert not name.startswith(".")
        assert len(name) <= 110
