"""What an electronic invoice says: business terms of EN 16931, from the frozen records alone.

Its words are those of the paper (the picture kept when the document became final), its figures
those of the invoice and its lines, which the law keeps as they are. BT and BG are the terms of
EN 16931; the mapping is that of DOMAIN §4.5.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache

from documents.electronic.reasons import REASONS
from documents.electronic.terms import (
    Allowance,
    Electronic,
    LatePayment,
    Place,
    ToldGroup,
    ToldLine,
    Trader,
)
from documents.picture import InvoicePicture, Party
from documents.picture import LineKind as PaperLine
from documents.portrait import LATE_PAYMENT, NO_DISCOUNT
from domain.client import ClientType
from domain.invoice.credit import groups_of, taxes_as_issued
from domain.invoice.euro import EURO_COUNTRIES
from domain.invoice.finalise import FRANCE, Dossier
from domain.invoice.model import InvoiceLine, LineKind
from domain.invoice.totals import Tax, VatGroup, line_net
from domain.money import from_minor, to_minor
from domain.places import country_codes, country_name
from domain.tax import VatCategory
from words import phrase

RECOVERY_COSTS = "Fixed compensation of €40 for recovery costs in case of late payment."
CREDIT_TERMS = "Credit note: set against what is due, or paid back."

_TOWN = re.compile(r"(?:[A-Z]{1,2}-)?(\d{4,5}) (\S.*)")
"""The line of an address that names the town: "75001 Paris", "B-1000 Bruxelles"."""
_UNITS = frozenset(("C62", "LS", "HUR", "DAY", "MON"))
"""Of UN/ECE Rec 20, those that we know; whatever else was written is one (C62)."""


def electronic_of(dossier: Dossier, picture: InvoicePicture) -> Electronic:
    """The document as programs read it; `picture` is the one that its paper is printed from."""
    invoice = dossier.invoice
    lines, opening = _lines(dossier, _headings(picture))
    project = picture.project
    seller, buyer = _countries(picture, dossier.entity.country)
    professional = _is_between_professionals(dossier, picture, seller)
    return Electronic(
        number=picture.number,
        kind=invoice.kind,
        issue_date=picture.issue_date,
        currency=picture.currency,
        language=picture.language,
        seller=_trader(picture.seller, seller, picture.language),
        buyer=_trader(picture.buyer, buyer, picture.language),
        lines=lines,
        groups=_groups(groups_of(invoice), invoice.currency),
        net=picture.net,
        vat=picture.vat,
        gross=picture.gross,
        terms=_terms(picture),
        takes_deposits=any(line.deducts_id is not None for line in dossier.lines),
        vat_on_debits=picture.vat_on_debits,
        due_date=picture.due_date,
        supply_date=picture.supply_start,
        iban=picture.bank.iban if picture.bank else None,
        bic=picture.bank.bic if picture.bank else None,
        project=(project.code, project.name) if project else None,
        commitment_number=picture.commitment_number,
        service_code=picture.service_code,
        references=picture.references,
        vat_in_euro=_vat_in_euro(picture, seller),
        late_payment=_late_payment(picture) if professional else None,
        is_domestic=professional and buyer in FRANCE,
        notes=tuple(
            text
            for text in (*opening, *_zero_rated(dossier), *picture.mentions, picture.footer_message)
            if text
        ),
    )


def _zero_rated(dossier: Dossier) -> list[str | None]:
    """What is said of a rate of 0 %, which has no reason to bear no VAT (BR-Z-10)."""
    taxes = (group.tax for group in groups_of(dossier.invoice))
    return [tax.mention for tax in taxes if tax.category is VatCategory.ZERO]


def _terms(picture: InvoicePicture) -> str:
    """BT-20: of a credit note, which nobody pays, what becomes of it (BR-CO-25)."""
    return picture.terms[0] if picture.terms else phrase(CREDIT_TERMS, picture.language)


def _vat_in_euro(picture: InvoicePicture, country: str) -> Decimal | None:
    """BT-111: papers tell none where there is no VAT; BR-FR-CO-12 wants that in euros, too."""
    if picture.vat_in_eur is not None:
        return picture.vat_in_eur.amount
    owed = country in EURO_COUNTRIES and picture.currency != "EUR"
    return Decimal("0.00") if owed and not picture.vat else None


def _late_payment(picture: InvoicePicture) -> LatePayment:
    """The notes between professionals in France: in the words of the paper, where it has them."""
    language = picture.language
    usual = (phrase(NO_DISCOUNT, language), phrase(LATE_PAYMENT, language))
    discount, penalties = picture.terms[1:3] if len(picture.terms) == 3 else usual
    costs = phrase(RECOVERY_COSTS, language)
    return LatePayment(recovery_costs=costs, penalties=penalties, discount=discount)


def _is_between_professionals(dossier: Dossier, picture: InvoicePicture, seller: str) -> bool:
    """As the frozen terms have it; of what nobody pays, as the client is today."""
    if picture.terms:
        return len(picture.terms) == 3
    return seller in FRANCE and dossier.client.client_type is not ClientType.INDIVIDUAL


def _countries(picture: InvoicePicture, country: str) -> tuple[str, str]:
    """Of seller and buyer: those that end both addresses where the letter crossed a border.

    Else both are where the entity is, whatever country the client has today.
    """
    named = _by_name(picture.language)
    seller, buyer = (
        named.get(party.address[-1]) if party.address else None
        for party in (picture.seller, picture.buyer)
    )
    return (seller, buyer) if seller and buyer and seller != buyer else (country, country)


@cache
def _by_name(language: str) -> Mapping[str, str]:
    """Countries as they end an address."""
    return {country_name(code, language).upper(): code for code in country_codes()}


def _trader(party: Party, country: str, language: str) -> Trader:
    lines = party.address
    if lines and lines[-1] == country_name(country, language).upper():
        lines = lines[:-1]
    siren = party.siren or (party.siret[:9] if party.siret else None)
    return Trader(
        name=party.name,
        place=_place(lines, country),
        siren=siren,
        # One that is not of the firm with that SIREN is refused with the invoice (BR-FR-09).
        siret=party.siret if party.siret and party.siret[:9] == siren else None,
        vat_number=_with_country(party.vat_number),
        legal=", ".join(party.legal) or None,
        email=party.email,
        phone=party.phone,
    )


def _with_country(number: str | None) -> str | None:
    """A number for VAT that names its country (BR-CO-09); Greece writes EL. None for another."""
    return number if number and number[:2] in _vat_countries() else None


@cache
def _vat_countries() -> frozenset[str]:
    return country_codes() - {"XK"} | {"EL", "XI"}


def _place(lines: tuple[str, ...], country: str) -> Place:
    town = _TOWN.fullmatch(lines[-1]) if lines else None
    if town and country in FRANCE and len(town[1]) < 5:
        # "1250 route de Lyon, 69000 Lyon", told in one line.
        town = None
    street = lines[:-1] if town else lines
    if len(street) > 3:
        street = (*street[:2], ", ".join(street[2:]))
    return Place(
        lines=street,
        country=country,
        postcode=town[1] if town else None,
        town=town[2] if town else None,
    )


def _groups(groups: Sequence[VatGroup], currency: str) -> tuple[ToldGroup, ...]:
    """One of each category and rate (BR-S-08, BR-E-01): several reasons stand in one text."""
    alike: dict[tuple[VatCategory, Decimal], list[VatGroup]] = {}
    for one in groups:
        alike.setdefault((one.tax.category, one.tax.rate), []).append(one)
    return tuple(_together(some, currency) for some in alike.values())


def _together(some: Sequence[VatGroup], currency: str) -> ToldGroup:
    reasons = dict.fromkeys(one.tax.mention for one in some if one.tax.mention)
    codes = {one.tax.reason_code for one in some}
    # Codes are of a closed list: one that is not on it goes unsaid, the mention says it.
    code = codes.pop() if len(codes) == 1 and codes <= REASONS else None
    tax = replace(some[0].tax, mention="; ".join(reasons) or None, reason_code=code)
    base, vat = (sum(getattr(one, name) for one in some) for name in ("base", "vat"))
    return ToldGroup(tax=tax, base=from_minor(base, currency), vat=from_minor(vat, currency))


def _lines(
    dossier: Dossier, headings: Mapping[int, str]
) -> tuple[tuple[ToldLine, ...], tuple[str, ...]]:
    """The lines with figures, and the texts before the first of them.

    A text is a note of the line above it: EN 16931 knows no line without an amount.
    """
    codes = {
        key: Tax(code.rate, code.category, code.reason_code, code.mention)
        for key, code in dossier.tax_codes.items()
    }
    taxes = taxes_as_issued(dossier.invoice, codes)
    told: list[ToldLine] = []
    opening: list[str] = []
    for line in dossier.lines:
        if line.kind is LineKind.TEXT:
            text = "\n".join(one for one in (line.description, line.detail) if one)
            if told:
                told[-1] = replace(told[-1], notes=(*told[-1].notes, text))
            else:
                opening.append(text)
        else:
            told.append(_line(line, taxes[line.tax_code_id or 0], headings.get(line.position)))
    return tuple(told), tuple(opening)


def _headings(picture: InvoicePicture) -> dict[int, str]:
    """By position of a line, the project that the paper names above it (B26)."""
    told: dict[int, str] = {}
    heading: str | None = None
    for line in picture.lines:
        match line.kind:
            case PaperLine.HEADING:
                heading = line.description
            case PaperLine.SUBTOTAL:
                heading = None
            case _ if heading:
                told[line.position] = heading
    return told


def _line(line: InvoiceLine, tax: Tax, heading: str | None) -> ToldLine:
    if line.quantity is None or line.unit_price is None:
        raise ValueError(f"line {line.position} has no quantity or no price")
    net = from_minor(line.net_minor, line.currency)
    name, _, rest = line.description.strip().partition("\n")
    told = ToldLine(
        number=line.position,
        name=name,
        detail="\n".join(one for one in (rest.strip(), line.detail) if one) or None,
        quantity=line.quantity,
        unit=line.unit if line.unit in _UNITS else "C62",
        price=line.unit_price,
        net=net,
        tax=tax,
        notes=(heading,) if heading else (),
        sku=line.sku,
        period=(line.period_start, line.period_end or line.period_start)
        if line.period_start
        else None,
    )
    return _reckoned(told, line)


def _reckoned(told: ToldLine, line: InvoiceLine) -> ToldLine:
    """The line as its net can be reckoned: what has no such price is one lump of its net."""
    currency, discount = line.currency, line.discount or Decimal(0)
    reckoned = line_net(
        quantity=told.quantity, unit_price=told.price, currency=currency, discount=discount
    )
    full = from_minor(to_minor(told.quantity * told.price, currency), currency)
    if reckoned != line.net_minor or (discount and full < 0):
        sign = Decimal(-1 if told.net < 0 else 1)
        return replace(told, quantity=sign, unit="LS", price=abs(told.net))
    if told.price < 0:
        told = replace(told, quantity=-told.quantity, price=-told.price)
    if not discount:
        return told
    return replace(told, allowance=Allowance(discount, full - told.net))
