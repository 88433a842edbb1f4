"""The addresses and contacts of one client, as the records have them and as rows speak of them.

Of an address, the last row with its code wins. Of a contact, the row that tells something first
wins, and later rows complete it: people repeat a contact to fill a row. An empty cell never erases.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from domain.likeness import name_key
from domain.takeover.candidate import Candidate, Change

ADDRESS = {
    "address_code": "code",
    "address_name": "name",
    "street": "street",
    "city": "city",
    "postcode": "postcode",
    "state": "state",
    "country": "country",
}
CONTACT = {"contact_name": "name", "contact_phone": "phone", "contact_email": "email"}
"""The columns of the sheet by what they are in the record."""

LONGEST_ADDRESS = 500


@dataclass(slots=True, eq=False)
class Part:
    """An address or a contact: as recorded (None: not yet), and what the rows say of it."""

    recorded: Mapping[str, Any] | None = None
    said: dict[str, Any] = field(default_factory=dict)
    """By column of the record; `is_default` too."""
    said_on: dict[str, int] = field(default_factory=dict)
    """The row that each was taken from."""
    rows: list[int] = field(default_factory=list)
    called: tuple[str, str] = ("", "")
    """The name and the e-mail by which a contact is known, once the rows are read."""
    made_on: int = 0
    """The row that makes it, when it is not recorded."""

    def get(self, name: str) -> Any:
        """What a column will hold, the default apart."""
        return self.said.get(name, self.recorded[name] if self.recorded else None)

    @property
    def was_default(self) -> bool:
        return self.recorded is not None and bool(self.recorded["is_default"])

    def take(self, given: Mapping[str, Any], row: int, *, last_wins: bool) -> None:
        """What `row` says of it; what it leaves empty stays."""
        self.rows.append(row)
        for name, value in given.items():
            if value is not None and (last_wins or name not in self.said):
                self.said[name] = value
                self.said_on[name] = row

    def changes(self, *, is_default: bool) -> dict[str, tuple[Any, Any, int]]:
        """The columns of a recorded part that will differ: before, after, by which row."""
        if self.recorded is None:
            return {}
        after = {name: value for name, value in self.said.items() if name != "is_default"}
        if "is_default" in self.said:
            after["is_default"] = is_default
        return {
            name: (self.recorded[name], value, self.said_on[name])
            for name, value in after.items()
            if self.recorded[name] != value
        }


class Parts(ABC):
    """The addresses, or the contacts, of one client."""

    names: Mapping[str, str] = {}
    default = ""
    """The column of the sheet that says which one is the default."""
    last_wins = False

    def __init__(
        self, recorded: Iterable[Mapping[str, Any]] = (), rows: Iterable[Candidate] = ()
    ) -> None:
        self.parts = [Part(recorded=one) for one in recorded]
        self._of_row: dict[int, Part] = {}
        self._read([row for row in rows if self.tells(self.given_in(row))])

    @abstractmethod
    def _read(self, rows: Sequence[Candidate]) -> None:
        """Reads what each row says of one of them: finds it, or begins a new one."""

    def _begin(self, candidate: Candidate) -> Part:
        """A new one, that the row makes."""
        self.parts.append(part := Part(made_on=candidate.row))
        return part

    def _take(self, candidate: Candidate, part: Part) -> None:
        given = self.given_in(candidate) | {"is_default": candidate.values.get(self.default)}
        part.take(given, candidate.row, last_wins=self.last_wins)
        self._of_row[candidate.row] = part

    def given_in(self, candidate: Candidate) -> dict[str, Any]:
        """What a row says, by column of the record."""
        return {name: candidate.values.get(key) for key, name in self.names.items()}

    def tells(self, given: Mapping[str, Any]) -> bool:
        """Whether a row speaks of one at all."""
        return any(value is not None for value in given.values())

    def of_row(self, row: int) -> Part | None:
        return self._of_row.get(row)

    @cached_property
    def chosen(self) -> Part | None:
        """The default: the recorded one unless a row says it is none, else the first told."""
        standing = (part for part in self.parts if part.was_default)
        kept = next((part for part in standing if part.said.get("is_default") is not False), None)
        told = [part for part in self.parts if part.said.get("is_default")]
        return kept or min(told, key=lambda part: part.said_on["is_default"], default=None)

    def is_second_default(self, candidate: Candidate) -> bool:
        """Whether a row wants a default where there is another one already."""
        part = self.of_row(candidate.row)
        wants = part is not None and candidate.values.get(self.default) is True
        return wants and bool(part and part.said.get("is_default")) and part is not self.chosen

    def new_on(self, row: int) -> dict[str, Any] | None:
        """The columns of what `row` adds; None when it adds nothing."""
        part = self.of_row(row)
        if part is None or part.recorded is not None or row != self._made_on(part):
            return None
        columns = {name: part.get(name) for name in self.names.values()}
        return columns | {"is_default": part is self.chosen}

    def _made_on(self, part: Part) -> int:
        return part.rows[-1] if self.last_wins else part.made_on

    def changed_on(self, row: int) -> tuple[dict[str, Any] | None, list[Change]]:
        """The columns that `row` changes of a recorded one, with its identifier; and the changes.

        A change is told by its column of the sheet.
        """
        part = self.of_row(row)
        if part is None or part.recorded is None:
            return None, []
        keys = {name: key for key, name in self.names.items()} | {"is_default": self.default}
        found = part.changes(is_default=part is self.chosen)
        own = {name: (before, after) for name, (before, after, on) in found.items() if on == row}
        if not own:
            return None, []
        columns = {name: after for name, (_, after) in own.items()}
        changes = [Change(keys[name], before, after) for name, (before, after) in own.items()]
        return {"id": part.recorded["id"], **columns}, changes


class Addresses(Parts):
    """An address is known by its code; one without a code by all that is said of it."""

    names = ADDRESS
    default = "is_default_address"
    last_wins = True

    def __init__(
        self, recorded: Iterable[Mapping[str, Any]] = (), rows: Iterable[Candidate] = ()
    ) -> None:
        self._coded: dict[str, Part] = {}
        self._uncoded: dict[tuple[Any, ...], Part] = {}
        super().__init__(recorded, rows)

    def _read(self, rows: Sequence[Candidate]) -> None:
        for part in self.parts:
            self._note(part)
        for row in rows:
            part = self._find(self.given_in(row)) or self._begin(row)
            self._take(row, part)
            self._note(part)

    def tells(self, given: Mapping[str, Any]) -> bool:
        # A country alone is that of the client.
        return any(value is not None for name, value in given.items() if name != "country")

    def _find(self, given: Mapping[str, Any]) -> Part | None:
        if code := given["code"]:
            return self._coded.get(code.upper())
        return self._uncoded.get(tuple(given[name] for name in ADDRESS.values()))

    def _note(self, part: Part) -> None:
        if code := part.get("code"):
            self._coded.setdefault(code.upper(), part)
        else:
            self._uncoded.setdefault(tuple(part.get(name) for name in ADDRESS.values()), part)

    def is_told_again(self, candidate: Candidate) -> bool:
        """Whether the code of the row's address stands higher in the file."""
        part = self.of_row(candidate.row)
        if part is None or candidate.values.get("address_code") is None:
            return False
        return part.rows[0] != candidate.row

    @property
    def for_bills(self) -> Part | None:
        """The default one, else the first (DOMAIN §3.5)."""
        return self.chosen or next(iter(self.parts), None)


