"""What a letter says: the words of the house, or those of the firm, with places to be filled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain import given
from domain.errors import Issue, PathPart, Refusal, call_error
from words import LANGUAGES

LONGEST_SUBJECT = 200
LONGEST_BODY = 10_000

PLACEHOLDERS = ("number", "client", "gross", "due_date", "entity")

MAIL_TEMPLATE_INVALID = call_error(
    "MAIL_TEMPLATE_INVALID",
    "A letter of this kind has no {found}.",
    "Write one of {expected}.",
)


class MailKind(StrEnum):
    """What the letter is about; a deposit invoice is an invoice."""

    PROFORMA = "PROFORMA"
    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"


@dataclass(frozen=True, slots=True)
class Template:
    """A subject and a body with placeholders."""

    subject: str
    body: str


HOUSE = {
    MailKind.PROFORMA: Template(
        "Pro forma {number} – {entity}",
        "Hello,\n\nPlease find enclosed our pro forma {number} for an estimated total of {gross}. "
        "It is not an invoice.\n\nKind regards,\n{entity}",
    ),
    MailKind.INVOICE: Template(
        "Invoice {number} – {entity}",
        "Hello,\n\nPlease find enclosed our invoice {number} of {gross}, to be paid by {due_date}."
        "\n\nKind regards,\n{entity}",
    ),
    MailKind.CREDIT_NOTE: Template(
        "Credit note {number} – {entity}",
        "Hello,\n\nPlease find enclosed our credit note {number} of {gross}.\n\n"
        "Kind regards,\n{entity}",
    ),
}
"""The letters of a firm that has written none, in English; `words` has the French."""

PARTLY_PAID = (
    "Hello,\n\nPlease find enclosed our invoice {number} of {gross}, of which {net_due} is left to "
    "be paid by {due_date}.\n\nKind regards,\n{entity}"
)
SETTLED = (
    "Hello,\n\nPlease find enclosed our invoice {number} of {gross}. Nothing of it is left to be "
    "paid.\n\nKind regards,\n{entity}"
)


def house_body(kind: MailKind, *, gross: int, due: int) -> str:
    """The house's words; nobody is asked for what was paid or credited since, sent again."""
    if kind is not MailKind.INVOICE or 0 < gross == due:
        return HOUSE[kind].body
    return PARTLY_PAID if due > 0 else SETTLED


_PLACE = re.compile(r"\{([^{}\n]*)\}")


def places_of(kind: MailKind) -> tuple[str, ...]:
    """What a letter of this kind may name: only an invoice has a day to be paid by."""
    return tuple(one for one in PLACEHOLDERS if one != "due_date" or kind is MailKind.INVOICE)


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with its placeholders filled once: what a value holds is no placeholder."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), text)


@dataclass(frozen=True, slots=True)
class TemplateGiven:
    """A template as the firm writes it; None goes back to the house's words."""

    language: str
    kind: MailKind
    subject: str | None
    body: str | None


Kept = Mapping[str, Mapping[str, Mapping[str, str]]]
"""By language, then kind: {"subject": …, "body": …}, each only where the firm has its own."""


def templates_with(kept: Kept, asked: Iterable[TemplateGiven]) -> dict[str, Any]:
    """The templates of the firm with those that are given in their place.

    Refuses with FIELD_INVALID and MAIL_TEMPLATE_INVALID, at the place in the call.
    """
    changed = {language: dict(kinds) for language, kinds in kept.items()}
    issues: list[Issue] = []
    for place, one in enumerate(asked):
        field = ("mail_templates", place)
        try:
            given.one_of(
                one.language, field=(*field, "language"), name="The language", allowed=LANGUAGES
            )
            said = {
                "subject": _judged(one, "subject", field, LONGEST_SUBJECT),
                "body": _judged(one, "body", field, LONGEST_BODY),
            }
        except Refusal as refusal:
            issues += refusal.issues
            continue
        own = {name: text for name, text in said.items() if text}
        changed.setdefault(one.language, {})[one.kind.value] = own
    if issues:
        raise Refusal(*issues)
    full = {
        language: {kind: own for kind, own in kinds.items() if own}
        for language, kinds in changed.items()
    }
    return {language: kinds for language, kinds in full.items() if kinds}


def _judged(one: TemplateGiven, name: str, field: tuple[PathPart, ...], longest: int) -> str | None:
    written = getattr(one, name)
    if name == "subject" and written is not None:
        written = " ".join(written.split())
    said = given.text(written, field=(*field, name), name=f"The {name}", longest=longest)
    known = places_of(one.kind)
    for found in _PLACE.findall(said or ""):
        if found not in known:
            raise Refusal(
                MAIL_TEMPLATE_INVALID(
                    field=(*field, name),
                    found=f"{{{found[:40]}}}",
                    expected=", ".join(f"{{{place}}}" for place in known),
                )
            )
    return said
