"""Workbooks as people make them: the contract's columns by letter, templates filled and altered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from openpyxl import Workbook, load_workbook

from tests.support.api import ApiClient
from tests.support.documents import TEMPLATE

_BLANK_ROW = re.compile(rb'<row r="(?!2")\d+"[^>]*>(?:<c r="[A-Z]+\d+" s="\d+"/>)+</row>')

Cells = Mapping[str, str | int | float | Decimal | date | bool | None]
"""A row by the letters of its columns."""

TITLES: dict[str, dict[str, str]] = {
    "clients": {
        "A": "Réf. système",
        "B": "Nom du client",
        "C": "Code client",
        "D": "Adresse de facturation",
        "E": "Devise",
        "F": "Pays",
        "G": "N° TVA intracommunautaire",
        "H": "Type de client",
        "I": "Contact",
        "J": "E-mail du contact",
        "K": "Téléphone du contact",
        "L": "Langue",
        "M": "Délai de paiement (jours)",
        "N": "SIRET",
        "O": "Compte comptable",
        "P": "Code service",
        "Q": "Commentaire",
    },
    "projects": {
        "A": "Réf. système",
        "B": "Code projet",
        "C": "Nom du projet",
        "D": "Client de facturation",
        "E": "Entité",
        "F": "Pays",
        "G": "Adresse du projet",
        "H": "Code postal",
        "I": "Ville",
        "J": "Devise",
        "K": "Taux de TVA",
        "L": "Motif d'exonération",
        "M": "Statut",
        "N": "Chef de projet (e-mail)",
        "O": "Date de début",
        "P": "Date de fin",
        "Q": "N° d'engagement",
        "R": "Montant des travaux HT",
        "S": "Surface (m²)",
        "T": "Étiquettes",
    },
    "phases": {
        "A": "Entité",
        "B": "Code projet",
        "C": "Projet d'honoraires",
        "D": "Nom de la phase",
        "E": "Code de la phase",
        "F": "Montant des honoraires HT",
        "G": "Type de ligne",
        "H": "Mode de facturation",
        "I": "Devise",
        "J": "Taux de TVA",
        "K": "Date de début",
        "L": "Date de fin",
        "M": "Ordre",
        "N": "Compte comptable",
        "O": "Code produit",
        "P": "Taux horaire HT",
        "Q": "Heures",
        "R": "Périodicité",
        "S": "Phase de rattachement",
        "T": "Réf. système",
    },
    "collaborators": {
        "A": "Réf. système",
        "B": "Prénom",
        "C": "Nom",
        "D": "E-mail",
        "E": "Entité",
        "F": "Fonction",
        "G": "Rôle",
        "H": "Date d'entrée",
        "I": "Date de sortie",
        "J": "Taux horaire facturable HT",
        "K": "Coût horaire",
        "L": "Heures par semaine",
        "M": "Matricule",
        "N": "Actif",
        "O": "Téléphone",
    },
    "progress": {
        "A": "Réf. système",
        "B": "Entité",
        "C": "Code projet",
        "D": "Nom du projet",
        "E": "Projet d'honoraires",
        "F": "Code de la phase",
        "G": "Nom de la phase",
        "H": "Type de ligne",
        "I": "Montant des honoraires HT",
        "J": "Devise",
        "K": "Avancement (%)",
        "L": "Date d'arrêté",
        "M": "Commentaire",
    },
    "history": {
        "A": "Réf. système",
        "B": "Entité",
        "C": "Code projet",
        "D": "Nom du projet",
        "E": "Projet d'honoraires",
        "F": "Code de la phase",
        "G": "Nom de la phase",
        "H": "Type de ligne",
        "I": "Montant des honoraires HT",
        "J": "Devise",
        "K": "Montant facturé HT",
        "L": "Date de facture",
        "M": "N° de facture",
        "N": "Taux de TVA",
        "O": "Montant TTC",
        "P": "Montant encaissé TTC",
        "Q": "Commentaire",
    },
    "adjustments": {
        "A": "Réf. système",
        "B": "Entité",
        "C": "Code projet",
        "D": "Nom du projet",
        "E": "Projet d'honoraires",
        "F": "Code de la phase",
        "G": "Nom de la phase",
        "H": "Type de ligne",
        "I": "Montant des honoraires HT",
        "J": "Devise",
        "K": "Ajustement",
        "L": "Date",
        "M": "Motif",
        "N": "Nature",
        "O": "Commentaire",
    },
    "time_entries": {
        "A": "Réf. système",
        "B": "Date",
        "C": "E-mail du collaborateur",
        "D": "Code projet",
        "E": "Projet d'honoraires",
        "F": "Code de la phase",
        "G": "Heures",
        "H": "Facturable",
        "I": "Validé",
        "J": "N° de ticket",
        "K": "Description",
    },
    "clients_fusion": {
        "A": "Code client",
        "B": "Nom du client",
        "C": "Numéro de TVA",
        "D": "Adresse Code",
        "E": "Adresse Nom",
        "F": "Adresse",
        "G": "Ville",
        "H": "Code postal",
        "I": "État",
        "J": "Pays",
        "K": "Est l'adresse par défaut",
        "L": "Nom du contact",
        "M": "Téléphone du contact",
        "N": "Adresse e-mail du contact",
        "O": "Est le contact par défaut",
    },
}
"""The letters that the contract fixes, and the French title that stands under each."""

CLIENT: Cells = {
    "B": "Menuiserie du Vieux Pont",
    "C": "CLI-9001",
    "D": "3 rue du Pont\n75011 Paris",
    "E": "EUR",
    "G": "NA",
    "N": "73282932000074",
}
"""A client that nobody has yet, sound in every cell."""

PROJECT: Cells = {
    "B": "NEW-0001",
    "C": "Halle du marché",
    "D": "CLI-0001",
    "E": "RIV-PAR",
    "F": "FR",
    "J": "EUR",
    "K": 20,
    "M": "signed",
}

PHASE: Cells = {
    "A": "RIV-LYO",
    "B": "PAT-2501",
    "C": "Mission nouvelle",
    "D": "Esquisse",
    "E": "ESQ",
    "F": 12500,
}

PERSON: Cells = {"B": "Loïc", "C": "Orval-Dumas", "D": "loic.nouveau@atelier-rivage.example"}


SOUND: dict[str, Cells] = {
    "clients": CLIENT,
    "projects": PROJECT,
    "phases": PHASE,
    "collaborators": PERSON,
}
"""A sound row of each kind that nobody has yet."""


def book(kind: str, *rows: Cells) -> bytes:
    """A hand-made workbook of `kind` with `rows` from row 2 on."""
    workbook = Workbook()
    sheet = workbook.active
    for letter, title in TITLES[kind].items():
        sheet[f"{letter}1"] = title
    write(sheet, rows)
    return saved(workbook)


def _without_blank_rows(content: bytes) -> bytes:
    out = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(out, "w") as new:
        for entry in old.infolist():
            part = old.read(entry)
            if entry.filename.startswith("xl/worksheets/sheet"):
                part = _BLANK_ROW.sub(b"", part)
            new.writestr(entry.filename, part)
    return out.getvalue()


def write(sheet: Any, rows: Iterable[Cells], *, first: int = 2) -> None:
    """Writes `rows` under one another; a text stays a text, whatever it looks like."""
    for number, cells in enumerate(rows, start=first):
        for letter, value in cells.items():
            cell = sheet[f"{letter}{number}"]
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"


def without(cells: Cells, *letters: str) -> Cells:
    """The row with some of its cells empty."""
    return {letter: value for letter, value in cells.items() if letter not in letters}


def saved(workbook: Any) -> bytes:
    out = BytesIO()
    workbook.save(out)
    return out.getvalue()


def download(
    api: ApiClient, kind: str, *, prefilled: bool = False, locale: str | None = None
) -> bytes:
    """The bytes of a template, as the signed address hands them out."""
    answer = api.query(TEMPLATE, kind=kind, prefilled=prefilled, locale=locale)["templateDownload"]
    assert answer["userErrors"] == []
    content = api.get(answer["download"]["url"])
    assert len(content) == answer["download"]["size"]
    return content


def opened(content: bytes, *, whole: bool = False) -> tuple[Any, Any]:
    """A workbook and the sheet its user sees first, for openpyxl to change.

    Of the blank rows that a template keeps for new records, only one in the second place stays
    unless the `whole` is wanted: openpyxl takes a second for them.
    """
    workbook = load_workbook(BytesIO(content if whole else _without_blank_rows(content)))
    visible = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    return workbook, visible[0]