class Contacts(Parts):
    """A contact is known by name and e-mail; either may be told later.

    Rows that tell both are read before those that tell one of them, and these before rows of a mere
    telephone: so a file means the same once its own contacts are recorded.
    """

    names = CONTACT
    default = "is_default_contact"

    def _read(self, rows: Sequence[Candidate]) -> None:
        told: defaultdict[int, list[Candidate]] = defaultdict(list)
        for row in rows:
            told[sum(map(bool, _called(self.given_in(row))))].append(row)
        found = self._of_both(told[2]) | self._of_one(told[1])
        self._take_all(rows, found)
        self._take_all(rows, self._of_telephone(told[0]))

    def _take_all(self, rows: Sequence[Candidate], found: Mapping[int, Part]) -> None:
        """What rows say, in the order of the file: who tells something first is heard."""
        for row in rows:
            if row.row in found:
                self._take(row, found[row.row])

    def _of_both(self, rows: Sequence[Candidate]) -> dict[int, Part]:
        """Whom rows with a name and an e-mail speak of; one known by half of it is that one."""
        known: dict[tuple[str, str], deque[Part]] = defaultdict(deque)
        for part in self.parts:
            known[_called(part.recorded or {})].append(part)
        found = {}
        for row in rows:
            name, email = called = _called(self.given_in(row))
            if not known[called]:
                half = next((key for key in ((name, ""), ("", email)) if known[key]), None)
                known[called].append(known[half].popleft() if half else self._begin(row))
            found[row.row] = part = known[called][0]
            part.called = called
        return found

    def _of_one(self, rows: Sequence[Candidate]) -> dict[int, Part]:
        """Whom rows with a name or an e-mail speak of: one of whom no more is known, or the first.

        Recorded ones come before new ones.
        """
        exact: dict[tuple[str, str], Part] = {}
        alone: dict[tuple[str, str], Part] = {}

        def note(part: Part) -> None:
            name, email = part.called
            exact.setdefault((name, email), part)
            alone.setdefault((name, ""), part)
            alone.setdefault(("", email), part)

        for part in self.parts:
            part.called = part.called if any(part.called) else _called(part.recorded or {})
            note(part)
        found = {}
        for row in rows:
            called = _called(self.given_in(row))
            part = exact.get(called) or alone.get(called) or self._begin(row)
            if not any(part.called):
                part.called = called
                note(part)
            found[row.row] = part
        return found

    def _of_telephone(self, rows: Sequence[Candidate]) -> dict[int, Part]:
        """Whom rows with a telephone alone speak of: one known by nothing else, or the first."""
        nameless: dict[str, Part] = {}
        reached: dict[str, Part] = {}
        for part in self.parts:
            by = reached if any(part.called) else nameless
            by.setdefault(part.get("phone") or "", part)
        found = {}
        for row in rows:
            phone = self.given_in(row)["phone"]
            part = nameless.get(phone) or reached.get(phone) or self._begin(row)
            if not any(part.called):
                nameless.setdefault(phone, part)
            found[row.row] = part
        return found

    def likeness(self, row: int) -> tuple[str, str, str] | None:
        """What `row` adds that looks like a recorded contact of whom no row speaks any more.

        They have the name or the e-mail in common: the column that tells them apart, and both as
        they are shown.
        """
        part = self.of_row(row)
        if part is None or part.recorded is not None or row != part.made_on:
            return None
        (name, email), (by_name, by_email) = part.called, self._left
        if name and (other := by_name.get(name)):
            return "contact_email", _shown(part), _shown(other)
        if email and (other := by_email.get(email)):
            return "contact_name", _shown(part), _shown(other)
        return None

    @cached_property
    def _left(self) -> tuple[dict[str, Part], dict[str, Part]]:
        """The recorded ones of whom no row speaks, by name and by e-mail."""
        left = [part for part in self.parts if part.recorded is not None and not part.rows]
        called = [(*_called(part.recorded or {}), part) for part in left]
        return {name: one for name, _, one in called}, {email: one for _, email, one in called}


def _shown(part: Part) -> str:
    return " · ".join(filter(None, (part.get("name"), part.get("email"))))


def _called(told: Mapping[str, Any]) -> tuple[str, str]:
    """The name and the e-mail by which a contact is known."""
    return _key(told.get("name")), _key(told.get("email"))


def _key(text: Any) -> str:
    return name_key(text) if text else ""


def address_lines(read: Mapping[str, Any] | Part) -> str:
    """An address as bills carry it: the street, then postcode and town, then the state.

    A line for which there is no room any more is left out; the address itself has it all.
    """
    names = ("street", "postcode", "city", "state")
    street, postcode, city, state = (read.get(name) for name in names)
    kept: list[str] = []
    for line in filter(None, (street, " ".join(filter(None, (postcode, city))), state)):
        if len("\n".join([*kept, line])) <= LONGEST_ADDRESS:
            kept.append(line)
    return "\n".join(kept)
