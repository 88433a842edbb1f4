"""Situations, discounts, periods and deposits on paper: told in words, broken over pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from documents.pdf import render_invoice
from documents.picture import Line, Recap, RecapRow, Reference
from documents.picture_json import from_json, to_json
from tests.documents.pictures import line, one_line, sixty_lines
from tests.documents.reading import page_texts, text_of

DEPOSIT = Reference(number="PAR26-00012", issue_date=date(2026, 9, 1))


def row(name: str, times: int = 1) -> RecapRow:
    return RecapRow(
        name=name,
        amount=Decimal("18952.00") * times,
        cumulative=Decimal("11845.00") * times,
        percent=Decimal("62.50"),
        before=Decimal("8234.00") * times,
        now=Decimal("3611.00") * times,
        remaining=Decimal("7107.00") * times,
    )


def recap(phases: int) -> Recap:
    rows = tuple(row(f"Phase n{number}") for number in range(1, phases + 1))
    return Recap(contract="Mission de base", number=3, rows=rows, total=row("", phases))


@pytest.mark.parametrize(
    ("language", "title"), [("fr", "Situation n° 3"), ("en", "Situation no. 3")]
)
def test_a_situation_is_told_phase_by_phase(language: str, title: str) -> None:
    """B29: contract, to date, before, this invoice, remaining, and their totals."""
    text = text_of(render_invoice(replace(one_line(), language=language, recaps=(recap(2),))))
    assert text.count(title) == 2
    assert f"{title} – Mission de base" in text
    shown = {
        "fr": "Phase n2 18 952,00 11 845,00 62,5 % 8 234,00 3 611,00 7 107,00",
        "en": "Phase n2 18,952.00 11,845.00 62.5% 8,234.00 3,611.00 7,107.00",
    }
    assert shown[language] in text
    totals = {"fr": "Total 37 904,00 23 690,00", "en": "Total 37,904.00 23,690.00"}
    assert totals[language] in text


@pytest.mark.parametrize("phases", [34, 60])
def test_sixty_phases_after_a_hundred_and_twenty_lines_break_well(phases: int) -> None:
    """F25: the head of the table on each page, no total alone, every row once, page x of y."""
    pages = page_texts(render_invoice(replace(sixty_lines(120), recaps=(recap(phases),))))
    for number, page in enumerate(pages, start=1):
        assert f"{number} / {len(pages)}" in page
        if "Phase n" in page:
            assert "Situation n° 3 – Mission de base Phase Marché Cumul" in page
    closing = next(page for page in pages if "Net à payer" in page)
    assert "Phase n" in closing
    assert closing.index("Total ") > closing.index("Phase n")
    text = " ".join(pages)
    assert [text.count(f"Phase n{number} ") for number in range(1, phases + 1)] == [1] * phases


def test_a_line_says_its_period_its_discount_and_the_deposit_it_takes_off() -> None:
    """DOMAIN §4.1 (242 nonies A I-8°, 9°, 10°): the reader computes 10 % off 1,000.00 again."""
    lines = (
        line(
            1,
            "Honoraires",
            "900.00",
            quantity=Decimal("8"),
            unit_price=Decimal("125.00"),
            discount=Decimal("10"),
            period_start=date(2026, 10, 1),
            period_end=date(2026, 10, 31),
        ),
        line(
            2, "Acompte", "-300.00", quantity=Decimal(-1), unit_price=Decimal(300), deducts=DEPOSIT
        ),
        line(3, "Acompte PAR26-00012", "-1.00", quantity=Decimal(-1), deducts=DEPOSIT),
    )
    text = text_of(render_invoice(replace(one_line(), lines=lines, references=(DEPOSIT,))))
    assert "Du 01/10/2026 au 31/10/2026 Remise de 10 % sur 1 000,00 €" in text
    told = "Déduction de la facture d’acompte PAR26-00012 du 1er septembre 2026"
    assert text.count(told) == 1
    assert "Facture d’acompte PAR26-00012 du 1er septembre 2026." in text


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("Du 15 septembre 2026 au 30 septembre 2026", "Du 15 septembre 2026 au 30 septembre 2026"),
        (
            "Balance, from 15 September 2026 to 30 September 2026",
            "Balance, from 15 September 2026 to 30 September 2026",
        ),
        ("Abonnement du 15/09/2026 au 30/09/2026", "Abonnement du 15/09/2026 au 30/09/2026"),
    ],
)
def test_a_period_that_the_detail_of_a_line_tells_is_printed_once(
    detail: str, told: str, language: str
) -> None:
    """The line of a retainer says its period when it is drawn, and has it as two days as well."""
    picture = replace(one_line(), language=language, lines=(_of_a_period(detail),))
    text = text_of(render_invoice(picture))
    assert text.count(told) == 1
    assert text.count("15/09/2026") == told.count("15/09/2026")


@pytest.mark.parametrize(
    "detail", [None, "Maintenance", "Du 5 septembre 2026 au 30 septembre 2026"]
)
def test_a_period_that_the_detail_of_a_line_does_not_tell_stands_below_it(
    detail: str | None,
) -> None:
    text = text_of(render_invoice(replace(one_line(), lines=(_of_a_period(detail),))))
    assert text.count("Du 15/09/2026 au 30/09/2026") == 1
    assert detail is None or detail in text


def _of_a_period(detail: str | None) -> Line:
    days = {"period_start": date(2026, 9, 15), "period_end": date(2026, 9, 30)}
    return line(1, "ABO – Abonnement", "800.00", detail=detail, **days)


def test_a_reference_without_a_day_is_told_by_its_number() -> None:
    former = replace(one_line(), references=(Reference(number="F-2019-7"),))
    assert "Facture d’acompte F-2019-7." in text_of(render_invoice(former))


def test_pictures_keep_the_new_and_read_the_old() -> None:
    """What was frozen before there were situations is printed as it was."""
    picture = replace(one_line(), recaps=(recap(2),))
    assert from_json(to_json(picture)) == picture
    old = to_json(one_line())
    del old["recaps"]
    for one in old["lines"]:
        for name in ("discount", "period_start", "period_end", "deducts"):
            del one[name]
    assert from_json(old) == one_line()
    assert render_invoice(from_json(old)) == render_invoice(one_line())
