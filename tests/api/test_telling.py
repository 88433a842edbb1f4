"""Facts in a sentence: states by their word, amounts as written, what was typed as it is."""

from __future__ import annotations

import re

import pytest

from domain.access import Permission, Role, require
from domain.batch.model import BatchState
from domain.errors import KINDS, Refusal
from domain.invoice.mail import MailState
from domain.job import JobStatus
from domain.project.model import BillingMethod, ContractStatus
from domain.takeover.model import ImportState
from persistence.pages import PageAsked, page_size
from schema.telling import amount_in, day_in, number_in, told_by
from schema.user_error import user_error
from templates_xlsx.layouts import LAYOUTS

_ALL = [column for layout in LAYOUTS.values() for column in layout.columns]


@pytest.mark.parametrize(
    ("value", "french"),
    [
        ("711.00 EUR", "711,00\u00a0€"),
        ("-1234.50 CHF", "−1\u202f234,50\u00a0CHF"),
        ("90 JPY", "90\u00a0JPY"),
        ("12 RUE", "12 RUE"),
        ("3 EUR", "3 EUR"),
        ("711.00", "711.00"),
        ("APE 711.00 EUR", "APE 711.00 EUR"),
    ],
)
def test_an_amount_with_its_currency_is_written_as_french_does(value: str, french: str) -> None:
    assert (amount_in(value, "fr"), amount_in(value, "en")) == (french, value)


def test_a_number_of_an_explanation_has_the_comma_of_french() -> None:
    told = [number_in(value, "fr") for value in ("45.5", "12", "7.00 EUR", "1.2.3")]
    assert told == ["45,5", "12", "7,00\u00a0€", "1.2.3"]


def test_what_only_looks_like_a_day_is_told_as_it_is() -> None:
    for value in ("2026-02-30", "2026-13-01", "12026-01-01", "2026-01-01 EUR"):
        assert day_in(value, "fr") == value


def test_days_and_hours_in_a_sentence_are_written_as_french_does() -> None:
    """ISSUE_DATE_TOO_EARLY, OPEN_PERIOD, BLOCK_EXHAUSTED; programs read the days as they were."""
    issue = KINDS["ISSUE_DATE_TOO_EARLY"](found="2026-12-31", expected="2027-01-01")
    told = user_error(issue, "fr")
    assert told["message"] == (
        "La date d’émission 31/12/2026 précède celle du numéro précédent de la série (01/01/2027)."
    )
    assert (told["found"], told["expected"]) == ("2026-12-31", "2027-01-01")
    assert "2026-12-31" in user_error(issue, "en")["message"]
    period = KINDS["OPEN_PERIOD"](
        phase="2026-01-01", start="2026-10-01", end="2026-10-31", until="2026-11-01"
    )
    assert user_error(period, "fr")["message"] == (
        "La période du 01/10/2026 au 31/10/2026 de 2026-01-01 est ouverte."
    )
    assert user_error(period, "fr")["fix"] == "Attendez le 01/11/2026."
    taken = KINDS["KEY_TAKEN"](found="2026-10-01", expected="CLI-1")
    assert "2026-10-01" in user_error(taken, "fr")["message"]
    block = KINDS["BLOCK_EXHAUSTED"](phase="B1 20.00", hours="20.00", used="22.25")
    assert user_error(block, "fr")["message"] == (
        "Les 20 h achetées sur B1 20.00 sont épuisées\u202f: 22,25 h ont été travaillées."
    )
    assert user_error(block, "en")["message"] == (
        "The 20 h bought on B1 20.00 are used up: 22.25 h were worked."
    )


@pytest.mark.parametrize(
    "states",
    [BatchState, ImportState, JobStatus, MailState, ContractStatus, BillingMethod, Role],
)
def test_every_word_of_an_enum_that_is_said_has_a_french_one(states: type) -> None:
    told = told_by("BATCH_STATE", "", "fr")
    english = told_by("BATCH_STATE", "", "en")
    for state in states:
        assert told("state", state.value) not in (state.value, f"is {state.value}")
        assert english("state", state.value) == state.value.replace("_", " ").lower()


def test_what_a_role_may_not_do_is_said_in_words() -> None:
    """PERMISSION_DENIED: programs read the permission beside the sentence."""
    with pytest.raises(Refusal) as refused:
        require(Role.PROJECT_MANAGER, Permission.READ_AUDIT)
    english, french = (user_error(refused.value.issues[0], locale) for locale in ("en", "fr"))
    assert english["message"] == (
        "The role project manager may not do this: “Read who did what, and take that out”."
    )
    assert french["message"] == (
        "Le rôle chef de projet ne permet pas cette action\u00a0: "
        "«\u00a0Lire qui a fait quoi, et l’exporter\u00a0»."
    )
    assert (french["found"], french["expected"]) == ("PROJECT_MANAGER", "READ_AUDIT")


