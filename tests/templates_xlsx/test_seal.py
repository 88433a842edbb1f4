"""The seal: what it finds out, and what an honest editor may do without alarm (O33)."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from templates_xlsx.seal import (
    EnvelopeState,
    Seal,
    Verdict,
    canonical,
    folded,
    unfolded,
)

OURS = Seal(b"a secret of sixteen bytes or more", "organisation-7")
REFERENCES = {
    "project_code": "LOG-2403",
    "phase_code": "APS",
    "phase_name": "Avant-projet « sommaire » d'été",
    "fee": "18400",
}
TOKEN = OURS.row_token(kind="progress", record_id=421, references=REFERENCES)
ENVELOPE = OURS.envelope(kind="progress", version=3, issued=date(2026, 11, 21), locale="fr-FR")

few = settings(max_examples=60, deadline=None)
ids = st.integers(min_value=0, max_value=2**40 - 1)
words = st.text(st.characters(codec="utf-8"), max_size=20)
references = st.dictionaries(st.sampled_from("abcdefgh"), words, max_size=6)


# ---- canonical
@few
@given(words)
def test_canonical_text_is_canonical_already(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)


@few
@given(words, st.sampled_from([" ", "\u00a0", "\u202f", "\u2009", "\n", "\r\n", "\t", "\u200b"]))
def test_spaces_of_any_sort_around_a_value_say_nothing(text: str, space: str) -> None:
    assert canonical(space + text + space) == canonical(text)
    assert canonical(unicodedata.normalize("NFD", text)) == canonical(text)


@few
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, max_value=10**10, min_value=0))
def test_a_number_reads_the_same_however_an_editor_writes_it(number: Decimal) -> None:
    """LibreOffice writes 18400, others 18400.00, 1.84E+04, or the nearest binary number."""
    expected = canonical(number)
    assert canonical(number.normalize()) == expected
    assert canonical(number + Decimal("0E-9")) == expected
    assert canonical(float(number)) == expected
    assert Decimal(expected) == number


def test_the_binary_tail_that_excel_saves_is_not_a_change() -> None:
    assert canonical(Decimal("4.3499999999999996")) == canonical(Decimal("4.35")) == "4.35"
    assert canonical(Decimal("12345678901.230000")) == "12345678901.23"


def test_canonical_values_are_written_out_in_the_shortest_plain_form() -> None:
    assert canonical(None) == ""
    assert canonical(Decimal("-0.00")) == canonical(Decimal("0E-100")) == "0"
    assert canonical(100) == canonical(Decimal("1E+2")) == "100"
    assert canonical(True) == "TRUE"
    assert (
        canonical(date(2026, 3, 1)) == canonical(datetime(2026, 3, 1, tzinfo=UTC)) == "2026-03-01"
    )
    assert canonical(datetime(2026, 3, 1, 8, 30, tzinfo=UTC)) == "2026-03-01T08:30:00"
    assert canonical("  14 rue\u00a0des\nTilleuls ") == "14 rue des Tilleuls"
    assert canonical("01000") == "01000"


def test_a_number_that_would_fill_the_memory_is_not_written_out() -> None:
    assert len(canonical(Decimal("1e999999"))) < 20


# ---- rows
def test_a_token_is_what_it_was_when_the_files_that_firms_have_were_made() -> None:
    assert TOKEN == "J00000001A5B52A4AC2A9857AFC595F949F695B58"


@few
@given(ids, references)
def test_a_row_that_comes_back_unchanged_is_intact(record_id: int, told: dict[str, str]) -> None:
    token = OURS.row_token(kind="phases", record_id=record_id, references=told)
    back = {key: f"\u00a0{canonical(text)}  " for key, text in told.items()}
    tired = f" {token.lower()}\n"
    assert OURS.read_token(kind="phases", token=tired, references=back) == (
        Verdict.INTACT,
        record_id,
    )


@few
@given(references, st.sampled_from("abcdefgh"), words)
def test_any_change_of_a_reference_is_found(told: dict[str, str], key: str, text: str) -> None:
    """O33: a reference column that was modified, filled or emptied is found."""
    assume(canonical(told.get(key)) != canonical(text))
    token = OURS.row_token(kind="phases", record_id=9, references=told)
    assert OURS.read_token(kind="phases", token=token, references={**told, key: text}) == (
        Verdict.CHANGED,
        9,
    )


@few
@given(st.lists(st.tuples(ids, references), max_size=5))
def test_rows_sealed_together_have_the_tokens_they_have_alone(
    rows: list[tuple[int, dict[str, str]]],
) -> None:
    keys = {key for _, told in rows for key in told}
    together = OURS.row_tokens(
        kind="phases",
        record_ids=[record_id for record_id, _ in rows],
        references={key: [told.get(key) for _, told in rows] for key in keys},
    )
    assert list(together) == [
        OURS.row_token(kind="phases", record_id=record_id, references=told)
        for record_id, told in rows
    ]


def test_equal_cells_of_different_kinds_are_each_sealed_as_they_are() -> None:
    cells = [0, False, 1, True, Decimal(1), None, "1"]
    together = OURS.row_tokens(
        kind="phases", record_ids=range(len(cells)), references={"fee": cells}
    )
    assert list(together) == [
        OURS.row_token(kind="phases", record_id=place, references={"fee": cell})
        for place, cell in enumerate(cells)
    ]


@few
@given(references, references)
def test_two_cells_that_exchange_their_values_are_found(
    told: dict[str, str], others: dict[str, str]
) -> None:
    def shown(row: dict[str, str]) -> dict[str, str]:
        return {key: canonical(text) for key, text in row.items() if canonical(text)}

    assume(shown(told) != shown(others))
    token = OURS.row_token(kind="phases", record_id=9, references=told)
    verdict, _ = OURS.read_token(kind="phases", token=token, references=others)
    assert verdict is Verdict.CHANGED


@few
@given(ids, ids)
def test_a_token_of_another_row_does_not_cover_this_one(one: int, other: int) -> None:
    """Half of one token with half of another is not ours either."""
    assume(one != other)
    a = OURS.row_token(kind="phases", record_id=one, references=REFERENCES)
    b = OURS.row_token(kind="phases", record_id=other, references=REFERENCES)
    assert OURS.read_token(kind="phases", token=a[:11] + b[11:], references=REFERENCES) == (
        Verdict.FORGED,
        None,
    )
    mixed = a[:27] + b[27:]
    verdict, _ = OURS.read_token(kind="phases", token=mixed, references=REFERENCES)
    assert verdict is not Verdict.INTACT


@few
@given(st.integers(min_value=1, max_value=len(TOKEN) - 1), st.sampled_from("0123456789ABCXYZU=-é"))
def test_a_token_altered_in_one_place_is_never_intact(place: int, mark: str) -> None:
    assume(TOKEN[place] != mark)
    forged = TOKEN[:place] + mark + TOKEN[place + 1 :]
    verdict, _ = OURS.read_token(kind="progress", token=forged, references=REFERENCES)
    assert verdict in (Verdict.FORGED, Verdict.CHANGED)


@few
@given(words)
def test_text_typed_by_somebody_is_no_token(text: str) -> None:
    assume(canonical(text))
    assert OURS.read_token(kind="progress", token=text, references={}) == (Verdict.FORGED, None)


@pytest.mark.parametrize(
    ("seal", "kind"),
    [
        (OURS, "history"),
        (Seal(OURS.secret, "organisation-8"), "progress"),
        (Seal(b"another secret of the product", OURS.organisation), "progress"),
    ],
    ids=["another kind", "another organisation", "another secret"],
)
def test_a_token_is_worth_nothing_elsewhere(seal: Seal, kind: str) -> None:
    assert seal.read_token(kind=kind, token=TOKEN, references=REFERENCES) == (Verdict.FORGED, None)


def test_an_empty_token_is_absent() -> None:
    assert OURS.read_token(kind="progress", token=" \u00a0", references=REFERENCES) == (
        Verdict.ABSENT,
        None,
    )


@few
@given(ids, references)
def test_a_token_survives_any_spreadsheet(record_id: int, told: dict[str, str]) -> None:
    """Not a number, a date, a formula or 12E34, and the same when the case is lost."""
    token = OURS.row_token(kind="clients", record_id=record_id, references=told)
    assert re.fullmatch(r"J[0-9A-F]{40}", token)


def test_the_seal_never_shows_its_secret() -> None:
    assert "secret of" not in repr(OURS)
    with pytest.raises(ValueError, match="16 bytes"):
        Seal(b"short", "7")


# ---- envelope
def test_an_envelope_tells_what_the_file_is() -> None:
    verdict = OURS.read_envelope(ENVELOPE, kind="progress")
    assert (verdict.state, verdict.kind, verdict.version, verdict.issued) == (
        EnvelopeState.INTACT,
        "progress",
        3,
        date(2026, 11, 21),
    )


def test_a_file_without_envelope_is_only_unsigned() -> None:
    assert OURS.read_envelope({}).state is EnvelopeState.ABSENT
    assert OURS.read_envelope({"colour": "blue"}).state is EnvelopeState.ABSENT


@few
@given(st.sampled_from(sorted(ENVELOPE)), words)
def test_any_change_of_the_envelope_is_found(key: str, text: str) -> None:
    assume(canonical(text).upper() != canonical(ENVELOPE[key]).upper())
    assert OURS.read_envelope({**ENVELOPE, key: text}).state is EnvelopeState.TAMPERED


def test_an_envelope_issued_to_others_is_told_apart_from_a_forged_one() -> None:
    theirs = Seal(OURS.secret, "organisation-8")
    verdict = theirs.read_envelope(ENVELOPE)
    assert (verdict.state, verdict.kind) == (EnvelopeState.OTHER_ORGANISATION, "progress")
    stranger = Seal(b"another secret of the product", OURS.organisation)
    assert stranger.read_envelope(ENVELOPE).state is EnvelopeState.TAMPERED


def test_an_envelope_moved_to_a_file_of_another_kind_is_found() -> None:
    verdict = OURS.read_envelope(ENVELOPE, kind="history")
    assert (verdict.state, verdict.kind) == (EnvelopeState.TAMPERED, "progress")


def test_the_folded_envelope_fits_a_document_property_and_comes_back() -> None:
    assert len(folded(ENVELOPE)) <= 255
    assert unfolded(folded(ENVELOPE)) == ENVELOPE
    assert unfolded("not an envelope") == unfolded("[1]") == unfolded("[" * 100_000) == {}


def test_a_workbook_out_in_the_field_stays_good_while_its_secret_is_kept() -> None:
    rotated = Seal(b"another secret of the product", OURS.organisation, (OURS.secret,))
    read = rotated.read_token(kind="progress", token=TOKEN, references=REFERENCES)
    assert read == (Verdict.INTACT, 421)
    changed = {**REFERENCES, "fee": "1"}
    read = rotated.read_token(kind="progress", token=TOKEN, references=changed)
    assert read == (Verdict.CHANGED, 421)
    assert rotated.read_envelope(ENVELOPE).state is EnvelopeState.INTACT
    theirs = Seal(rotated.secret, "organisation-8", rotated.former)
    assert theirs.read_envelope(ENVELOPE).state is EnvelopeState.OTHER_ORGANISATION
    assert theirs.read_token(kind="progress", token=TOKEN, references=REFERENCES)[1] is None
    new = rotated.row_token(kind="progress", record_id=421, references=REFERENCES)
    assert new != TOKEN
    assert OURS.read_token(kind="progress", token=new, references=REFERENCES)[0] is Verdict.FORGED
