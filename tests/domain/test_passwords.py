"""Which passwords are taken, and that the same words open the same door on every machine."""

from __future__ import annotations

import re
import unicodedata

import pytest

from domain.errors import Refusal
from domain.password import hashed, is_outdated, matches, require_fit

EMAIL = "lea.martin@rivage.example"


@pytest.mark.parametrize(
    "password",
    [
        *("court", "x" * 11, "x" * 201, "aaaaaaaaaaaaaaa", "abababababababab", "123456789012"),
        *("0987654321098", "azertyuiop123", "AZERTYUIOPQSD", "Motdepasse2026!", "password1234"),
        *("mot de passe 1234", "Administrateur1", EMAIL, EMAIL.upper(), "lea.martin  "),
    ],
)
def test_what_anybody_would_try_first_is_refused(password: str) -> None:
    """PASSWORD_REFUSED, by length and by what it is: never by its composition."""
    with pytest.raises(Refusal, match="PASSWORD_REFUSED"):
        require_fit(password, email=EMAIL)


@pytest.mark.parametrize(
    "password",
    ["quatre chevaux sous la pluie", "tout-en-minuscules", "7319465028371", "été à la mer 犬犬犬"],
)
def test_any_other_of_twelve_characters_is_taken(password: str) -> None:
    require_fit(password, email=EMAIL)


def test_the_same_characters_written_otherwise_are_the_same_password() -> None:
    written = "été à la plage"
    apart = unicodedata.normalize("NFD", written)
    assert written != apart
    kept = hashed(written)
    assert matches(kept, apart)
    assert not matches(kept, written + " ")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hashed(written) != kept


def test_nothing_kept_is_matched_by_nothing() -> None:
    assert not matches(None, "nobody's")
    assert not matches("no hash at all", "x")
    assert not matches(hashed("x" * 200), "x" * 201)


def test_what_was_kept_with_other_parameters_is_outdated() -> None:
    kept = hashed("quatre chevaux")
    assert not is_outdated(kept)
    assert is_outdated(re.sub(r"m=\d+,t=\d+,p=\d+", "m=65536,t=3,p=4", kept))
