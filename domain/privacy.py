"""Whose personal data is asked for or erased, how they are known in texts, and why not yet.

GDPR art. 15 (access), 17 (erasure), 20 (portability). What a text says of a person is found by
their e-mail addresses, names and phone numbers, and is replaced there by a neutral text that stays
the same for one record, so that sums by person still tell one from another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from domain.errors import call_error
from domain.likeness import name_key
from domain.privacy_others import Others

PERSON_STILL_ACTIVE = call_error(
    "PERSON_STILL_ACTIVE",
    "{name} is not archived: whoever still works with the firm is not erased.",
    "Archive the record first.",
)
PERSON_NOT_NATURAL = call_error(
    "PERSON_NOT_NATURAL",
    "{name} is not a private person: the law on personal data is not about it.",
    "Erase its contacts one by one; a sole trader is a client of the type INDIVIDUAL.",
)
PERSON_STILL_MEMBER = call_error(
    "PERSON_STILL_MEMBER",
    "{name} still may sign in, or bears a key.",
    "Remove the member and revoke the keys that stand for them first.",
)
PERSON_MANAGES = call_error(
    "PERSON_MANAGES",
    "{name} manages {count} signed projects.",
    "Give them to another manager first.",
)
PERSON_HAS_UNBILLED_TIME = call_error(
    "PERSON_HAS_UNBILLED_TIME",
    "{count} billable time entries of {name} are not billed on a final invoice.",
    "Bill them, or write them off, first.",
)
PERSON_HAS_PRO_FORMAS = call_error(
    "PERSON_HAS_PRO_FORMAS",
    "{count} pro formas of {name} are neither final nor deleted.",
    "Make them final or delete them first.",
)
PERSON_HAS_OPEN_MONEY = call_error(
    "PERSON_HAS_OPEN_MONEY",
    "{count} invoices or payments of {name} are not settled (GDPR art. 17(3)(e)).",
    "Settle them first.",
)
PERSON_MAIL_WAITING = call_error(
    "PERSON_MAIL_WAITING",
    "{count} mails that name {name} wait to be sent.",
    "Cancel them, or let them be sent, first.",
)
PERSON_IN_OPEN_IMPORT = call_error(
    "PERSON_IN_OPEN_IMPORT",
    "{count} imports that name {name} are not finished, the first is {first}.",
    "Confirm or cancel them first.",
)
PERSON_IN_SETTINGS = call_error(
    "PERSON_IN_SETTINGS",
    "The settings of the firm name {name}: {where}.",
    "Name somebody else there first.",
)
IMPORT_FORGOTTEN = call_error(
    "IMPORT_FORGOTTEN",
    "What this import wrote is no longer kept, because its time is over or because a person was "
    "erased: it can no longer be undone.",
)

SUBJECTS = ("collaborator", "contact", "client", "member")
"""The nouns that a person is asked for by, as identifiers name them."""

_NEUTRAL = {
    "fr": {
        "collaborator": "Personne effacée",
        "contact": "Contact effacé",
        "client": "Client effacé",
        "member": "Compte effacé",
    },
    "en": {
        "collaborator": "Erased person",
        "contact": "Erased contact",
        "client": "Erased client",
        "member": "Erased account",
    },
}
_NOWHERE = "erased.invalid"
"""A domain that leads nowhere for ever (RFC 2606)."""

_SHORTEST_NAME = 5
_SHORTEST_PHONE = 8
_BETWEEN_DIGITS = r"[\s.\-/]*"
_TELLING_DIGITS = 9
"""The last digits of a phone number, which are the same with and without the country's prefix."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A person as they are asked for: one record."""

    noun: str
    id: int

    @property
    def key(self) -> str:
        return f"{self.noun}_{self.id}"

    def neutral_name(self, language: str) -> str:
        """What stands where the name stood: "Personne effacée 12"."""
        return f"{_NEUTRAL[language][self.noun]} {self.id}"

    @property
    def neutral_address(self) -> str:
        """An e-mail address that is nobody's, and is unique where addresses have to be."""
        return f"erased-{self.noun}-{self.id}@{_NOWHERE}"


class TraceKind(StrEnum):
    """By what somebody is known in a text."""

    ADDRESS = "ADDRESS"
    NAME = "NAME"
    PHONE = "PHONE"


