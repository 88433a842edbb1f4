"""Files for the accounts, read back by others' rules (B32, B33, B34; DOMAIN §4.6, §4.7)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.accounting import fec, iif, journal, letters, plain_csv, xero
from documents.accounting.entry import LONGEST_CODES, Entry, codes_told
from documents.accounting.text import transliterated
from domain.accounting import Books
from domain.invoice.model import InvoiceKind
from domain.money import from_minor
from tests.documents.entries import DAY, Sold, document
from tests.support import accounting_files as read

EXAMPLE = (Sold("1", "18400"), Sold("1", "2500", tax=2))
"""DOMAIN §4.6."""
HOSTILE = [
    "=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "a\tb|c\"d\r\ne;f,g",
    "Łódź Đặng 株式会社", "👩‍👧 «été» œuvre – €", "'=1", "ﾊ｜＂\u2028\u202e", "x" * 60,
    "Agence: lot 1",
]  # fmt: skip


def posted(entry: Entry) -> list[read.Row]:
    return read.fec(fec.write([journal.sale(entry, journal.Place(1))]))


def moves(rows: list[read.Row]) -> list[tuple[str, str, str]]:
    return [(row["CompteNum"], row["Debit"], row["Credit"]) for row in rows]


def test_the_example_of_the_sales_journal_to_the_cent() -> None:
    """DOMAIN §4.6: 18,400.00 at 20 % and 2,500.00 at 10 %; 411 carries the auxiliary account."""
    rows = posted(document(EXAMPLE))
    assert moves(rows) == [
        ("411000", "24830,00", "0,00"),
        ("706000", "0,00", "18400,00"),
        ("706000", "0,00", "2500,00"),
        ("445710", "0,00", "3680,00"),
        ("445712", "0,00", "250,00"),
    ]
    assert rows[0] == {
        "JournalCode": "VE", "JournalLib": "Ventes", "EcritureNum": "1",
        "EcritureDate": "20261121", "CompteNum": "411000", "CompteLib": "Clients",
        "CompAuxNum": "411CLI-0001", "CompAuxLib": "Cabinet Lefèvre", "PieceRef": "PAR26-00001",
        "PieceDate": "20261121", "EcritureLib": "Facture PAR26-00001 Cabinet Lefèvre",
        "Debit": "24830,00", "Credit": "0,00", "EcritureLet": "", "DateLet": "",
        "ValidDate": "20261121", "Montantdevise": "", "Idevise": "",
    }  # fmt: skip
    assert {row["CompAuxNum"] for row in rows[1:]} == {""}


def test_a_credit_note_has_the_sides_exchanged() -> None:
    note = document(EXAMPLE, number="PAV26-00001", kind=InvoiceKind.CREDIT_NOTE)
    plain = moves(posted(document(EXAMPLE)))
    assert moves(posted(note)) == [(account, credit, debit) for account, debit, credit in plain]
    assert posted(note)[0]["EcritureLib"].startswith("Avoir PAV26-00001")


def test_a_deposit_is_owed_to_the_client_until_it_is_deducted() -> None:
    """386: 4191 instead of 706 (PCG art. 944-41); the final invoice takes it off there."""
    deposit = document([Sold("1", "3000", account="419100")], kind=InvoiceKind.DEPOSIT)
    assert moves(posted(deposit))[1:] == [
        ("419100", "0,00", "3000,00"),
        ("445710", "0,00", "600,00"),
    ]
    rest = [Sold("1", "10000"), Sold("-1", "3000", account="419100")]
    assert moves(posted(document(rest))) == [
        ("411000", "8400,00", "0,00"),
        ("706000", "0,00", "10000,00"),
        ("419100", "3000,00", "0,00"),
        ("445710", "0,00", "1400,00"),
    ]
    assert (
        posted(document([*rest, Sold("-1", "7000", account="419100")]))[0]["CompteNum"] == "706000"
    )


def test_what_comes_to_nothing_keeps_its_number() -> None:
    nothing = document([Sold("1", "10"), Sold("-1", "10")])
    assert moves(posted(nothing)) == [("411000", "0,00", "0,00")]


@pytest.mark.parametrize(
    ("currency", "rate", "price", "told"),
    [
        ("TND", "0.29851234", "1234.573", ("442,24", "368,53", "73,71", "1481,488")),
        ("JPY", "0.0061234", "123457", ("907,17", "755,98", "151,19", "148148,00")),
    ],
)
def test_another_currency_is_told_in_euros(
    currency: str, rate: str, price: str, told: tuple[str, ...]
) -> None:
    """VAT as the paper states it (§2.6); the cent of the conversion is with the revenue."""
    rows = posted(document([Sold("1", price)], currency=currency, rate=rate))
    debit, revenue, vat = rows
    assert (debit["Debit"], revenue["Credit"], vat["Credit"], debit["Montantdevise"]) == told
    assert {row["Idevise"] for row in rows} == {currency}


def test_a_document_without_a_rate_is_not_posted_in_another_currency() -> None:
    with pytest.raises(ValueError, match="no euro rate of JPY"):
        posted(document([Sold("1", "100")], currency="JPY"))


def test_a_payment_is_debited_to_the_bank_and_lettered_with_its_invoice() -> None:
    """DOMAIN §4.6: journal BQ, 512 to 411; what is left over has no letter."""
    entry = document(EXAMPLE)
    lettered = letters.letters({"PAR26-00001": [(2483000, DAY), (-2483000, date(2026, 12, 1))]})
    assert lettered == {"PAR26-00001": ("PAR26-00001", date(2026, 12, 1))}
    assert letters.letters({"x": [(100, DAY), (-99, DAY)], "y": [(0, DAY)]}) == {}
    place = journal.Place(7, *lettered["PAR26-00001"])
    paid = journal.Receipt(
        journal=("BQ", "Banque"), bank=("512000", "Banques"), receivable=("411000", "Clients"),
        auxiliary=("411CLI-0001", "Cabinet Lefèvre"), piece="VIR 12", day=date(2026, 12, 1),
        validated_on=date(2026, 12, 2), number=3, currency="EUR", rest=1000,
        portions=(
            journal.Portion(minor=2483000, rate=None, letter="PAR26-00001", lettered_on=DAY),
        ),
    )  # fmt: skip
    rows = read.fec(fec.write([journal.receipt(paid), journal.sale(entry, place)]))
    assert [row["JournalCode"] for row in rows] == ["VE"] * 5 + ["BQ"] * 3
    assert moves(rows[5:]) == [
        ("512000", "24840,00", "0,00"),
        ("411000", "0,00", "24830,00"),
        ("411000", "0,00", "10,00"),
    ]
    assert [row["EcritureLet"] for row in rows] == ["PAR26-00001", *[""] * 5, "PAR26-00001", ""]


def test_quickbooks_takes_a_transaction_whose_lines_add_up_to_nothing() -> None:
    """B33: types, signs, dates and the automatic tax, column by column."""
    sold = ["Texte", Sold("7.75", "85", sku="ESQ", description='Esquisse "A"\n\tsuite')]
    (made,) = read.iif(iif.write([document(sold)]))
    told = {name: made.head[name] for name in ("TRNSTYPE", "DATE", "ACCNT", "AMOUNT", "DOCNUM")}
    assert told == {
        "TRNSTYPE": "INVOICE", "DATE": "11/21/2026", "ACCNT": "411000", "AMOUNT": "790.50",
        "DOCNUM": "PAR26-00001",
    }  # fmt: skip
    assert made.head["DUEDATE"] == "12/21/2026"
    assert [made.head[f"ADDR{place}"] for place in range(1, 6)] == [
        "Cabinet Lefèvre", "12 rue du Port", "75001 Paris", "France", "",
    ]  # fmt: skip
    line, tax = made.splits
    assert (line["AMOUNT"], line["QNTY"], line["PRICE"], line["INVITEM"], line["MEMO"]) == (
        "-658.75", "-7.75", "85", "ESQ", "Esquisse A suite",
    )  # fmt: skip
    assert (tax["AMOUNT"], tax["ACCNT"], tax["EXTRA"]) == ("-131.75", "445710", "AUTOSTAX")
    note = document(sold, kind=InvoiceKind.CREDIT_NOTE, number="PAV26-00001")
    (back,) = read.iif(iif.write([note]))
    assert (back.head["TRNSTYPE"], back.head["AMOUNT"]) == ("CREDIT MEMO", "-790.50")
    assert (back.splits[0]["AMOUNT"], back.splits[0]["QNTY"], back.splits[0]["PRICE"]) == (
        "658.75", "7.75", "85",
    )  # fmt: skip


def test_quickbooks_has_one_currency_a_file_and_no_automatic_tax_of_two_rates() -> None:
    (made,) = read.iif(iif.write([document(EXAMPLE)]))
    assert [one["EXTRA"] for one in made.splits] == [""] * 4
    with pytest.raises(ValueError, match="one currency"):
        iif.write([document(EXAMPLE), document(EXAMPLE, currency="JPY")])


def test_two_names_that_are_written_alike_are_two_customers() -> None:
    """NAME ≤ 41: what is not written as it stands is told apart by the client code."""
    alike = [
        "Société civile immobilière de construction A",
        "Société civile immobilière de construction B",
    ]
    colons = ["A:B Studio", "A-B Studio"]
    accents = ["Łódź", "Lódz", "Lodz", "A\tB", "A B"]
    names = [*alike, "株式会社 青", "株式会社 赤", "Agence: lot 1", *colons, *accents]
    entries = [
        document(EXAMPLE, buyer={"name": name}, client=f"C-{place}")
        for place, name in enumerate(names)
    ]
    told = [one.head["NAME"] for one in read.iif(iif.write(entries))]
    assert len(set(told)) == len(names)
    assert max(map(len, told)) <= 41
    assert told[4:7] == ["Agence- lot 1 C-4", "A-B Studio C-5", "A-B Studio"]


def test_xero_takes_a_row_a_line_and_credit_notes_below_nothing() -> None:
    sold = [Sold("2", "100.5", discount="10", sku="PLAN"), Sold("1", "2500", tax=4), "Texte"]
    note = document(sold, number="PAV26-00001", kind=InvoiceKind.CREDIT_NOTE)
    rows = read.comma_separated(xero.write([document(sold), note]), separator=",")
    assert len(rows) == 4
    assert rows[0] == {
        "*ContactName": "Cabinet Lefèvre", "EmailAddress": "", "POAddressLine1": "12 rue du Port",
        "POAddressLine2": "", "POAddressLine3": "", "POAddressLine4": "", "POCity": "Paris",
        "PORegion": "", "POPostalCode": "75001", "POCountry": "France",
        "*InvoiceNumber": "PAR26-00001", "Reference": "", "*InvoiceDate": "21/11/2026",
        "*DueDate": "21/12/2026", "Total": "2717.08", "InventoryItemCode": "PLAN",
        "*Description": "Mission", "*Quantity": "2", "*UnitAmount": "100.5", "Discount": "10",
        "*AccountCode": "706000", "*TaxType": "TVA 20%", "TaxAmount": "36.18",
        "TrackingName1": "", "TrackingOption1": "", "TrackingName2": "", "TrackingOption2": "",
        "Currency": "EUR", "BrandingTheme": "",
    }  # fmt: skip
    assert rows[1]["*TaxType"] == "Autoliquidation"
    assert (rows[2]["*Quantity"], rows[2]["*UnitAmount"], rows[2]["Total"]) == (
        "2",
        "-100.5",
        "-2717.08",
    )
    assert all(row[name] for row in rows for name in read.XERO_NEEDED)
    with pytest.raises(ValueError, match="500"):
        xero.write([document(EXAMPLE)] * 501)


def test_the_names_of_others_are_those_that_were_set() -> None:
    books = Books(
        receivable_account="411100", quickbooks_accounts={"411100": "Accounts Receivable"},
        quickbooks_item="Mission", xero_accounts={"706000": "200"},
        xero_tax_types={"FR-20": "20% (VAT on Income)"},
    )  # fmt: skip
    entry = document([Sold("1", "100", account=None)], books=books)
    (made,) = read.iif(iif.write([entry]))
    assert (made.head["ACCNT"], made.splits[0]["INVITEM"]) == ("Accounts Receivable", "Mission")
    (row,) = read.comma_separated(xero.write([entry]), separator=",")
    assert (row["*AccountCode"], row["*TaxType"]) == ("200", "20% (VAT on Income)")
    assert posted(entry)[0]["CompteNum"] == "411100"


def test_the_plain_csv_in_french_and_in_english() -> None:
    """B34: company number and SKU; the decimal sign of the language, and its separator."""
    around = {"phases": {}, "credited_number": "PAR26-00001"}
    note = document(
        [Sold("7.75", "85", sku="ESQ"), "À noter"],
        number="PAV26-00001", kind=InvoiceKind.CREDIT_NOTE, **around,
    )  # fmt: skip
    content = plain_csv.write([note], language="fr")
    assert content.startswith("\ufeffinvoice_number;kind;state;".encode())
    row, text = read.comma_separated(content, separator=";")
    told = ("company_number", "sku", "quantity", "unit_price", "net", "vat_rate", "invoice_gross")
    assert [row[name] for name in told] == [
        "CLI-0001", "ESQ", "-7,75", "85", "-658,75", "20", "-790,50",
    ]  # fmt: skip
    assert (row["kind"], row["credited_invoice"]) == ("CREDIT_NOTE", "PAR26-00001")
    assert (text["line_kind"], text["description"], text["net"]) == ("TEXT", "À noter", "")
    (english, _) = read.comma_separated(plain_csv.write([note], language="en"), separator=",")
    assert english["net"] == "-658.75"


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_client_breaks_a_file_or_runs_in_it(text: str) -> None:
    """Formulas, quotes, tabs, breaks, letters of no alphabet of ours: each file reads back."""
    entry = document([Sold("1", "10", sku=text, description=text)], buyer={"name": text})
    (row,) = read.comma_separated(plain_csv.write([entry], language="fr"), separator=";")
    assert row["description"] in (text, f"'{text}")
    assert not row["description"].startswith(("=", "+", "-", "@", "\t", "\r"))
    (sold,) = read.comma_separated(xero.write([entry]), separator=",")
    assert sold["*Description"] == row["description"]
    (made,) = read.iif(iif.write([entry]))
    assert made.sum == 0
    assert len(made.head["NAME"]) <= 41
    assert made.head["NAME"][:1] not in set("=+-@")
    assert len(posted(entry)) == 3


def test_letters_of_no_alphabet_of_ours_are_written_as_the_nearest() -> None:
    told = transliterated("Łódź – Đặng œuf €", "iso8859-15")
    assert told == "Lódz - Dang œuf €"
    assert transliterated("“été”…", "cp1252") == "“été”…"
    assert transliterated("e\u0301 👍", "cp1252") == "é ?"


# Whatever is sold

_PRICES = st.decimals(min_value=0, max_value=99999, places=2).map(str)
_QUANTITIES = st.decimals(min_value=-99, max_value=99, places=2).filter(bool).map(str)
_SOLD = st.builds(
    Sold,
    quantity=_QUANTITIES,
    price=_PRICES,
    tax=st.sampled_from([1, 2, 3, 4]),
    account=st.sampled_from(["706000", "706100", "419100", None]),
    description=st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=20)).filter(
        lambda text: text.isprintable()
    ),
    discount=st.sampled_from([None, "12.5"]),
)
_DOCUMENTS = st.lists(
    st.tuples(
        st.lists(_SOLD, min_size=1, max_size=6),
        st.sampled_from([InvoiceKind.INVOICE, InvoiceKind.CREDIT_NOTE]),
        st.sampled_from([("EUR", None), ("TND", "0.29851234"), ("JPY", "0.0061234")]),
    ),
    min_size=1,
    max_size=4,
)


def made_of(drawn: list[tuple[list[Sold], InvoiceKind, tuple[str, str | None]]]) -> list[Entry]:
    return [
        document(sold, kind=kind, currency=currency, rate=rate, number=f"PAR26-{place:05}")
        for place, (sold, kind, (currency, rate)) in enumerate(drawn, start=1)
    ]


@given(_DOCUMENTS)
@settings(max_examples=60, deadline=None)
def test_every_file_comes_to_what_was_invoiced(
    drawn: list[tuple[list[Sold], InvoiceKind, tuple[str, str | None]]],
) -> None:
    """Any invoices and credits: IIF sums to nothing, FEC balances, CSV adds up; twice alike."""
    entries = made_of(drawn)
    for entry in entries:
        (made,) = read.iif(iif.write([entry]))
        assert made.sum == 0
        assert Decimal(made.head["AMOUNT"]) == from_minor(entry.sign * entry.gross, entry.currency)
    sales = [journal.sale(entry, journal.Place(entry.key)) for entry in entries]
    content = fec.write(sales)
    rows = read.fec(content)
    for entry in entries:
        own = [row for row in rows if row["PieceRef"] == entry.number]
        owed = [read.movement(row) for row in own if row["CompteNum"] == "411000"]
        rate = entry.euro_rate
        gross = from_minor(entry.sign * entry.gross, entry.currency) * (rate or 1)
        assert abs(sum(owed) - gross) <= (Decimal("0.005") if rate else 0)
    lines = read.comma_separated(plain_csv.write(entries, language="fr"), separator=";")
    sold = read.comma_separated(xero.write(entries), separator=",")
    for entry in entries:
        own = [row for row in lines if row["invoice_number"] == entry.number]
        for column, whole in (("net", "invoice_net"), ("vat_amount", "invoice_vat")):
            summed = sum(read.figure(row[column]) for row in own)
            assert summed == read.figure(own[0][whole])
        theirs = [row for row in sold if row["*InvoiceNumber"] == entry.number]
        gross = sum(_reckoned(row) for row in theirs)
        assert gross == Decimal(theirs[0]["Total"])
    again = made_of(drawn)
    assert fec.write([journal.sale(entry, journal.Place(entry.key)) for entry in again]) == content
    assert plain_csv.write(again, language="fr") == plain_csv.write(entries, language="fr")


def _reckoned(row: read.Row) -> Decimal:
    """A line's net as Xero reckons it, and its tax."""
    exponent = {"EUR": "0.01", "TND": "0.001", "JPY": "1"}[row["Currency"]]
    whole = Decimal(row["*Quantity"]) * Decimal(row["*UnitAmount"])
    net = whole * (100 - Decimal(row["Discount"] or 0)) / 100
    return net.quantize(Decimal(exponent), rounding="ROUND_HALF_UP") + Decimal(row["TaxAmount"])


def test_many_projects_are_told_within_one_field() -> None:
    """B26: the first ones, and how many more; one alone is never cut."""
    codes = [f"LONG-CODE-{place:03d}" for place in range(40)]
    told = codes_told(codes)
    assert told is not None
    assert len(told) <= LONGEST_CODES
    shown, _, rest = told.partition(" + ")
    assert shown.split(", ") == codes[: 40 - int(rest)]
    assert len(f"{shown}, {codes[40 - int(rest)]} + {int(rest) - 1}") > LONGEST_CODES
    assert codes_told(["A", "B"]) == "A, B"
    assert codes_told(["X" * 90]) == "X" * 90
    assert codes_told([]) is None
