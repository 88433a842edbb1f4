"""The seal: proof, row by row and for the file, of what we issued and that it came back unchanged.

Protection of a sheet is a comfort that any tool can take off; the seal is the control. Keyed
BLAKE2b under one key per purpose, organisation and kind, so a mark made for one is worth nothing
for another. The record in the database stays the truth; a token proves which record a row is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b
from hmac import compare_digest
from itertools import repeat
from types import NoneType
from unicodedata import category, normalize

from domain.remembered import remembering

TOKEN_KEY = "ref"
"""The column that carries the row token; the other reference columns are what it seals."""
ENVELOPE_SHEET = "_jalon"
"""The very hidden sheet that carries the envelope as rows key | value."""
ENVELOPE_PROPERTY = "jalon"
"""The custom document property that carries it too, folded into one text (`folded`)."""

_PRECISION = 15
_SPREADSHEET = Context(prec=_PRECISION)
_LONGEST_PLAIN_NUMBER = 60


def canonical(value: object) -> str:
    """`value` as it is sealed: the same for every form an honest editor may give back.

    Text: NFC, trimmed, runs of spaces (no-break and line breaks too) as one space, invisible
    characters dropped. Numbers: plain decimals of at most 15 significant digits, no trailing zero,
    no exponent. Dates: ISO. None: "". Idempotent.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _folded_text(value)
    if isinstance(value, Decimal):
        return _plain_number(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _plain_number(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
    if isinstance(value, datetime):
        whole_day = not (value.hour or value.minute or value.second or value.microsecond)
        return (value.date() if whole_day else value.replace(tzinfo=None)).isoformat()
    return value.isoformat() if isinstance(value, date) else _folded_text(str(value))


@remembering(2048)  # the names of a project stand on each of its rows
def _folded_text(text: str) -> str:
    if not text.isprintable():
        text = "".join(c for c in text if c in "\t\n\r" or category(c) not in ("Cc", "Cf"))
    return normalize("NFC", " ".join(text.split()))


def _plain_number(number: Decimal) -> str:
    if not number:
        return "0"
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST_PLAIN_NUMBER:
        return str(number)
    plain = format(number, "f")
    if len(plain) > _PRECISION:
        # Excel saves 17 digits of the binary number (1.1 comes back as 1.1000000000000001) but
        # keeps 15: what differs after the fifteenth was never typed by anybody.
        plain = format(_SPREADSHEET.plus(number), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


class Verdict(StrEnum):
    """What a row's token says of the row."""

    ABSENT = "ABSENT"
    INTACT = "INTACT"
    CHANGED = "CHANGED"
    """Our token, for this record, but a reference is not the one we sealed."""
    FORGED = "FORGED"
    """Not made by us, or for another organisation or kind."""


class EnvelopeState(StrEnum):
    """What the envelope says of the file."""

    ABSENT = "ABSENT"
    INTACT = "INTACT"
    TAMPERED = "TAMPERED"
    OTHER_ORGANISATION = "OTHER_ORGANISATION"
    """A true envelope, issued to somebody else."""


@dataclass(frozen=True, slots=True)
class EnvelopeVerdict:
    """The state of an envelope and, when it is a true one, what it says (None otherwise)."""

    state: EnvelopeState
    kind: str | None = None
    version: int | None = None
    issued: date | None = None


# The leading letter keeps spreadsheets from taking a token for a number, a date or 12E34.
_TOKEN = re.compile(r"J[0-9A-F]{40}")
_ID_BYTES, _IDENTITY_BYTES, _REFERENCES_BYTES = 5, 8, 7
_ENVELOPE_BYTES = 20
_SEALED_KEYS = ("kind", "version", "organisation", "issued", "locale")

# canonical() leaves no control character in a text, so these two separate without ambiguity.
_BETWEEN, _EQUALS = "\x1f", "\x1e"


def _bytes_of(*texts: str) -> bytes:
    return _BETWEEN.join(texts).encode("utf-8", "surrogatepass")


def _told(key: str, cells: Sequence[object]) -> list[str]:
    """The cells of a reference column as they are sealed; "" for an empty one.

    The names of a project stand on each of its rows: what is met again is folded once, in a column
    of one kind, as they are. (1 and True are equal, and are not sealed alike.)
    """

    def one(cell: object) -> str:
        return f"{key}{_EQUALS}{text}" if (text := canonical(cell)) else ""

    if len({*map(type, cells)} - {NoneType}) > 1:
        return list(map(one, cells))
    told = {cell: one(cell) for cell in set(cells)}
    return [told[cell] for cell in cells]


@dataclass(frozen=True)
class Seal:
    """The seal of one organisation: makes and reads the tokens of rows and the files' envelopes."""

    secret: bytes = field(repr=False)
    """The product's secret, the same for all organisations; 16 bytes or more."""
    organisation: str
    """What names the organisation for ever (its id)."""
    former: tuple[bytes, ...] = field(default=(), repr=False)
    """Secrets of before, the newest first: they make nothing any more, what they made is good."""

    def __post_init__(self) -> None:
        if len(self.secret) < 16:
            raise ValueError("the secret of the seal needs 16 bytes or more")

    def row_token(self, *, kind: str, record_id: int, references: Mapping[str, object]) -> str:
        """The token of one prefilled row (`row_tokens`)."""
        columns = {key: (cell,) for key, cell in references.items()}
        return next(self.row_tokens(kind=kind, record_ids=(record_id,), references=columns))

    def row_tokens(
        self, *, kind: str, record_ids: Iterable[int], references: Mapping[str, Sequence[object]]
    ) -> Iterator[str]:
        """The token of each prefilled row: the letter J and 40 hexadecimal digits.

        `references` are the locked columns by key, without the token's own: texts and numbers as
        they are written. An empty one counts as absent. OverflowError for an id below 0 or from
        2**40 on.
        """
        told = [_told(key, references[key]) for key in sorted(references)]
        rows = zip(*told, strict=True) if told else repeat(())
        for record_id, texts in zip(record_ids, rows, strict=False):
            number = record_id.to_bytes(_ID_BYTES, "big")
            marks = self._identity(kind, number) + self._references(kind, number, texts)
            yield f"J{(number + marks).hex().upper()}"

    def read_token(
        self, *, kind: str, token: str, references: Mapping[str, object]
    ) -> tuple[Verdict, int | None]:
        """What `token` says of a row of `kind` with these references, and whose row it is.

        The record id is told only when we issued the token (INTACT or CHANGED).
        """
        text = canonical(token).upper()
        if not text:
            return Verdict.ABSENT, None
        if not _TOKEN.fullmatch(text):
            return Verdict.FORGED, None
        content = bytes.fromhex(text[1:])
        number, rest = content[:_ID_BYTES], content[_ID_BYTES:]
        maker = self._maker(kind, number, rest[:_IDENTITY_BYTES])
        if maker is None:
            return Verdict.FORGED, None
        told = [
            f"{key}{_EQUALS}{text}"
            for key, cell in sorted(references.items())
            if (text := _folded_text(cell) if cell.__class__ is str else canonical(cell))
        ]
        sealed = maker._references(kind, number, told)
        intact = compare_digest(rest[_IDENTITY_BYTES:], sealed)
        return Verdict.INTACT if intact else Verdict.CHANGED, int.from_bytes(number, "big")

    def envelope(self, *, kind: str, version: int, issued: date, locale: str) -> dict[str, str]:
        """The entries that go with a file: what it is, for whom, of when, and the seal on them."""
        # "v1", not "1": some editors turn a text of digits into a number.
        entries = {
            "kind": kind,
            "version": f"v{version}",
            "organisation": self.organisation,
            "issued": issued.isoformat(),
            "locale": locale,
        }
        return {**entries, "seal": self._envelope_mark(entries)}

    def read_envelope(
        self, entries: Mapping[str, str], *, kind: str | None = None
    ) -> EnvelopeVerdict:
        """What the entries found in a file prove; unknown entries do not count.

        With a `kind`, an envelope of another kind is TAMPERED: it was moved from another file
        (the verdict tells the kind it was made for).
        """
        found = {key: canonical(entries.get(key)) for key in (*_SEALED_KEYS, "seal")}
        if not any(found.values()):
            return EnvelopeVerdict(EnvelopeState.ABSENT)
        owners = (Seal(secret, found["organisation"]) for secret in (self.secret, *self.former))
        mark = found["seal"].upper().encode("utf-8", "replace")
        if not any(compare_digest(mark, owner._envelope_mark(found).encode()) for owner in owners):
            return EnvelopeVerdict(EnvelopeState.TAMPERED)
        state = EnvelopeState.INTACT
        if found["organisation"] != canonical(self.organisation):
            state = EnvelopeState.OTHER_ORGANISATION
        elif kind is not None and found["kind"] != canonical(kind):
            state = EnvelopeState.TAMPERED
        return EnvelopeVerdict(
            state,
            kind=found["kind"],
            version=int(found["version"].removeprefix("v")),
            issued=date.fromisoformat(found["issued"]),
        )

    @cached_property
    def _makers(self) -> tuple[Seal, ...]:
        """This seal, and those of the former secrets."""
        return (self, *(Seal(secret, self.organisation) for secret in self.former))

    def _maker(self, kind: str, number: bytes, identity: bytes) -> Seal | None:
        """Which of them made the mark `identity`."""
        for one in self._makers:
            if compare_digest(identity, one._identity(kind, number)):
                return one
        return None

    def _identity(self, kind: str, number: bytes) -> bytes:
        mark = self._keyed("row identity", kind)
        mark.update(number)
        return mark.digest()[:_IDENTITY_BYTES]

    def _references(self, kind: str, number: bytes, told: Iterable[str]) -> bytes:
        mark = self._keyed("row references", kind)
        mark.update(number + _bytes_of(*filter(None, told)))
        return mark.digest()[:_REFERENCES_BYTES]

    def _envelope_mark(self, entries: Mapping[str, str]) -> str:
        mark = self._keyed("envelope", "")
        mark.update(_bytes_of(*(key + _EQUALS + canonical(entries[key]) for key in _SEALED_KEYS)))
        return mark.digest()[:_ENVELOPE_BYTES].hex().upper()

    @cached_property
    def _started(self) -> dict[tuple[str, str], blake2b]:
        return {}

    def _keyed(self, purpose: str, kind: str) -> blake2b:
        """A hash keyed for one purpose, organisation and kind; derived once, not once a row."""
        try:
            return self._started[purpose, kind].copy()
        except KeyError:
            root = blake2b(self.secret, digest_size=32, person=b"jalon seal").digest()
            scope = _bytes_of(purpose, canonical(self.organisation), canonical(kind))
            key = blake2b(scope, key=root, digest_size=32).digest()
            self._started[purpose, kind] = blake2b(key=key, digest_size=32)
            return self._started[purpose, kind].copy()


def folded(entries: Mapping[str, str]) -> str:
    """The envelope as one text, for the custom property (Excel allows 255 characters)."""
    return json.dumps(dict(entries), ensure_ascii=False, separators=(",", ":"))


def unfolded(text: str) -> dict[str, str]:
    """The entries of a folded envelope; none when the text is not one."""
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(entries, dict):
        return {}
    return {str(key): value for key, value in entries.items() if isinstance(value, str)}
