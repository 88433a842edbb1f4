"""A firm's records made up by number: the same every time, valid by our rules, nobody's.

Each function gives the cells of one row of the sheet of its name, by column key.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from stdnum import luhn

from domain.client import ClientType
from domain.identity import french_vat_key

Cells = dict[str, Any]

PHASES_A_PROJECT = 8
DAY = date(2026, 11, 21)

_CLIENTS = (
    "Société d'aménagement de",
    "Commune de",
    "SCI Les Terrasses de",
    "Office de l'habitat de",
    "Syndicat mixte de",
    "Foncière & Patrimoine de",
)
_PLACES = (
    ("01400", "Combremont"),
    ("13099", "L'Étang-aux-Œillets"),
    ("29880", "Plouzelle"),
    ("35790", "Saint-Aubrac"),
    ("44990", "Vertaize-sur-Orne"),
    ("67890", "Hohenmatt"),
    ("73990", "Montclarin"),
    ("85290", "La Chênaie-Vieille"),
)
_WORKS = (
    "Réhabilitation du groupe scolaire",
    "Construction de 24 logements",
    "Extension de la médiathèque",
    "Rénovation énergétique de la mairie",
    "Aménagement de l'îlot",
)
_PHASES = (
    ("ESQ", "Esquisse"),
    ("APS", "Avant-projet sommaire"),
    ("APD", "Avant-projet définitif"),
    ("PRO", "Études de projet"),
    ("ACT", "Assistance aux contrats de travaux"),
    ("VISA", "Visa des études d'exécution"),
    ("DET", "Direction de l'exécution des travaux"),
    ("AOR", "Assistance aux opérations de réception"),
)


def siret(number: int) -> str:
    """The SIRET of the first establishment of a legal unit that does not exist."""
    siren = f"{99_000_000 + number:08d}"
    siren += luhn.calc_check_digit(siren)
    head = f"{siren}0001"
    return head + luhn.calc_check_digit(head)


def client_name(number: int) -> str:
    """No two are alike, not even without punctuation and legal forms."""
    place = _PLACES[number % len(_PLACES)][1]
    return f"{_CLIENTS[number % len(_CLIENTS)]} {place} n° {number}"


def client(number: int) -> Cells:
    postcode, city = _PLACES[number % len(_PLACES)]
    registered = siret(number)
    has_contact = number % 3 > 0
    return {
        "name": client_name(number),
        "code": f"C{number:06d}",
        "billing_address": f"{number % 300 + 1} rue des Tilleuls\n{postcode} {city}",
        "currency": "EUR",
        "country": "FR",
        "vat_number": f"FR{french_vat_key(registered[:9])}{registered[:9]}",
        "client_type": ClientType.PUBLIC if number % 6 == 1 else ClientType.COMPANY,
        "contact_name": "Anaïs Kerléo" if has_contact else None,
        "contact_email": f"compta{number}@client.example" if has_contact else None,
        "language": "fr",
        "payment_days": 30 + 15 * (number % 2),
        "siret": registered,
    }


def project_code(number: int) -> str:
    return f"PRJ-{number:06d}"


def project(number: int, *, clients: int, entity: str) -> Cells:
    """A project of one of the first `clients` clients."""
    postcode, city = _PLACES[number % len(_PLACES)]
    start = DAY - timedelta(days=number % 900)
    return {
        "code": project_code(number),
        "name": f"{_WORKS[number % len(_WORKS)]} {city} {number}",
        "client": client_name(number % clients + 1),
        "entity": entity,
        "country": "FR",
        "address": f"{number % 80 + 1} place de la Halle",
        "postcode": postcode,
        "city": city,
        "currency": "EUR",
        "vat_rate": Decimal(20) if number % 4 else Decimal(10),
        "status": "signed",
        "start_date": start,
        "end_date": start + timedelta(days=700),
    }


def phase(number: int, *, entity: str) -> Cells:
    """One of the eight phases of a project; the first phase is number 1, of project 1."""
    place = (number - 1) % PHASES_A_PROJECT
    code, name = _PHASES[place]
    return {
        "entity": entity,
        "project_code": project_code((number - 1) // PHASES_A_PROJECT + 1),
        "contract": "Mission de base",
        "phase_name": name,
        "phase_code": code,
        "fee": fee(number),
        "line_type": "phase",
        "billing_method": "avancement",
        "currency": "EUR",
        "vat_rate": Decimal(20),
        "position": place + 1,
    }


def fee(number: int) -> Decimal:
    return Decimal(500 + number * 7919 % 90_000) + Decimal("0.50")


def progress(number: int) -> Cells:
    """How far phase `number` is: the two cells that people fill in."""
    return {"progress": Decimal(number * 7 % 101), "as_of": DAY}