def test_what_programs_read_stays_and_what_somebody_typed_is_not_rewritten() -> None:
    issue = KINDS["BATCH_STATE"](
        batch="SAVED", state="SAVED", expected="GENERATED, EXPORTED", found="711.00 EUR"
    )
    told = user_error(issue, "fr")
    assert told["message"] == (
        "Le lot SAVED est enregistré\u202f; ceci se fait quand il est généré, exporté."
    )
    assert (told["found"], told["expected"]) == ("711.00 EUR", "GENERATED, EXPORTED")
    typed = user_error(KINDS["NUMBER_INVALID"](found="711.00 EUR"), "fr")
    assert "« 711.00 EUR »" in typed["message"].replace("\u00a0", " ").replace("\u202f", " ")


def test_first_with_last_is_told_to_be_one_too_many_not_a_wrong_size() -> None:
    """PAGE_SIZE_INVALID, of two causes: the sentence says which."""
    told = []
    for asked in (PageAsked(first=3, last=3), PageAsked(first=101)):
        with pytest.raises(Refusal) as refused:
            page_size(asked)
        told += [user_error(refused.value.issues[0], locale)["message"] for locale in ("en", "fr")]
    assert told == [
        "A page has from 1 to 100 items: give `first` or `last`, not both.",
        "Une page compte de 1 à 100 éléments\u00a0: donnez `first` ou `last`, pas les deux.",
        "A page has from 1 to 100 items; 101 were asked for.",
        "Une page compte de 1 à 100 éléments\u00a0; 101 ont été demandés.",
    ]


@pytest.mark.parametrize(
    ("code", "facts", "french"),
    [
        ("NUMBER_AMBIGUOUS", ("1.234", "1.234"), "« 1.234 » a été lu comme 1,234."),
        (
            "AMOUNT_ROUNDED",
            ("1234.565", "1234.57"),
            "1234,565 a plus de décimales qu’il n’en est conservé",
        ),
        ("HOURS_OUT_OF_RANGE", ("0.004", "≤ 24"), "0,004 heures sont hors des limites"),
        ("VAT_RATE_UNKNOWN", ("19.6", None), "19,6 % n’est pas un taux"),
        ("PROGRESS_DECREASED", ("12.5", "33.3333"), "de 12,5 % est inférieur"),
        ("REFERENCE_MODIFIED", ("1.1", "1.2"), "« 1.1 » au lieu de « 1.2 »"),
        ("CURRENCY_DIFFERS", ("1.1", "1.2"), "en 1.1 et"),
    ],
)
def test_what_was_read_is_told_with_the_comma_of_french_and_a_code_as_it_is(
    code: str, facts: tuple[str, str | None], french: str
) -> None:
    """A21, A22: "1.234 was read as 1.234" tells nobody which of the two it is."""
    found, expected = facts
    issue = KINDS[code](found=found, expected=expected, country="FR")
    message = user_error(issue, "fr")["message"].replace("\u00a0", " ").replace("\u202f", " ")
    assert french in message
    assert (user_error(issue, "fr")["found"], user_error(issue, "fr")["expected"]) == facts
    assert "," not in user_error(issue, "en")["message"].replace(", and", "")


def test_a_name_that_reads_as_an_amount_is_told_as_it_is() -> None:
    given = {"phase": "250.00 EUR", "found": "1.00 EUR", "expected": "0.00 EUR"}
    told = user_error(KINDS["AMOUNT_ABOVE_REMAINING"](**given), "fr")["message"]
    assert told.startswith(
        "1,00\u00a0€ sont demandés sur 250.00 EUR, mais il ne reste que 0,00\u00a0€"
    )


@pytest.mark.parametrize("permission", list(Permission))
def test_no_refusal_shows_the_code_of_a_permission_or_a_role(permission: Permission) -> None:
    issue = KINDS["PERMISSION_DENIED"](role=Role.READER, permission=permission.value)
    for locale in ("en", "fr"):
        message = user_error(issue, locale)["message"]
        assert not re.search(r"[A-Z]{2,}", message), message


@pytest.mark.parametrize("kind", sorted(LAYOUTS))
def test_the_titles_of_columns_are_told_in_the_language_of_whoever_reads(kind: str) -> None:
    """Whoever made the review: a title of another sheet that reads the same will do."""
    columns = LAYOUTS[kind].columns
    for language, other in (("fr", "en"), ("en", "fr")):
        told = told_by("WILL_UPDATE", "", language)
        of_language = {one.title(language) for one in columns}
        fields = ", ".join(one.title(language) for one in columns)
        assert told("fields", fields) == fields
        for column in columns:
            said = told("column_title", column.title(other))
            same = {one.title(language) for one in _ALL if one.title(other) == column.title(other)}
            assert said in same
            assert len(same) > 1 or said in of_language
    assert told_by("WILL_UPDATE", "", "en")("name", "Devise") == "Devise"
