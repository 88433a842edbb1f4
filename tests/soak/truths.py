"""What a firm means to hand in: rows of known values, and the kinds their cells are spoilt by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from stdnum import luhn

from tests.soak import kinds, words
from tests.soak.kinds import Kind

Meant = dict[str, tuple[Any, Kind]]
"""A row: the value and the kind of each filled cell, by letter."""

PLACES = ("Saint-Aubrac", "L'Étang-aux-Œillets", "Plouzelle", "Vertaize-sur-Orne", "La Chênaie")
WORKS = ("Réhabilitation du marché", "Extension d'école", "Rénovation énergétique", "Îlot & halle")
PEOPLE = ("Anaïs Kerléo", "Loïc Orval-Dumas", "Zoé d'Armentière", "Mélanie Marchetti")
ENTITIES = {"RIV-PAR": "Atelier Rivage Architectes", "RIV-LYO": "Rivage Ingénierie & Économie"}
RATES = {"BE": ("21", "6"), "CH": ("8.1", "2.6"), "FR": ("20", "10", "5.5", "8.5")}
PHASES = ("ESQ", "APS", "APD", "PRO", "ACT", "VISA", "DET", "AOR")


@dataclass
class Firm:
    """What was taken in so far: what later files may refer to."""

    rng: Random
    clients: dict[str, Any] = field(default_factory=dict)
    projects: list[dict[str, Any]] = field(default_factory=list)
    phases: list[dict[str, Any]] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    made: int = 0

    def next(self) -> int:
        self.made += 1
        return self.made

    def maybe(self, share: float = 0.8) -> bool:
        return self.rng.random() < share

    def day(self) -> date:
        return date(2016, 1, 1) + timedelta(days=self.rng.randrange(3_800))

    def amount(self, currency: str, *, signed: bool = False) -> Decimal:
        top = self.rng.choice((2_000, 90_000, 900_000, 30_000_000))
        minor = self.rng.randrange(1, top)
        if self.maybe(0.35):
            minor -= minor % 100_000 if minor > 100_000 else minor % 100
        value = Decimal(max(minor, 100)).scaleb(-3 if currency == "TND" else -2)
        return -value if signed and self.maybe(0.3) else value

    def siret(self) -> str:
        lead = self.rng.choice(("0", "3", "5", "8"))
        siren = lead + f"{self.rng.randrange(10**7):07d}"
        siren += luhn.calc_check_digit(siren)
        head = f"{siren}{self.rng.randrange(1, 300):05d}"[:13]
        return head + luhn.calc_check_digit(head)

    def words(self) -> str:
        tail = self.rng.choice(("à revoir", "n° 12", "(bât. B)", "dépôt 2024", "réf. 00417"))
        return f"{self.rng.choice(PLACES)} {tail}"


def _vat(siret: str) -> str:
    siren = siret[:9]
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def _kept(firm: Firm, meant: Mapping[str, tuple[Any, Kind]], always: str) -> Meant:
    """The row with some of its cells left empty, never those of `always`."""
    return {at: cell for at, cell in meant.items() if at in always or firm.maybe()}


def client(firm: Firm) -> Meant:
    number, siret = firm.next(), firm.siret()
    name = (
        f"{firm.rng.choice(('SCI', 'Commune de', 'Foncière'))} {firm.rng.choice(PLACES)} {number}"
    )
    vat = "NA" if firm.maybe(0.2) else _vat(siret)
    address = f"{number} rue des Tilleuls\nBâtiment {number % 7}\n0{number % 10}100 Plouzelle"
    currency = "EUR" if firm.maybe() else "CHF"
    cells: Meant = {
        "B": (name, kinds.KEY_NAME),
        "C": (f"CLI-{number:05d}", kinds.KEY_CODE),
        "D": (address, kinds.ADDRESS),
        "E": (currency, kinds.CURRENCY),
        "F": ("FR", kinds.COUNTRY),
        "G": (vat, kinds.VAT),
        "H": (firm.rng.choice(("COMPANY", "PUBLIC", "ASSOCIATION")), kinds.CLIENT_TYPE),
        "I": (firm.rng.choice(PEOPLE), kinds.NAME),
        "J": (f"compta{number}@client.example", kinds.EMAIL),
        "K": (f"+33 1 44 00 {number % 90 + 10} 22", kinds.TEXT),
        "L": (firm.rng.choice(("fr", "en")), kinds.LANGUAGE),
        "M": (firm.rng.randrange(91), kinds.WHOLE),
        "N": (siret, kinds.SIRET),
        "O": (f"411{number:05d}", kinds.CODE),
        "P": (f"SERV-{number}", kinds.TEXT),
        "Q": (firm.words(), kinds.LONG_TEXT),
    }
    return _kept(firm, cells, "BCDEG")


def project(firm: Firm) -> Meant:
    number = firm.next()
    chosen = firm.rng.choice(sorted(firm.clients))
    names = firm.clients[chosen]
    country = firm.rng.choice(sorted(RATES))
    currency = firm.rng.choice(("EUR", "EUR", "EUR", "CHF", "TND"))
    start = firm.day()
    of_client = kinds.reference(
        lambda code: (code, code.lower(), names, names.upper(), names.replace("'", "’")),
        words.nearly_by_its(lambda code: names),
    )
    entity = kinds.reference(lambda code: (code, ENTITIES[code], ENTITIES[code].replace("&", "et")))
    cells: Meant = {
        "B": (f"PRJ-{number:05d}", kinds.KEY_CODE),
        "C": (f"{firm.rng.choice(WORKS)} {firm.rng.choice(PLACES)} {number}", kinds.NAME),
        "D": (chosen, of_client),
        "E": (firm.rng.choice(sorted(ENTITIES)), entity),
        "F": (country, kinds.COUNTRY),
        "G": (f"{number} quai Neuf\nEscalier C", kinds.ADDRESS),
        "H": (f"0{firm.rng.randrange(1000, 9999)}", kinds.TEXT),
        "I": (firm.rng.choice(PLACES), kinds.NAME),
        "J": (currency, kinds.CURRENCY),
        "K": (Decimal(firm.rng.choice(RATES[country])), kinds.RATE),
        "M": (firm.rng.choice(("SIGNED", "SIGNED", "COMMERCIAL")), kinds.STATUS),
        "N": (f"chef{number}@atelier.example", kinds.EMAIL),
        "O": (start, kinds.DAY),
        "P": (start + timedelta(days=firm.rng.randrange(900)), kinds.DAY),
        "Q": (f"ENG-{number:04d}", kinds.TEXT),
        "R": (firm.amount(currency), kinds.money(currency)),
        "S": (Decimal(firm.rng.randrange(100, 900_000)).scaleb(-2), kinds.NUMBER),
        "T": ("logement, réhabilitation", kinds.TEXT),
    }
    return _kept(firm, cells, "BCDEFJKM")


def phase(firm: Firm) -> Meant:
    number = firm.next()
    of = firm.rng.choice(firm.projects)
    currency = of["J"]
    line = "PHASE" if firm.maybe() else "ANNEX"
    fee = firm.amount(currency, signed=line == "ANNEX")
    start = firm.day()
    entity = kinds.reference(lambda code: (code, ENTITIES[code], ENTITIES[code].upper()))
    coded = kinds.reference(lambda code: (code, code.lower()))
    cells: Meant = {
        "A": (of["E"], entity),
        "B": (of["B"], coded),
        "C": (f"Mission {of['B'][-1]}", kinds.KEY_NAME),
        "D": (f"Étude {firm.rng.choice(PHASES)} {number}", kinds.NAME),
        "E": (f"{firm.rng.choice(PHASES)}-{number}", kinds.KEY_CODE),
        "F": (fee, kinds.money(currency)),
        "G": (line, kinds.LINE_TYPE),
        "H": ("FIXED_FEE_PROGRESS", kinds.METHOD),
        "I": (currency, kinds.CURRENCY),
        "J": (Decimal(firm.rng.choice(RATES[of["F"]])), kinds.RATE),
        "K": (start, kinds.DAY),
        "L": (start + timedelta(days=firm.rng.randrange(900)), kinds.DAY),
        "M": (firm.rng.randrange(90_000), kinds.WHOLE),
        "N": (f"706{number % 900 + 100}", kinds.CODE),
        "O": (f"HON-{number}", kinds.CODE),
        "P": (firm.amount(currency), kinds.money(currency)),
        "Q": (Decimal(firm.rng.randrange(1, 4000)) / 4, kinds.HOURS),
    }
    return _kept(firm, cells, "ABCDEFG")


def collaborator(firm: Firm) -> Meant:
    number = firm.next()
    start = firm.day()
    first, _, last = firm.rng.choice(PEOPLE).partition(" ")
    entity = kinds.reference(lambda code: (code, code.lower(), ENTITIES[code]))
    roles = ("COLLABORATOR", "PROJECT_MANAGER", "ACCOUNTANT", "ADMINISTRATOR")
    cells: Meant = {
        "B": (first, kinds.NAME),
        "C": (f"{last} {number}", kinds.NAME),
        "D": (f"personne{number}@atelier.example", kinds.MAIN_EMAIL),
        "E": (firm.rng.choice(sorted(ENTITIES)), entity),
        "F": ("Architecte diplômée", kinds.TEXT),
        "G": (firm.rng.choice(roles), kinds.ROLE),
        "H": (start, kinds.DAY),
        "I": (start + timedelta(days=firm.rng.randrange(2_000)), kinds.DAY),
        "J": (firm.amount("EUR"), kinds.money("EUR")),
        "K": (firm.amount("EUR"), kinds.money("EUR")),
        "L": (Decimal(firm.rng.randrange(4, 240)) / 4, kinds.HOURS),
        "M": (f"M{number:05d}", kinds.KEY_CODE),
        "N": (firm.maybe(), kinds.YES_NO),
        "O": (f"06 12 34 {number % 90 + 10} 78", kinds.TEXT),
    }
    return _kept(firm, cells, "BCD")


def _of_phase(firm: Firm) -> tuple[dict[str, Any], Meant]:
    """A phase, and the reference columns that name it."""
    of = firm.rng.choice(firm.phases)
    coded = kinds.reference(lambda code: (code,))
    cells: Meant = {
        "C": (of["B"], coded),
        "E": (of["C"], coded),
        "F": (of["E"], coded),
    }
    return of, cells


def progress(firm: Firm) -> Meant:
    _, cells = _of_phase(firm)
    value = Decimal(firm.rng.randrange(200, 10_001)).scaleb(-2)
    cells |= {
        "K": (value, kinds.PERCENT),
        "L": (firm.day(), kinds.DAY),
        "M": (f"{firm.words()} {firm.next()}", kinds.LONG_TEXT),
    }
    return _kept(firm, cells, "CEFKL")


def history(firm: Firm) -> Meant:
    of, cells = _of_phase(firm)
    currency, number = of["I"], firm.next()
    amount = firm.amount(currency, signed=True)
    gross = kinds.money(currency, is_gross=True)
    cells |= {
        "J": (currency, kinds.CURRENCY),
        "K": (amount, kinds.money(currency)),
        "L": (firm.day(), kinds.DAY),
        "M": (f"2024-{number:05d}", kinds.TEXT),
        "N": (Decimal(firm.rng.choice(RATES[of["F"]])), kinds.RATE),
        "O": (firm.amount(currency, signed=True), gross),
        "P": (firm.amount(currency, signed=True), gross),
        "Q": (f"{firm.words()} {number}", kinds.LONG_TEXT),
    }
    return _kept(firm, cells, "CEFKLM")


def adjustment(firm: Firm) -> Meant:
    of, cells = _of_phase(firm)
    cells |= {
        "K": (firm.amount(of["I"], signed=True), kinds.money(of["I"])),
        "L": (firm.day(), kinds.DAY),
        "M": (f"{firm.words()} {firm.next()}", kinds.LONG_TEXT),
        "N": (firm.rng.choice(("BILLED", "FEE", "COST")), kinds.ADJUSTMENT_KIND),
        "O": (firm.words(), kinds.LONG_TEXT),
    }
    return _kept(firm, cells, "CEFKLMN")


def time_entry(firm: Firm) -> Meant:
    of = firm.rng.choice(firm.phases)
    named = kinds.reference(lambda code: (code, code.lower(), code.upper()))
    cells: Meant = {
        "B": (firm.day(), kinds.DAY),
        "C": (firm.rng.choice(firm.people), named),
        "D": (of["B"], named),
        "E": (of["C"], named),
        "F": (of["E"], named),
        "G": (Decimal(firm.rng.randrange(1, 96)) / 4, kinds.HOURS),
        "H": (firm.maybe(), kinds.YES_NO),
        "I": (firm.maybe(), kinds.YES_NO),
        "J": (f"T-{firm.next():06d}", kinds.TEXT),
        "K": (firm.words(), kinds.LONG_TEXT),
    }
    return _kept(firm, cells, "BCDEFGJ")


def fusion(firm: Firm) -> Meant:
    number = firm.next()
    name = f"Brasserie {firm.rng.choice(PLACES)} {number}"
    cells: Meant = {
        "A": (f"F{number:05d}", kinds.KEY_CODE),
        "B": (name, kinds.KEY_NAME),
        "C": (_vat(firm.siret()), kinds.VAT),
        "D": (f"SIEGE{number}", kinds.KEY_CODE),
        "E": ("Siège d'été", kinds.NAME),
        "F": (f"{number} place du Moulin", kinds.TEXT),
        "G": (firm.rng.choice(PLACES), kinds.NAME),
        "H": (f"0{firm.rng.randrange(1000, 9999)}", kinds.TEXT),
        "I": ("Bourgogne-Franche-Comté", kinds.TEXT),
        "J": ("FR", kinds.COUNTRY2),
        "K": (firm.maybe(), kinds.YES_NO),
        "L": (f"{firm.rng.choice(PEOPLE)} {number}", kinds.KEY_NAME),
        "M": (f"+33 3 97 64 90 {number % 90 + 10}", kinds.TEXT),
        "N": (f"contact{number}@client.example", kinds.EMAIL),
        "O": (firm.maybe(), kinds.YES_NO),
    }
    return _kept(firm, cells, "ABDFGHL")


SHEETS: dict[str, Callable[[Firm], Meant]] = {
    "clients": client,
    "projects": project,
    "phases": phase,
    "collaborators": collaborator,
    "progress": progress,
    "history": history,
    "adjustments": adjustment,
    "time_entries": time_entry,
    "clients_fusion": fusion,
}
"""The nine layouts, in an order that they may come in."""
