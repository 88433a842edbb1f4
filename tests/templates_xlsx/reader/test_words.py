"""What users read when a file is refused is French for the French, whole and filled in."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest

from domain.errors import Issue, IssueKind
from templates_xlsx.reader import open_book
from templates_xlsx.reader.refusals import (
    ENCODING_DETECTED,
    FILE_EMPTY,
    FILE_TOO_LARGE,
    FILE_TYPE_UNSUPPORTED,
    FILE_UNREADABLE,
    TAB,
    TooLarge,
    Unreadable,
    Unsupported,
)
from tests.templates_xlsx.reader.books import refusal_of
from words import missing, phrase, translated

KINDS = [FILE_UNREADABLE, FILE_TYPE_UNSUPPORTED, FILE_TOO_LARGE, FILE_EMPTY, ENCODING_DETECTED]


def said(issue: Issue, locale: str) -> str:
    facts = {name: translated(fact, locale) for name, fact in issue.facts.items()}
    return phrase(issue.kind.sentence, locale, **facts)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_every_sentence_and_what_to_do_about_it_is_said_in_french(kind: IssueKind) -> None:
    assert missing([words for words in (kind.sentence, kind.fix) if words], "fr") == []
    facts = set(re.findall(r"{(\w+)}", kind.sentence))
    assert set(re.findall(r"{(\w+)}", translated(kind.sentence, "fr"))) == facts


@pytest.mark.parametrize("reasons", [Unreadable, Unsupported, TooLarge])
def test_every_reason_is_said_in_french(reasons: type[StrEnum]) -> None:
    assert missing([reason.value for reason in reasons], "fr") == []
    assert missing([TAB], "fr") == []


def test_a_refused_file_says_why_in_one_sentence() -> None:
    issue = refusal_of(b"%PDF-1.4")
    assert said(issue, "fr") == (
        "Le fichier n’est ni un classeur Excel (.xlsx, .xlsm) ni un tableau en texte (.csv)"
        "\u00a0: c’est un PDF."
    )
    assert said(refusal_of(b'a;b\n"c'), "fr") == (
        "Le fichier ne peut pas être ouvert\u00a0: un guillemet est ouvert et jamais refermé (2)."
    )


def test_a_table_separated_by_tabs_says_so_in_words() -> None:
    (issue,) = open_book("été\tnom\na\tb\n".encode("cp1252")).issues
    assert said(issue, "fr") == (
        "Le fichier texte a été lu en Windows-1252, "
        "avec «\u00a0tabulation\u00a0» comme séparateur de colonnes."
    )
