"""Finding the record a cell speaks of: by code, by name, by a name that is nearly the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.errors import Issue
from domain.likeness import Names, loose_key, name_key, nearest
from domain.takeover.issues import (
    REFERENCE_AMBIGUOUS,
    REFERENCE_MATCHED_APPROX,
    REFERENCE_UNKNOWN,
)

NAMING = (REFERENCE_UNKNOWN, REFERENCE_AMBIGUOUS, REFERENCE_MATCHED_APPROX)
"""What may be said of a cell that names a record."""


class Columns(Mapping[str, Any]):
    """The columns of a record: a tuple, and the places of their names, which all records share.

    A firm has a hundred thousand of them, and a dictionary takes four times as much.
    """

    __slots__ = ("_places", "_values")

    def __init__(self, places: Mapping[str, int], values: Sequence[Any]) -> None:
        self._places = places
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self._values[self._places[name]]

    def get(self, name: str, default: Any = None) -> Any:
        place = self._places.get(name)
        return default if place is None else self._values[place]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def places_of(names: Iterable[str]) -> dict[str, int]:
    """Where each of `names` stands in the values of `Columns`."""
    return {name: place for place, name in enumerate(names)}


@dataclass(slots=True)
class Known:
    """A record as matching sees it: how it may be named, and its columns as they stand."""

    id: int
    name: str
    code: str | None = None
    version: int = 1
    key: str = ""
    loose: str = ""
    columns: Mapping[str, Any] = field(default_factory=dict)


_COMPARED = 200_000
"""Names compared in all for the near ones of unknown names: a file of another firm, in which every
name is unknown, must not take the square of its length."""


class Index:
    """The records of one noun, findable by identifier, code and name."""

    def __init__(self, entries: Iterable[Known] = ()) -> None:
        self.by_id: dict[int, Known] = {}
        self.by_code: dict[str, Known] = {}
        self.by_key: dict[str, Known] = {}
        self.by_loose: defaultdict[str, list[Known]] = defaultdict(list)
        self._homonyms: defaultdict[str, list[Known]] = defaultdict(list)
        """Further records of one name: two projects may be called alike."""
        self._near: dict[str, list[str]] = {}
        self._names: Names | None = None
        for entry in entries:
            self.add(entry)

    def __len__(self) -> int:
        return len(self.by_id)

    def add(self, entry: Known) -> None:
        entry.key = entry.key or name_key(entry.name)
        entry.loose = entry.loose or loose_key(entry.name)
        self.forget_likely()
        self.by_id[entry.id] = entry
        if entry.code:
            self.by_code.setdefault(entry.code.upper(), entry)
        if self.by_key.setdefault(entry.key, entry) is not entry:
            self._homonyms[entry.key].append(entry)
        self.by_loose[entry.loose].append(entry)

    def code_of(self, key: int | None) -> str | None:
        """The code of the record with that identifier; None when there is none."""
        entry = self.by_id.get(key or 0)
        return entry.code if entry else None

    def resolve(self, text: str, *, field: str) -> tuple[Known | None, tuple[Issue, ...]]:
        """The record named by `text`, and what to say of how it was found (DOMAIN §3.3, ref).

        By code, then by name, then by a name that differs in punctuation or legal form alone.
        """
        coded = self.by_code.get(text.upper())
        if coded is not None:
            return coded, ()
        key = name_key(text)
        entry = self.by_key.get(key)
        if entry is not None and key in self._homonyms:
            return self._one_of([entry, *self._homonyms[key]], text, field=field)
        if entry is not None:
            return entry, ()
        alike = self.by_loose.get(loose_key(text), [])
        if len(alike) == 1:
            note = REFERENCE_MATCHED_APPROX(field=(field,), found=text, expected=alike[0].name)
            return alike[0], (note,)
        if alike:
            names = ", ".join(entry.name for entry in alike[:3])
            return None, (REFERENCE_AMBIGUOUS(field=(field,), found=text, near=names),)
        return None, (unknown(text, field=field, near=self._nearest(text)),)

    def _one_of(
        self, named: list[Known], text: str, *, field: str
    ) -> tuple[Known | None, tuple[Issue, ...]]:
        """The only one of `named` that was not put away; REFERENCE_AMBIGUOUS tells their codes."""
        live = [entry for entry in named if entry.columns.get("archived_at") is None]
        if len(live) == 1:
            return live[0], ()
        codes = ", ".join(str(entry.code or entry.name) for entry in (live or named)[:3])
        return None, (REFERENCE_AMBIGUOUS(field=(field,), found=text, near=codes),)

    def forget_likely(self) -> None:
        """Lets go what finds likely names; it is made again once it is needed."""
        self._names = None

    def _nearest(self, text: str) -> list[str]:
        """The names `text` may have meant; none once too many others were unknown."""
        known = self._near.get(text)
        if known is not None:
            return known
        if len(self._near) * len(self) >= _COMPARED:
            return []
        if self._names is None:
            self._names = Names(entry.name for entry in self.by_id.values())
        near = self._near[text] = nearest(text, self._names)
        return near


def unknown(text: str, *, field: str, near: Iterable[str] = ()) -> Issue:
    """REFERENCE_UNKNOWN for `text`, with the names it may have meant."""
    names = ", ".join(near)
    return REFERENCE_UNKNOWN(field=(field,), found=text, expected=names or None, near=names)