@dataclass(frozen=True, slots=True)
class Trace:
    """One text that somebody is known by."""

    kind: TraceKind
    text: str

    @property
    def pattern(self) -> str:
        """A regular expression that finds it as a whole, whatever the case and the spaces."""
        if self.kind is TraceKind.ADDRESS:
            return rf"(?<![\w.+-]){re.escape(self.text)}(?![\w-]|\.\w)"
        if self.kind is TraceKind.NAME:
            words = r"[\s,]+".join(_letters(word) for word in self.text.split())
            return rf"(?<!\w){words}(?!\w)"
        digits = _digits(self.text)[-_TELLING_DIGITS:]
        before = r"(?:(?:\+|00)\d{1,3}[\s.\-/]*(?:\(0\)[\s.\-/]*)?|0[\s.\-/]*)?"
        return rf"(?<!\d){before}{_BETWEEN_DIGITS.join(digits)}(?!\d)"

    @property
    def fragments(self) -> list[str]:
        """Parts that are in every text that holds it, in any case and as JSON writes it too.

        ASCII alone, since databases disagree on the capitals of other letters.
        """
        if self.kind is TraceKind.PHONE:
            return [_digits(self.text)[-2:]]
        return [one for one in re.findall(r"[!-~]+", _ascii_parts(self.text)) if len(one) > 1]


def _digits(text: str) -> str:
    return "".join(one for one in text if one.isdigit())


def _ascii_parts(text: str) -> str:
    """`text` with a space for each letter that may be written otherwise."""
    return "".join(one if one.isascii() and one not in "\"\\'" else " " for one in text)


def _letters(word: str) -> str:
    """A letter with an accent is found without it too, as in a name key or in capitals."""
    return "".join(_letter(one) for one in word)


def _letter(one: str) -> str:
    if one in "'’":
        return "['’]"
    return re.escape(one) if one.isascii() else f"(?:{re.escape(one)}|{re.escape(name_key(one))})"


def address_trace(text: str | None) -> list[Trace]:
    """The trace of an e-mail address; none of an empty or a neutral one."""
    written = (text or "").strip()
    if "@" not in written or written.endswith("@" + _NOWHERE):
        return []
    return [Trace(TraceKind.ADDRESS, written)]


def name_traces(*parts: str | None) -> list[Trace]:
    """The traces of a name: as it is written, and of two parts the other way round.

    A single word is none: "Martin" or "Accueil" in a text may be anybody.
    """
    given = [" ".join((part or "").split()) for part in parts]
    whole = " ".join(part for part in given if part)
    if len(whole.split()) < 2 or len(whole) < _SHORTEST_NAME or is_neutral(whole):
        return []
    turned = [Trace(TraceKind.NAME, f"{given[1]} {given[0]}")] if len(given) == 2 else []
    return [Trace(TraceKind.NAME, whole), *turned]


def phone_trace(text: str | None) -> list[Trace]:
    """The trace of a phone number; none of one that is too short to be told from a figure."""
    if len(_digits(text or "")) < _SHORTEST_PHONE:
        return []
    return [Trace(TraceKind.PHONE, (text or "").strip())]


def is_neutral(name: str) -> bool:
    """Whether a name is one that an erasure gave."""
    return any(name.startswith(f"{one} ") for given in _NEUTRAL.values() for one in given.values())


def near(traces: Sequence[Trace], others: Iterable[Trace]) -> list[Trace]:
    """Of what others are known by, what may stand where these seem to: a name that shares a word
    with theirs ("Anne-Marie Dupont", beside "Marie Dupont"), an address that holds theirs.
    """
    words = {word for one in traces if one.kind is TraceKind.NAME for word in _words(one)}
    addresses = [one.text.lower() for one in traces if one.kind is TraceKind.ADDRESS]
    return [
        one
        for one in others
        if (one.kind is TraceKind.NAME and not words.isdisjoint(_words(one)))
        or (
            one.kind is TraceKind.ADDRESS
            and any(address in one.text.lower() for address in addresses)
        )
    ]


def _words(name: Trace) -> list[str]:
    return re.findall(r"\w+", name_key(name.text))


