"""A form: what is given is judged field by field, all faults at once, and nothing is cut."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Refusal
from domain.form import Form
from domain.identity import check_iban
from domain.organisation import Entity, Organisation
from domain.organisation_rules import judge_entity, settings_with
from tests.domain.examples import codes

FIRM = Organisation(code="r", name="Rivage", country="BE", currency="CHF")
RIGHT = {"code": "E", "name": "E", "invoice_series": "A", "credit_note_series": "B"}


def iban_of(account: str) -> str:
    """The IBAN of a Belgian account of twelve digits, its key by ISO 13616."""
    key = 98 - int(account + "111400") % 97
    return f"BE{key:02d}{account}"


def a_form(asked: dict[str, Any], *, is_new: bool = True) -> Form:
    return Form(asked, is_new=is_new)


def test_what_was_not_given_has_no_column() -> None:
    form = a_form({"name": " A  b "})
    form.text("name", "The name", longest=9)
    form.text("other", "The name", longest=9, empty="")
    assert (form.columns, form.issues) == ({"name": "A b"}, [])


def test_null_empties_or_puts_back_what_stands_for_nothing() -> None:
    form = a_form({"a": None, "b": " ", "c": None})
    form.text("a", "The name", longest=9)
    form.text("b", "The name", longest=9, empty="-")
    form.number("c", "The rate", decimals=2, empty=Decimal(0))
    assert form.columns == {"a": None, "b": "-", "c": 0}


def test_what_is_required_is_asked_of_a_new_record_and_never_emptied() -> None:
    new = a_form({})
    new.text("name", "The name", longest=9, required=True)
    assert codes(new.issues) == ["FIELD_REQUIRED"]
    known = a_form({}, is_new=False)
    known.text("name", "The name", longest=9, required=True)
    assert known.issues == []
    emptied = a_form({"name": None, "code": "  "}, is_new=False)
    emptied.text("name", "The name", longest=9, required=True)
    emptied.code("code", "The code")
    assert codes(emptied.issues) == ["FIELD_REQUIRED"] * 2


def test_all_faults_are_told_at_once() -> None:
    form = a_form({"name": "x" * 10, "rate": Decimal("-1"), "unit": "?"})
    form.text("name", "The name", longest=9)
    form.number("rate", "The rate", decimals=2)
    form.matching("unit", "The unit", str.isalnum, "it must be a word")
    assert [issue.field for issue in form.issues] == [("name",), ("rate",), ("unit",)]
    with pytest.raises(Refusal) as caught:
        form.require_right()
    assert codes(caught.value.issues) == ["FIELD_INVALID"] * 3


def test_an_entity_has_the_firms_country_and_currency_unless_it_says_so() -> None:
    made = judge_entity(RIGHT, present=None, firm=FIRM)
    assert (made.columns["country"], made.columns["currency"]) == ("BE", "CHF")
    null = judge_entity(RIGHT | {"country": None}, present=None, firm=FIRM)
    assert (null.columns["country"], null.issues) == ("BE", [])
    own = judge_entity(RIGHT | {"country": "fr"}, present=None, firm=FIRM)
    assert own.columns["country"] == "FR"
    known = Entity(**made.columns)
    assert judge_entity({"name": "F"}, present=known, firm=FIRM).columns == {"name": "F"}
    emptied = judge_entity({"country": None}, present=known, firm=FIRM)
    assert codes(emptied.issues) == ["FIELD_REQUIRED"]


@settings(max_examples=60)
@given(account=st.from_regex("[0-9]{12}", fullmatch=True), place=st.integers(0, 13))
def test_an_iban_with_a_wrong_digit_is_told_and_a_right_one_kept(account: str, place: int) -> None:
    iban = iban_of(account)
    spaced = " ".join(iban[start : start + 4] for start in range(0, len(iban), 4)).lower()
    form = judge_entity(RIGHT | {"iban": spaced}, present=None, firm=FIRM)
    if check_iban(iban).is_valid:
        assert (form.columns["iban"], form.issues) == (iban, [])
    else:
        # A country's own check may be stricter than ISO 13616.
        assert codes(form.issues) == ["FIELD_INVALID"]
    wrong = iban[: place + 2] + str((int(iban[place + 2]) + 1) % 10) + iban[place + 3 :]
    told = judge_entity(RIGHT | {"iban": wrong}, present=None, firm=FIRM)
    assert [issue.field for issue in told.issues] == [("iban",)]


@settings(max_examples=100)
@given(text=st.text(max_size=40))
def test_whatever_is_typed_is_kept_or_told_and_never_both(text: str) -> None:
    names = ("siren", "siret", "vat_number", "iban", "bic", "email", "fiscal_year_start", "code")
    for name in names:
        form = judge_entity(RIGHT | {name: text}, present=None, firm=FIRM)
        assert (name in form.columns) is (not form.is_refused)


def test_settings_keep_what_a_form_does_not_speak_of() -> None:
    before = {"footer_message": {"fr": "Merci", "en": "Thanks"}, "other": 1}
    form = a_form({"footer_message_en": None, "time_zone": None}, is_new=False)
    form.text("footer_message_en", "The footer message", longest=9)
    form.text("time_zone", "The time zone", longest=9)
    assert settings_with(before, form) == {"footer_message": {"fr": "Merci"}, "other": 1}
    assert before["footer_message"]["en"] == "Thanks"  # type: ignore[index]
