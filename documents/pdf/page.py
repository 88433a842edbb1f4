"""What a paper says around its table: title, strip of facts, totals, mentions, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial

from documents import figures
from documents.picture import (
    InvoicePicture,
    Line,
    OperationCategory,
    PaperKind,
    Recap,
    RecapRow,
    Reference,
)
from domain.money import decimals_of, rounded
from words import LANGUAGES, phrase

FACTS_A_ROW = 4
BESIDE_TOTALS = 400
"""Characters of mentions that fit beside the totals without making them taller."""

_TITLES = {
    PaperKind.PROFORMA: "PRO FORMA",
    PaperKind.INVOICE: "Invoice",
    PaperKind.CREDIT_NOTE: "Credit note",
    PaperKind.DEPOSIT: "Deposit invoice",
}
_LAST_TOTALS = {
    PaperKind.PROFORMA: "Estimated total",
    PaperKind.INVOICE: "Net due",
    PaperKind.CREDIT_NOTE: "Net credited to you",
    PaperKind.DEPOSIT: "Net due",
}
_CATEGORIES = {
    OperationCategory.GOODS: "Operation category: supply of goods.",
    OperationCategory.SERVICES: "Operation category: supply of services.",
    OperationCategory.MIXED: "Operation category: supply of goods and services.",
}
_OTHER_SENTENCES = (
    "This is not an invoice",
    "Issue date",
    "Due date",
    "Date of supply",
    "Period of supply",
    "{start} – {end}",
    "Client code",
    "Client SIREN",
    "Client SIRET",
    "Client VAT number",
    "Commitment no.",
    "Department code",
    "Corrects invoice {number}[[ of {day}]].",
    "Deposit invoice {number}[[ of {day}]].",
    "Total excl. VAT",
    "VAT {label}",
    "on {base}",
    "Total incl. VAT",
    "VAT in euros",
    "{rate} EUR for 1 {currency}, {source}, {day}",
    "VAT paid on debits.",
    "Discount of {percent} on {amount}",
    "From {start} to {end}",
    "Takes off deposit invoice {number}[[ of {day}]]",
    "Situation no. {number}",
    "Situation no. {number} – {contract}",
    "Phase",
    "Contract",
    "To date",
    "Before",
    "This invoice",
    "Remaining",
    "Total",
    "SIREN {number}",
    "SIRET {number}",
    "VAT no. {number}",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One label and its value in the strip below the title."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Total:
    """One row of the totals: its label, what it was taken on, its amount, a remark below."""

    label: str
    amount: str
    on: str = ""
    remark: str = ""
    is_last: bool = False


def sentences() -> tuple[str, ...]:
    """Every English sentence of this module, so that a test can ask for the French."""
    tables = (_TITLES.values(), _LAST_TOTALS.values(), _CATEGORIES.values())
    return tuple(dict.fromkeys(one for table in tables for one in table)) + _OTHER_SENTENCES


_NUMBERS = re.compile(r"\d+")


def _names(detail: str | None, start: date, end: date) -> bool:
    """Whether a detail says the period already, as that of a retainer does when it is drawn.

    In whatever language: a line keeps its words when the language of its invoice changes.
    """
    told = (detail or "").casefold()
    # Most name no day: the words of another language are not looked up for them.
    if not {f"{start:%Y}", f"{end:%Y}"} <= set(_NUMBERS.findall(told)):
        return False
    return any(
        phrase("From {start} to {end}", language, start=write(start), end=write(end)).casefold()
        in told
        for language in LANGUAGES
        for write in (figures.short_day, partial(figures.day, language=language))
    )


@dataclass(frozen=True, slots=True)
class Page:
    """The words around one picture."""

    picture: InvoicePicture

    def say(self, sentence: str, **values: object) -> str:
        return phrase(sentence, self.picture.language, **values)

    @property
    def title(self) -> str:
        return self.say(_TITLES[self.picture.kind])

    @property
    def warning(self) -> str:
        return self.say("This is not an invoice") if self.picture.is_pro_forma else ""

    def references(self) -> list[str]:
        """The invoices a credit note corrects, or the deposits an invoice takes into account."""
        sentence = (
            "Corrects invoice {number}[[ of {day}]]."
            if self.picture.kind is PaperKind.CREDIT_NOTE
            else "Deposit invoice {number}[[ of {day}]]."
        )
        return [self._reference(sentence, one) for one in self.picture.references]

    def situation(self) -> str:
        """ "Situation no. 3" below the title, where the invoice is one of a single contract."""
        recaps = self.picture.recaps
        if len(recaps) != 1 or self.picture.project is None:
            return ""
        return self.say("Situation no. {number}", number=recaps[0].number)

    def recap_title(self, recap: Recap) -> str:
        sentence = "Situation no. {number} – {contract}"
        return self.say(sentence, number=recap.number, contract=recap.contract)

    def recap_cells(self, row: RecapRow) -> list[str]:
        """The figures of a phase: contract, to date, in percent, before, now, remaining."""
        language = self.picture.language
        percent = "–" if row.percent is None else figures.rate(row.percent, language)
        amounts = (row.before, row.now, row.remaining)
        return [
            self.amount(row.amount),
            self.amount(row.cumulative),
            percent,
            *map(self.amount, amounts),
        ]

    def remarks(self, line: Line) -> list[str]:
        """What stands below a line: its detail, period, discount, the deposit it takes off."""
        said = [line.detail] if line.detail else []
        start, end = line.period_start or line.period_end, line.period_end or line.period_start
        if start is not None and end is not None and not _names(line.detail, start, end):
            days = {"start": figures.short_day(start), "end": figures.short_day(end)}
            said.append(self.say("From {start} to {end}", **days))
        if line.discount and line.quantity is not None and line.unit_price is not None:
            full = rounded(line.quantity * line.unit_price, decimals_of(self.picture.currency))
            percent = figures.rate(line.discount, self.picture.language)
            sentence = "Discount of {percent} on {amount}"
            said.append(self.say(sentence, percent=percent, amount=self.money(full)))
        if line.deducts is not None and line.deducts.number not in line.description:
            sentence = "Takes off deposit invoice {number}[[ of {day}]]"
            said.append(self._reference(sentence, line.deducts))
        return said

    def fact_rows(self) -> list[list[Fact]]:
        """The strip of facts, row by row; dates come first."""
        facts = [*self._dates(), *self._client_facts()]
        return [facts[at : at + FACTS_A_ROW] for at in range(0, len(facts), FACTS_A_ROW)]

    def totals(self) -> Iterator[Total]:
        """Net, VAT by rate, gross, what comes off it, and what is left."""
        picture = self.picture
        yield Total(self.say("Total excl. VAT"), self.money(picture.net))
        for group in picture.groups:
            yield Total(
                self._rate(group.label),
                self.money(group.vat),
                on=self.say("on {base}", base=self.money(group.base)),
                remark=group.mention or "",
            )
        if picture.deductions:
            yield Total(self.say("Total incl. VAT"), self.money(picture.gross))
        for taken in picture.deductions:
            yield Total(taken.label, self.money(-taken.amount))
        yield self._last_total()

    def vat_in_euros(self) -> Total | None:
        """The VAT of a foreign currency, in euros, with the rate, its source and its day."""
        stated = self.picture.vat_in_eur
        if stated is None:
            return None
        remark = self.say(
            "{rate} EUR for 1 {currency}, {source}, {day}",
            rate=figures.plain(stated.rate, self.picture.language, most=10),
            currency=self.picture.currency,
            source=stated.source,
            day=figures.day(stated.day, self.picture.language),
        )
        return Total(
            self.say("VAT in euros"),
            figures.money(stated.amount, "EUR", self.picture.language),
            remark=remark,
        )

    def mentions(self) -> list[str]:
        """The mentions of the operation, then those of the picture."""
        picture = self.picture
        said = [_CATEGORIES[picture.operation_category]] if picture.operation_category else []
        if picture.vat_on_debits:
            said.append("VAT paid on debits.")
        return [*(self.say(sentence) for sentence in said), *picture.mentions]

    def has_room_beside_totals(self) -> bool:
        """Whether the mentions are short enough for the narrow column left of the totals."""
        return sum(map(len, self.mentions())) <= BESIDE_TOTALS

    def identity(self) -> list[list[str]]:
        """What the law wants of a seller (R123-237, R123-238), on the two lines of the foot."""
        seller = self.picture.seller
        number = seller.siret or seller.siren
        sentence = "SIRET {number}" if seller.siret else "SIREN {number}"
        numbers = list(seller.legal[1:])
        if number:
            numbers.append(self.say(sentence, number=figures.registration(number)))
        if seller.vat_number:
            number = figures.vat_number(seller.vat_number)
            # A Swiss number may say itself what it is: CHE-123.456.789 TVA.
            says_so = number.endswith(("TVA", "MWST", "IVA"))
            numbers.append(number if says_so else self.say("VAT no. {number}", number=number))
        return [line for line in ([seller.name, *seller.legal[:1]], numbers) if line]

    def project_details(self) -> str:
        """The contract and the address of the building, on one line."""
        project = self.picture.project
        if project is None:
            return ""
        return " · ".join(filter(None, (project.contract, ", ".join(project.address))))

    def money(self, value: Decimal) -> str:
        return figures.money(value, self.picture.currency, self.picture.language)

    def amount(self, value: Decimal) -> str:
        return figures.amount(value, self.picture.currency, self.picture.language)

    def price(self, value: Decimal) -> str:
        return figures.unit_price(value, self.picture.currency, self.picture.language)

    def quantity(self, value: Decimal) -> str:
        return figures.quantity(value, self.picture.language)

    def _rate(self, label: str) -> str:
        """ "TVA 20 %"; an exemption ("Exonéré") speaks for itself."""
        return self.say("VAT {label}", label=label) if label[:1].isdigit() else label

    def _last_total(self) -> Total:
        picture = self.picture
        label = _LAST_TOTALS[picture.kind]
        return Total(self.say(label), self.money(picture.net_due), is_last=True)

    def _reference(self, sentence: str, one: Reference) -> str:
        known = one.issue_date
        day = figures.day(known, self.picture.language) if known else ""
        return self.say(sentence, number=one.number, day=day)

    def _dates(self) -> Iterator[Fact]:
        picture, language = self.picture, self.picture.language
        yield Fact(self.say("Issue date"), figures.day(picture.issue_date, language))
        if picture.due_date:
            yield Fact(self.say("Due date"), figures.day(picture.due_date, language))
        start = picture.supply_start or picture.supply_end
        end = picture.supply_end or picture.supply_start
        if start is None or end is None:
            return
        if start == end:
            yield Fact(self.say("Date of supply"), figures.day(start, language))
            return
        span = self.say(
            "{start} – {end}", start=figures.short_day(start), end=figures.short_day(end)
        )
        yield Fact(self.say("Period of supply"), span)

    def _client_facts(self) -> Iterator[Fact]:
        picture, buyer = self.picture, self.picture.buyer
        number = buyer.siret or buyer.siren
        siren_or_siret = "Client SIRET" if buyer.siret else "Client SIREN"
        stated = (
            ("Client code", buyer.code),
            (siren_or_siret, figures.registration(number) if number else None),
            (
                "Client VAT number",
                figures.vat_number(buyer.vat_number) if buyer.vat_number else None,
            ),
            ("Commitment no.", picture.commitment_number),
            ("Department code", picture.service_code),
        )
        for label, value in stated:
            if value:
                yield Fact(self.say(label), value)