@dataclass(frozen=True, slots=True)
class Rewriter:
    """Finds the traces of a person in texts and JSON, and puts neutral texts in their place.

    `spared` are traces of others (`near`): what is part of one of these is left as it is.
    """

    traces: Sequence[Trace]
    name: str
    address: str
    spared: Sequence[Trace] = ()
    around: Sequence[Trace] = field(init=False, default=())
    """Of those spared, what the person is named within: texts that hold it stay."""
    _pattern: re.Pattern[str] | None = field(init=False, default=None)
    _others: Others = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        kinds = [
            "|".join(one.pattern for one in self.traces if one.kind is kind) for kind in TraceKind
        ]
        found = [f"(?P<{kind}>{one})" for kind, one in zip(TraceKind, kinds, strict=True) if one]
        by = {kind: [one.text for one in self.spared if one.kind is kind] for kind in TraceKind}
        others = Others(by[TraceKind.NAME], by[TraceKind.ADDRESS])
        object.__setattr__(self, "_others", others)
        if found:
            pattern = re.compile("|".join(found), re.IGNORECASE)
            around = [one for one in self.spared if pattern.search(one.text)]
            object.__setattr__(self, "around", around)
            object.__setattr__(self, "_pattern", pattern)

    def is_in(self, value: Any) -> bool:
        """Whether a text, or any text within a JSON value, names the person."""
        return any(True for _ in self.told_in(value))

    def told_in(self, value: Any) -> Iterator[str]:
        """The texts within a value that name the person."""
        if isinstance(value, str):
            if any(True for _ in self._places(value)):
                yield value
        elif isinstance(value, dict):
            for one in value.values():
                yield from self.told_in(one)
        elif isinstance(value, list | tuple):
            for one in value:
                yield from self.told_in(one)

    def rewritten(self, value: Any) -> Any:
        """The value with every trace replaced; figures and keys stay."""
        if isinstance(value, str):
            parts, end = [], 0
            for found in self._places(value):
                parts += [value[end : found.start()], self._neutral(found)]
                end = found.end()
            return "".join([*parts, value[end:]])
        if isinstance(value, dict):
            return {name: self.rewritten(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.rewritten(one) for one in value]
        return value

    def _places(self, text: str) -> Iterator[re.Match[str]]:
        """Where the person is named, and not somebody else."""
        place = 0
        while self._pattern is not None and (found := self._pattern.search(text, place)):
            end = self._end_of_others(text, found, place)
            if end is None:
                yield found
            place = found.end() if end is None else max(end, found.start() + 1)

    def _end_of_others(self, text: str, found: re.Match[str], since: int) -> int | None:
        match found.lastgroup:
            case TraceKind.NAME:
                return self._others.end_of_name(text, *found.span(), since=since)
            case TraceKind.ADDRESS:
                return self._others.end_of_address(text, *found.span())
        return None

    def _neutral(self, found: re.Match[str]) -> str:
        return self.address if found.lastgroup == TraceKind.ADDRESS else self.name


class Why(StrEnum):
    """Why something is kept, and for how long."""

    ACCOUNTS = "ACCOUNTS"
    CLAIMS = "CLAIMS"
    OTHER_FIRMS = "OTHER_FIRMS"
    SHARED = "SHARED"
    AUDIT = "AUDIT"


REASONS: dict[Why, str] = {
    Why.ACCOUNTS: "Accounting documents are kept ten years from the end of the fiscal year, "
    "unaltered (C. com. L123-22; LPF L102 B; CGI 286 I-3° bis; GDPR art. 17(3)(b)).",
    Why.CLAIMS: "Proof that an invoice was sent, kept for five years against claims "
    "(C. civ. 2224; C. com. L110-4; GDPR art. 17(3)(e)).",
    Why.OTHER_FIRMS: "The person signs in to other firms with it: this firm no longer sees it.",
    Why.SHARED: "Another record bears the same address, name or number, alone or within a longer "
    "one: texts that name it stay.",
    Why.AUDIT: "The audit tells who did what, and vouches for the accounts: who acted stays in it "
    "for ten years (C. com. L123-22; GDPR art. 17(3)(b) and (e)).",
}


@dataclass(frozen=True, slots=True)
class Part:
    """What was erased of one kind of record, or kept; `until` is the last day it is kept."""

    what: str
    count: int
    why: Why | None = None
    until: date | None = None


@dataclass(slots=True)
class Reckoning:
    """What an erasure comes to."""

    erased: dict[str, int] = field(default_factory=dict)
    kept: dict[tuple[str, Why], tuple[int, date | None]] = field(default_factory=dict)

    def erase(self, what: str, count: int = 1) -> None:
        """Counts records of a kind of which something went."""
        if count:
            self.erased[what] = self.erased.get(what, 0) + count

    def keep(self, what: str, why: Why, *, count: int = 1, until: date | None = None) -> None:
        """Counts records of a kind that stay; the latest day of them is told."""
        before, day = self.kept.get((what, why), (0, None))
        days = [one for one in (day, until) if one is not None]
        self.kept[what, why] = (before + count, max(days) if days else None)

    @property
    def erased_parts(self) -> list[Part]:
        return [Part(what, count) for what, count in sorted(self.erased.items())]

    @property
    def kept_parts(self) -> list[Part]:
        return [
            Part(what, count, why, until)
            for (what, why), (count, until) in sorted(self.kept.items())
        ]
