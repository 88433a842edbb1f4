"""`python -m server.privacy_guide [--check]` writes docs/privacy.md, or says if it is current.

The register of GDPR art. 30, in French and in English, made of what the code declares: what is
kept of persons, what for, how long, and what becomes of each column when a person is erased.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from domain.privacy import REASONS
from domain.privacy_fates import SAID, Activity, Fate
from domain.privacy_register import ACTIVITIES
from domain.retention import TERMS
from server.generated import write_or_check
from words import LANGUAGES, phrase, translated

PAGE = Path(__file__).resolve().parents[1] / "docs" / "privacy.md"

TITLE = "Personal data"
OPENING = (
    "This page is written from the code (make privacy): the register of activities of GDPR "
    "art. 30, as far as the product knows it. The firm is the controller; who runs the "
    "installation is its processor."
)
ASKING = (
    "An administrator asks for all that is known of a person with personExport (art. 15 and "
    "20), and erases them with personErase (art. 17); with dryRun it only tells what would be"
    " erased and what kept, why and until when. A person is asked for by a collaborator, a "
    "contact, a client of the type INDIVIDUAL, or a member."
)
ERASING = (
    "Names become a neutral text that stays the same for one record; addresses and phone "
    "numbers go. Hours, amounts and final documents stay, and jalon verify ends well as "
    "before. Texts that hold the name, the e-mail address or the phone number are rewritten; "
    "a name of one word is not looked for in texts, nor what another record bears too, alone "
    "or within a longer name (Anne-Marie Dupont, beside Marie Dupont). It cannot be undone, "
    "and an import that knew the person can no longer be undone either."
)
REMAINDER = (
    "Not within reach: copies of the database and of the files, what was sent to others "
    "(mails, webhooks, the folder of hand-overs, accounting software), and logs, which hold "
    "no bodies."
)
HEADS = ("Columns", "When a person is erased")
KEPT_HEAD, TERM_HEAD, REGISTER_HEAD = "What is kept, and why", "Terms", "Register"
TERMS_SAID = (
    "jalon retention lists what is older than its term, the server removes it by itself. "
    "Accounting documents are no part of it."
)
DAYS = "Days: {count}"
FACTS = ("Purpose", "Basis", "People", "Kept")


def sentences() -> list[str]:
    """Every English sentence of the page: each needs its French one."""
    told = [TITLE, OPENING, ASKING, ERASING, REMAINDER, *HEADS, KEPT_HEAD, TERM_HEAD, DAYS]
    told += [REGISTER_HEAD, TERMS_SAID, *FACTS, *SAID.values(), *REASONS.values()]
    told += [term.what for term in TERMS.values()]
    for one in ACTIVITIES:
        told += [one.name, one.purpose, one.basis, one.people, one.term]
    return told


def page() -> str:
    """The page in both languages, French first."""
    return "\n".join(line for language in LANGUAGES for line in _in(language))


def _in(language: str) -> Iterator[str]:
    def say(sentence: str) -> str:
        return translated(sentence, language)

    yield from (f"# {say(TITLE)}", "")
    for paragraph in (OPENING, ASKING, ERASING, REMAINDER):
        yield from (say(paragraph), "")
    yield from (f"## {say(KEPT_HEAD)}", "")
    yield from (f"- {say(reason)}" for reason in REASONS.values())
    yield from ("", f"## {say(TERM_HEAD)}", "", say(TERMS_SAID), "")
    for term in TERMS.values():
        yield f"- {say(term.what)} {phrase(DAYS, language, count=term.days)}."
    yield from ("", f"## {say(REGISTER_HEAD)}", "")
    for activity in ACTIVITIES:
        yield from _entry(activity, language)


def _entry(activity: Activity, language: str) -> Iterator[str]:
    yield from (f"### {translated(activity.name, language)}", "")
    facts = (activity.purpose, activity.basis, activity.people, activity.term)
    for head, fact in zip(FACTS, facts, strict=True):
        yield f"- **{translated(head, language)}**: {translated(fact, language)}"
    rows = [
        (", ".join(f"`{table}.{name}`" for name in columns[fate].split()), fate)
        for table, columns in activity.tables.items()
        for fate in Fate
        if fate in columns and fate in SAID
    ]
    if rows:
        heads = " | ".join(translated(head, language) for head in HEADS)
        yield from ("", f"| {heads} |", "|---|---|")
        for names, fate in rows:
            yield f"| {names} | {translated(SAID[fate], language)} |"
    yield ""


def main(arguments: list[str]) -> int:
    """0 when the page is written or current; 1 when `--check` finds it is not."""
    return write_or_check(PAGE, page(), arguments, name="docs/privacy.md", verb="privacy")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
