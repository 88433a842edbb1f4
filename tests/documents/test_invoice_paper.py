"""Invoices printed and read back: every particular the law wants is on the paper."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from documents.pdf.invoice import render_invoice
from documents.picture import (
    Deduction,
    InvoicePicture,
    OperationCategory,
    PaperKind,
    Party,
    Reference,
    VatGroup,
)
from tests.documents.pictures import (
    BUYER,
    SELLER,
    english_credit_note,
    line,
    one_line,
    pro_forma,
    sixty_lines,
    three_rates,
)
from tests.documents.reading import opened, page_texts, text_of

printed = cache(render_invoice)


def single(currency: str, net: str, rate: str, vat: str, gross: str) -> InvoicePicture:
    """One line and one rate in another currency."""
    return replace(
        one_line(),
        currency=currency,
        lines=(line(1, "Études", net, vat_label=rate),),
        groups=(VatGroup(label=rate, base=Decimal(net), vat=Decimal(vat)),),
        net=Decimal(net),
        vat=Decimal(vat),
        gross=Decimal(gross),
    )


def test_viewing_an_invoice_shows_every_mandatory_particular() -> None:
    """F20: what DOMAIN 4.1 lists has its place on one page."""
    (page,) = page_texts(printed(one_line()))
    for particular in (
        "Facture PAR26-00042",
        "Atelier Rivage Architectes 27 quai de la Rivière-Haute 75013 Paris",
        "SARL d'architecture au capital de 50 000 €",
        "RCS Paris 854984531",
        "SIRET 854 984 531 00012",
        "TVA FR65854984531",
        "Ville de Saint-Aubin-sur-Orge Direction du patrimoine bâti",
        "SIRET du client 219 101 234 00017",
        "Code client C-0012",
        "Date d’émission 21 novembre 2026",
        "Échéance 21 décembre 2026",
        "Période de la prestation 01/10/2026 – 31/10/2026",
        "N° d’engagement ENG-2026-0417",
        "Code service SRV-PAT",
        "2401 — Réhabilitation et extension du groupe scolaire Jean-Moulin",
        "14 rue des Tilleuls, 91220 Saint-Aubin",
        "APD – Avant-projet définitif",
        "1 forfait 11 845,00 20 % 11 845,00",
        "Total HT 11 845,00 €",
        "TVA 20 % sur 11 845,00 € 2 369,00 €",
        "Net à payer 14 214,00 €",
        "IBAN FR39 9999 9005 5000 0085 4984 Z25",
        "BIC XXXXFRPP",
        "Nature de l’opération : prestation de services.",
        "Pas d'escompte pour paiement anticipé.",
        "indemnité forfaitaire pour frais de recouvrement de 40 €",
        "1 / 1",
    ):
        assert particular in page, particular


def test_each_vat_rate_states_its_base_and_its_amount() -> None:
    text = text_of(printed(three_rates()))
    assert "TVA 20 % sur 12 345,67 € 2 469,13 €" in text
    assert "TVA 10 % sur 890,15 € 89,02 €" in text
    assert "TVA 5,5 % sur 456,78 € 25,12 €" in text
    assert "Total HT 13 692,60 €" in text
    assert "Net à payer 16 275,87 €" in text
    assert "Sous-total de la tranche ferme 13 692,60" in text


def test_a_pro_forma_says_on_every_page_that_it_is_not_an_invoice() -> None:
    """F06: titled PRO FORMA, marked on each page, never with a final number nor a sum due."""
    long = replace(sixty_lines(), kind=PaperKind.PROFORMA, number="PF-000123", bank=None)
    pages = page_texts(printed(long))
    assert len(pages) == 3
    assert re.search("PRO FORMA PF-000123 ?Ce document n’est pas une facture", pages[0])
    assert all("PRO FORMA" in page.replace("PRO FORMA PF-000123", "", 1) for page in pages)
    assert "Total estimé TTC" in pages[-1]
    text = " ".join(pages)
    assert "PAR26" not in text
    assert "Net à payer" not in text
    assert "À régler" not in text
    assert opened(printed(long)).metadata.title == "PRO FORMA PF-000123"  # type: ignore[union-attr]


def test_a_pro_forma_in_english_says_so_too() -> None:
    """F06 in the other language."""
    text = text_of(printed(replace(pro_forma(), language="en")))
    assert "This is not an invoice" in text
    assert "Estimated total €16,275.87" in text


def test_the_footer_message_of_the_settings_stands_once_at_the_foot() -> None:
    """F14: the message comes with the picture, after everything else."""
    message = "Merci de votre confiance. Nos bureaux ferment du 24 au 31 décembre."
    pages = page_texts(printed(replace(sixty_lines(20), footer_message=message)))
    assert sum(page.count(message) for page in pages) == 1
    assert pages[-1].index(message) > pages[-1].index("Net à payer")
    assert "Merci" not in text_of(printed(replace(one_line(), footer_message=None)))


def test_printing_sixty_lines_takes_three_a4_pages_with_the_table_head_on_each() -> None:
    """F25: ready for the printer; headings stay with their lines, totals are not alone."""
    pdf = printed(sixty_lines())
    pages = page_texts(pdf)
    assert len(pages) == 3
    for number, page in enumerate(pages, start=1):
        assert f"{number} / 3" in page
        assert "Désignation Qté Unité P.U. HT TVA" in page
        assert "RCS Paris 854984531" in page
    assert "Facture PAR26-00042" in pages[1]
    assert "– lot 60" in pages[2]
    assert "Net à payer 55 800,00 €" in pages[2]
    sizes = {tuple(round(float(side)) for side in page.mediabox[2:]) for page in opened(pdf).pages}
    assert sizes == {(595, 842)}


@pytest.mark.parametrize("count", [10, 11, 38])
def test_no_heading_ends_a_page_and_no_totals_stand_alone(count: int) -> None:
    pages = page_texts(printed(sixty_lines(count)))
    closing = next(page for page in pages if "Net à payer" in page)
    assert "– lot" in closing
    for page in pages[:-1]:
        rows = page[: page.rindex("775,00")] if "775,00" in page else page
        assert page.rfind("Bâtiment") <= len(rows)


def test_every_line_of_a_long_invoice_is_printed_once() -> None:
    text = text_of(printed(sixty_lines()))
    assert [text.count(f"lot {number} ") for number in range(1, 61)] == [1] * 60


def test_a_credit_note_names_the_invoice_it_corrects_and_asks_for_no_payment() -> None:
    text = text_of(printed(english_credit_note()))
    catalogue: Any = opened(printed(english_credit_note())).root_object
    assert catalogue["/Lang"] == "en"
    assert "Credit note PAV26-00007" in text
    assert "Corrects invoice PAR26-00031 of 1 October 2026." in text
    assert "Net credited to you CHF 12,500.00" in text
    assert "IBAN" not in text


def test_a_credit_note_in_french_is_an_avoir() -> None:
    picture = replace(
        one_line(),
        kind=PaperKind.CREDIT_NOTE,
        number="PAV26-00007",
        references=(Reference(number="PAR26-00031", issue_date=date(2026, 10, 1)),),
    )
    text = text_of(printed(picture))
    assert "Avoir PAV26-00007" in text
    assert "En correction de la facture PAR26-00031 du 1er octobre 2026." in text
    assert "Net à votre crédit 14 214,00 €" in text


def test_a_reverse_charge_states_its_mention_and_the_numbers_of_both_parties() -> None:
    text = text_of(printed(english_credit_note()))
    assert "Reverse charge (Autoliquidation), art. 283-2 of the French tax code" in text
    assert "VAT 0% on CHF 12,500.00" in text
    assert "CHF 0.00" in text
    assert "Client VAT number DE123456789" in text
    assert "VAT no. FR65854984531" in text


def test_swiss_vat_numbers_are_printed_as_their_register_writes_them() -> None:
    """The tax is named once; a number without it is told what it is."""
    picture = one_line()
    seller = replace(picture.seller, vat_number="CHE385263874TVA")
    buyer = replace(picture.buyer, vat_number="CHE123456789")
    text = text_of(printed(replace(picture, seller=seller, buyer=buyer)))
    assert "· CHE-385.263.874 TVA" in text
    assert "TVA CHE-" not in text
    assert "N° de TVA du client CHE-123.456.789" in text
    bare = replace(picture, seller=replace(picture.seller, vat_number="CHE385263874"))
    assert "TVA CHE-385.263.874" in text_of(printed(bare))


def test_the_vat_of_another_currency_is_stated_in_euros_with_its_rate_source_and_day() -> None:
    text = text_of(printed(english_credit_note()))
    assert "VAT in euros" in text
    assert "1.0654 EUR for 1 CHF, ECB, 20 November 2026" in text


def test_yen_have_no_decimals() -> None:
    text = text_of(printed(single("JPY", "123457", "10 %", "12346", "135803")))
    assert "Total HT 123 457 JPY" in text
    assert "Net à payer 135 803 JPY" in text


def test_dinars_have_three_decimals() -> None:
    text = text_of(printed(single("TND", "1234.567", "19 %", "234.568", "1469.135")))
    assert "TVA 19 % sur 1 234,567 TND 234,568 TND" in text
    assert "Net à payer 1 469,135 TND" in text


def test_francs_in_french_stand_after_the_amount() -> None:
    text = text_of(printed(single("CHF", "1000.00", "8,1 %", "81.00", "1081.00")))
    assert "Net à payer 1 081,00 CHF" in text
    assert "Montant HT CHF" in text


def test_deposits_and_retentions_come_off_after_the_gross() -> None:
    picture = replace(
        one_line(),
        references=(Reference(number="PAR26-00012", issue_date=date(2026, 3, 1)),),
        deductions=(
            Deduction(label="Acompte PAR26-00012", amount=Decimal("3600.00")),
            Deduction(label="Retenue de garantie", amount=Decimal("600.00")),
        ),
    )
    text = text_of(printed(picture))
    assert "Facture d’acompte PAR26-00012 du 1er mars 2026." in text
    assert "Total TTC 14 214,00 €" in text
    assert "Acompte PAR26-00012 −3 600,00 €" in text
    assert "Net à payer 10 014,00 €" in text


def test_a_deposit_invoice_is_titled_as_such() -> None:
    assert "Facture d’acompte PAR26-00042" in text_of(
        printed(replace(one_line(), kind=PaperKind.DEPOSIT))
    )


def test_mentions_and_the_option_for_debits_are_printed() -> None:
    picture = replace(
        one_line(),
        operation_category=OperationCategory.MIXED,
        vat_on_debits=True,
        mentions=("Autofacturation", "TVA non applicable, art. 293 B du CGI"),
    )
    text = text_of(printed(picture))
    assert "livraison de biens et prestation de services" in text
    assert "Option pour le paiement de la taxe d’après les débits." in text
    assert "Autofacturation" in text
    assert "TVA non applicable, art. 293 B du CGI" in text


def test_an_exempt_group_is_named_by_its_exemption() -> None:
    exempt = VatGroup(
        label="Exonéré",
        base=Decimal("11845.00"),
        vat=Decimal("0.00"),
        mention="Exonération de TVA, art. 261 du CGI",
    )
    picture = replace(one_line(), groups=(exempt,), vat=Decimal("0.00"), gross=Decimal("11845.00"))
    text = text_of(printed(picture))
    assert "Exonéré sur 11 845,00 € Exonération de TVA, art. 261 du CGI" in text
    assert "TVA Exonéré" not in text


def test_long_mentions_go_below_the_totals_and_are_whole() -> None:
    clause = "Clause de réserve de propriété intellectuelle, article douze. " * 12
    text = text_of(printed(replace(one_line(), mentions=(clause,))))
    assert text.count("article douze.") == 12
    assert text.index("Net à payer") < text.index("Clause de réserve")


def test_hostile_texts_are_printed_as_they_were_typed() -> None:
    hostile = "<script>alert(1)</script> {{7*7}} & <b>gras</b> \U0001f600 \x07\x00fin ]]>"
    picture = replace(
        one_line(),
        lines=(line(1, hostile, "11845.00", detail="{% raw %} &amp; 'x' \"y\""),),
        buyer=replace(BUYER, name="<h1>R&D</h1> {{ picture }}"),
        terms=("</body><p>après",),
        footer_message="{{ 1/0 }}",
    )
    text = text_of(printed(picture))
    assert "<script>alert(1)</script> {{7*7}} & <b>gras</b> \U0001f600 fin ]]>" in text
    assert "{% raw %} &amp; 'x' \"y\"" in text
    assert "<h1>R&D</h1> {{ picture }}" in text
    assert "</body><p>après" in text
    assert "{{ 1/0 }}" in text


def test_long_names_fold_and_stay_whole() -> None:
    long = "Société d'économie mixte d'aménagement et de développement du Grand Estuaire"
    seller = replace(SELLER, name="Montesquieu, Delacroix & Associés, architecture et urbanisme")
    picture = replace(
        one_line(),
        seller=seller,
        buyer=Party(name=long, address=("Bâtiment C", "1 quai du Port", "44800 Saint-Herblain")),
        lines=(line(1, "W" * 200, "11845.00", detail="première ligne\ndeuxième ligne"),),
        logo=None,
    )
    text = text_of(printed(picture))
    assert long in text
    assert text.count(seller.name) >= 3
    assert text.count("W") == 200
    assert "première ligne deuxième ligne" in text


def test_a_row_longer_than_a_page_loses_nothing() -> None:
    detail = " ".join(f"point {number} ;" for number in range(500))
    text = text_of(
        printed(replace(one_line(), lines=(line(1, "Note", "11845.00", detail=detail),)))
    )
    assert all(f"point {number} ;" in text for number in range(500))
    assert "Net à payer 14 214,00 €" in text


def test_without_a_logo_or_with_a_file_that_is_none_the_name_is_set() -> None:
    bare = printed(replace(one_line(), logo=None))
    assert page_texts(bare)[0].count("Atelier Rivage Architectes") == 3
    assert printed(replace(one_line(), logo=b"GIF89a")) == bare
    assert page_texts(printed(one_line()))[0].count("Atelier Rivage Architectes") == 2


def test_the_buyer_stands_in_the_window_of_a_french_envelope() -> None:
    """The window of a DL envelope: from 110 mm of the left edge, 45 to 50 mm below the top."""
    found: list[tuple[float, float]] = []

    def note(text: str, ctm: list[float], tm: list[float], font: object, size: float) -> None:
        if "Ville de Saint-Aubin" in text:
            found.append((ctm[0] * tm[4] + ctm[4], ctm[3] * tm[5] + ctm[5]))

    opened(printed(one_line())).pages[0].extract_text(visitor_text=note)
    (x, y) = found[0]
    assert 109 < x / 72 * 25.4 < 112
    assert 45 < (841.89 - y) / 72 * 25.4 < 52
