"""Columns that name another record, and the column of our own marks."""

from __future__ import annotations

from typing import Any

from templates_xlsx.kinds.base import CellKind, either
from templates_xlsx.kinds.choices import listed
from templates_xlsx.sheet import Reading, Setting

_NOUNS = {
    "client": ("un client", "a client"),
    "entity": ("une entité", "an entity"),
    "project": ("un projet", "a project"),
    "contract": ("un projet d’honoraires", "a fee project"),
    "phase": ("une phase", "a phase"),
    "collaborator": ("un collaborateur", "a collaborator"),
}


class Ref(CellKind):
    """A record named by its code or its name; the value is the clean text, resolved later."""

    number_format = "@"

    def __init__(self, noun: str, *, width: int = 22) -> None:
        self.noun = noun
        self.width = width

    def read_text(self, text: str, setting: Setting) -> Reading:
        return Reading(text)

    def guard(self, setting: Setting) -> dict[str, Any] | None:
        if self.noun != "entity":
            return None
        names = listed(name for _, name in setting.entities)
        source = names or listed(code for code, _ in setting.entities)
        # Code and name are both right, and the list can offer one of them only.
        options = {"validate": "list", "error_type": "warning"}
        return None if source is None else self.guarded(setting, source=source, **options)

    def say(self, locale: str) -> str:
        french, english = _NOUNS[self.noun]
        return either(
            locale,
            f"Le code ou le nom d’{french} déjà dans le système.",
            f"The code or the name of {english} already in the system.",
        )


class Token(CellKind):
    """The mark of a prefilled row; it comes back untouched, and stays empty on a new row."""

    number_format = "@"
    width = 12

    def read_text(self, text: str, setting: Setting) -> Reading:
        return Reading(text)

    def say(self, locale: str) -> str:
        return either(
            locale,
            "Référence du système : à ne pas modifier, vide pour une nouvelle ligne.",
            "System reference: not to be changed, empty on a new row.",
        )
