"""QuickBooks IIF: one transaction a document, whose lines take off what it adds (DOMAIN §4.7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from documents.accounting.entry import Buyer, Entry, EntryLine
from documents.accounting.text import amount, figure, guarded, one_line, transliterated
from domain.remembered import remembering

ENCODING = "cp1252"
HEADERS = (
    "!TRNS TRNSID TRNSTYPE DATE ACCNT NAME CLASS AMOUNT DOCNUM MEMO CLEAR TOPRINT NAMEISTAXABLE "
    "ADDR1 ADDR2 ADDR3 ADDR4 ADDR5 DUEDATE TERMS",
    "!SPL SPLID TRNSTYPE DATE ACCNT NAME CLASS AMOUNT DOCNUM MEMO CLEAR QNTY PRICE INVITEM TAXABLE "
    "EXTRA",
    "!ENDTRNS",
)
LONGEST_NUMBER = 11
LONGEST_NAME = 41
_LONGEST_MEMO = 4000
_ADDRESS_LINES = 5


def write(entries: Sequence[Entry]) -> bytes:
    """The file of documents of one currency, in their order. ValueError for several currencies."""
    if len({entry.currency for entry in entries}) > 1:
        raise ValueError("a file for QuickBooks has one currency")
    rows = [header.split(" ") for header in HEADERS]
    for entry in entries:
        rows += _transaction(entry)
    text = "".join("\t".join(row) + "\r\n" for row in rows)
    return text.encode(ENCODING)


def _transaction(entry: Entry) -> Iterable[list[str]]:
    begin = [
        _kind(entry),
        _day(entry.issue_date),
    ]
    number = _number(entry.number)
    yield [
        "TRNS",
        str(entry.key),
        *begin,
        _account(entry, entry.books.receivable_account),
        customer(entry.buyer),
        "",
        amount(entry.sign * entry.gross, entry.currency),
        number,
        _text(_memo(entry), _LONGEST_MEMO),
        "N",
        "N",
        "Y" if entry.vat else "N",
        *_address(entry.buyer),
        "" if entry.is_credit else _day(entry.due_date),
        "",
    ]
    for line in entry.priced:
        yield _split(
            entry,
            begin,
            account=line.account,
            net=line.net,
            memo=line.description,
            more=[
                *_quantity(entry, line),
                _text(line.sku or entry.books.quickbooks_item or "", LONGEST_NAME),
                "Y" if line.rate else "N",
                "",
            ],
        )
    taxes = _taxes(entry)
    # QuickBooks knows one automatic tax a transaction: of several rates each is an ordinary line.
    extra = "AUTOSTAX" if len(taxes) == 1 else ""
    for (account, rate), vat in taxes.items():
        label = f"{figure(rate)}%"
        yield _split(
            entry,
            begin,
            account=account,
            net=vat,
            memo=f"TVA {label}",
            more=["", label, f"TVA {label}", "N", extra],
        )
    yield ["ENDTRNS"]


def _split(
    entry: Entry, begin: Sequence[str], *, account: str, net: int, memo: str, more: Sequence[str]
) -> list[str]:
    return [
        "SPL",
        "",
        *begin,
        _account(entry, account),
        "",
        "",
        amount(-entry.sign * net, entry.currency),
        _number(entry.number),
        _text(memo, _LONGEST_MEMO),
        "N",
        *more,
    ]


def _taxes(entry: Entry) -> dict[tuple[str, Decimal | None], int]:
    """The VAT by account and rate, the highest first; none where it comes to nothing."""
    found: dict[tuple[str, Decimal | None], int] = {}
    for line in sorted(entry.priced, key=lambda line: -(line.rate or 0)):
        found[line.vat_account, line.rate] = found.get((line.vat_account, line.rate), 0) + line.vat
    return {key: vat for key, vat in found.items() if vat}


def _quantity(entry: Entry, line: EntryLine) -> tuple[str, str]:
    """QNTY, negative on an invoice, and PRICE; where they do not make the net, that is one lump."""
    if line.discount or not line.reckons(entry.currency):
        quantity = Decimal(-1 if line.net < 0 else 1)
        return figure(-entry.sign * quantity), amount(abs(line.net), entry.currency)
    return figure(-entry.sign * (line.quantity or Decimal(0))), figure(line.unit_price)


def customer(buyer: Buyer) -> str:
    """The name within 41 characters, by which QuickBooks knows the customer.

    A name that is not written as it stands bears its code: two customers are never one. A colon
    would make a job of a customer.
    """
    plain = transliterated(one_line(buyer.name), ENCODING)
    name = guarded(_clean(plain.replace(":", "-")))
    if len(name) <= LONGEST_NAME and name == buyer.name:
        return name
    code = _clean(transliterated(buyer.code, ENCODING))[:20]
    return f"{name[: LONGEST_NAME - len(code) - 1].rstrip()} {code}"


def _kind(entry: Entry) -> str:
    return "CREDIT MEMO" if entry.is_credit else "INVOICE"


def _account(entry: Entry, account: str) -> str:
    return _text(entry.books.quickbooks_accounts.get(account, account), 160)


def _number(number: str) -> str:
    """Our numbers have 11 characters at most (DOMAIN §2.2), until a series has 100,000."""
    return number if len(number) <= LONGEST_NUMBER else number.replace("-", "")[-LONGEST_NUMBER:]


def _memo(entry: Entry) -> str:
    parts = (entry.project_code, entry.commitment_no, entry.credited_number)
    return " - ".join(part for part in parts if part)


def _address(buyer: Buyer) -> list[str]:
    """The name and four lines; further ones stand in the last."""
    lines = [line for line in (*buyer.address, buyer.country or "") if line.strip()]
    room = _ADDRESS_LINES - 1
    if len(lines) > room:
        lines = [*lines[: room - 1], ", ".join(lines[room - 1 :])]
    written = [_text(line, LONGEST_NAME) for line in (buyer.name, *lines)]
    return written + [""] * (_ADDRESS_LINES - len(written))


def _day(day: date | None) -> str:
    return "" if day is None else f"{day:%m/%d/%Y}"


def _clean(text: str) -> str:
    return one_line(text, without='\t"')


@remembering(65536)
def _text(text: str, longest: int) -> str:
    return guarded(_clean(transliterated(one_line(text), ENCODING)))[:longest].rstrip()
