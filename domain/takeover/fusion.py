"""Planning rows of the fifteen-column Clients sheet: a client code repeated, a part on each row.

Rows stand or fall one by one: a red row is left out, and the other rows of its client bring what
they say. What holds a client together is its first accepted row: only that one makes it, and a
row that repeats the code without a name is red where no such row stands above it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from domain.client import ClientType
from domain.errors import RECORD_ARCHIVED, Issue, IssueKind, Scope, Severity
from domain.likeness import loose_key, name_key
from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.client_parts import Addresses, Contacts, Part, address_lines
from domain.takeover.issues import (
    CLIENT_NAME_CONFLICT,
    DUPLICATE_ADDRESS,
    DUPLICATE_KEY_IN_FILE,
    MANDATORY_MISSING,
    MULTIPLE_DEFAULTS,
    POSSIBLE_DUPLICATE,
    WILL_UPDATE,
)
from domain.takeover.match import Index, Known
from domain.takeover.model import RowOutcome
from domain.takeover.plan import KEY_TAKEN, Firm, Planner, archived

CLIENT_VAT_CONFLICT = IssueKind(
    "CLIENT_VAT_CONFLICT",
    Severity.WARNING,
    Scope.ROW,
    "This client code already goes with the VAT number {expected}; {found} is not kept.",
)

Recorded = Mapping[int, Sequence[Mapping[str, Any]]]
"""Columns of the addresses or contacts of each client, in the order they were made."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The addresses and contacts of all clients."""

    addresses: Recorded = field(default_factory=dict)
    contacts: Recorded = field(default_factory=dict)


class _Told:
    """All rows of one client code, read together."""

    def __init__(
        self, client: Known | None, rows: Sequence[Candidate], directory: Directory
    ) -> None:
        key = client.id if client else 0
        self.client = client
        self.rows = rows
        self.addresses = Addresses(directory.addresses.get(key, ()), rows)
        self.contacts = Contacts(directory.contacts.get(key, ()), rows)

    @cached_property
    def firsts(self) -> dict[str, tuple[Any, int]]:
        """What the first row that fills a column of the client says, and which row that is."""
        found: dict[str, tuple[Any, int]] = {}
        for row in self.rows:
            for key in ("name", "vat_number", "country"):
                if row.values.get(key) is not None:
                    found.setdefault(key, (row.values[key], row.row))
        return found

    def first(self, key: str) -> Any:
        return self.firsts.get(key, (None, 0))[0]

    @cached_property
    def bills_to(self) -> Part | None:
        return self.addresses.for_bills

    @cached_property
    def billing(self) -> str:
        part = self.bills_to
        return address_lines(part) if part else ""

    @cached_property
    def billing_moves_on(self) -> int | None:
        """The row that gives a known client another billing address; None when none does.

        An address that is the default does; the first one only where none was, or its own was.
        """
        part, client = self.bills_to, self.client
        if part is None or client is None or not self.billing or not part.rows:
            return None
        is_default = part is self.addresses.chosen
        changes = part.changes(is_default=is_default)
        if part.recorded is not None and not changes:
            return None
        before = client.columns["billing_address"]
        own = address_lines(part.recorded) if part.recorded else ""
        if before == self.billing or not (is_default or before in ("", own)):
            return None
        return max((row for _, _, row in changes.values()), default=part.rows[-1])


class FusionPlanner(Planner):
    """Clients by their code; addresses by code, contacts by name and e-mail, within the client."""

    codes = {
        "": (WILL_UPDATE,),
        "code": (RECORD_ARCHIVED,),
        "name": (KEY_TAKEN, DUPLICATE_KEY_IN_FILE, CLIENT_NAME_CONFLICT, POSSIBLE_DUPLICATE),
        "vat_number": (CLIENT_VAT_CONFLICT,),
        "address_code": (DUPLICATE_ADDRESS,),
        "is_default_address": (MULTIPLE_DEFAULTS,),
        "contact_name": (POSSIBLE_DUPLICATE,),
        "contact_email": (POSSIBLE_DUPLICATE,),
        "is_default_contact": (MULTIPLE_DEFAULTS,),
    }
    one_row_each = False

    def __init__(self, firm: Firm, clients: Index, directory: Directory) -> None:
        self._firm = firm
        self._clients = clients
        self._directory = directory
        self._said: dict[int, list[Issue]] = {}
        self._names: dict[str, tuple[str, int]] = {}
        """Code and row of each name given in the file, by key."""
        self._loose: dict[str, str] = {}
        self._given: dict[tuple[str, str], str] = {}
        """What the first row of a code that fills a column says, by code and column."""
        self._rows: defaultdict[str, list[Candidate]] = defaultdict(list)
        self._skipped: defaultdict[str, list[Candidate]] = defaultdict(list)
        self._told: dict[tuple[str, bool], _Told] = {}

    def _entered(self, rows: Collection[Candidate]) -> Iterable[Candidate]:
        # A row may change what another one higher in the file brings: all are known first.
        return [self._enter(candidate) for candidate in rows]

    def _enter(self, candidate: Candidate) -> Candidate:
        """The row judged against those above it, and kept with those of its client."""
        code = candidate.text("code")
        if code in self._clients.by_code or self._rows.get(code):
            # B may be empty on a repeated code.
            checked = tuple(one for one in candidate.checked if not _lacks_name(one))
            candidate = replace(candidate, checked=checked)
        if candidate.is_refused:
            return candidate
        said = self._said[candidate.row] = list(self._identity(candidate, code))
        if any(issue.is_red for issue in said):
            return candidate
        if candidate.skipped:
            self._skipped[code].append(candidate)
            return candidate
        if name := candidate.text("name"):
            self._names.setdefault(name_key(name), (code, candidate.row))
            self._loose.setdefault(loose_key(name), name)
        for key in ("name", "vat_number"):
            if text := candidate.text(key):
                self._given.setdefault((code, key), text)
        self._rows[code].append(candidate)
        return candidate

    def _identity(self, candidate: Candidate, code: str) -> Iterable[Issue]:
        """What is to be said of the client that the row names."""
        client = self._clients.by_code.get(code)
        yield from archived(client, noun="client", field="code")
        if name := candidate.text("name"):
            first = self._given.get((code, "name"))
            if first is None:
                yield from self._name(name, code, client)
            elif name_key(first) != name_key(name):
                yield CLIENT_NAME_CONFLICT(field=("name",), found=name, expected=first)
        if number := candidate.text("vat_number"):
            before = self._given.get((code, "vat_number"))
            if before is not None and before != number:
                yield CLIENT_VAT_CONFLICT(field=("vat_number",), found=number, expected=before)

    def _name(self, name: str, code: str, client: Known | None) -> Iterable[Issue]:
        """A name belongs to one client; one that is nearly another's is told."""
        key, loose = name_key(name), loose_key(name)
        owner = self._clients.by_key.get(key)
        other, row = self._names.get(key, (code, 0))
        if owner is not None and str(owner.code).upper() != code:
            yield KEY_TAKEN(field=("name",), found=name, expected=str(owner.code))
        elif other != code:
            yield DUPLICATE_KEY_IN_FILE(field=("name",), found=name, first=row, first_row=row)
        elif client is None:
            alike = self._clients.by_loose.get(loose)
            near = alike[0].name if alike else self._loose.get(loose)
            if near is not None:
                yield POSSIBLE_DUPLICATE(field=("name",), found=name, expected=near, other=near)

    def _judge(self, candidate: Candidate) -> Planned:
        issues, code = self._said[candidate.row], candidate.text("code")
        client = self._clients.by_code.get(code)
        if any(issue.is_red for issue in issues):
            return Planned(candidate.row, RowOutcome.REFUSED, issues=issues)
        told = self._together(code, with_skipped=candidate.skipped)
        issues += _of_parts(candidate, told)
        planned = Planned(candidate.row, RowOutcome.UNCHANGED, issues=issues)
        planned.parts = {"code": code}
        for noun, parts in (("address", told.addresses), ("contact", told.contacts)):
            if (new := parts.new_on(candidate.row)) is not None:
                planned.outcome = RowOutcome.CREATE
                planned.parts[noun] = {"id": None, **new}
            changed, changes = parts.changed_on(candidate.row)
            if changed is not None:
                planned.parts[noun] = changed
                planned.changes += changes
        if client is not None:
            self._update(planned, told, client)
        elif candidate.row == told.rows[0].row:
            planned.outcome = RowOutcome.CREATE
            planned.columns = self._new(code, told)
        return planned

    def _together(self, code: str, *, with_skipped: bool) -> _Told:
        """The rows of one code that will be written; with those left out, to judge these."""
        if (code, with_skipped) not in self._told:
            rows = [*self._rows.get(code, ())]
            if with_skipped:
                rows = sorted([*rows, *self._skipped[code]], key=lambda one: one.row)
            told = _Told(self._clients.by_code.get(code), rows, self._directory)
            self._told[code, with_skipped] = told
        return self._told[code, with_skipped]

    def _new(self, code: str, told: _Told) -> dict[str, Any]:
        name = str(told.first("name"))
        part = told.bills_to
        country = (part.get("country") if part else None) or told.first("country")
        return {
            "code": code,
            "name": name,
            "name_key": name_key(name),
            "loose_key": loose_key(name),
            "vat_number": told.first("vat_number"),
            "billing_address": told.billing,
            "currency": self._firm.currency,
            "country": country or self._firm.country,
            "client_type": ClientType.COMPANY,
            "language": "fr",
            "payment_days": 30,
        }

    def _update(self, planned: Planned, told: _Told, client: Known) -> None:
        """What a row changes of a known client besides its parts."""
        planned.target_id, planned.target_version = client.id, client.version
        columns: dict[str, Any] = {}
        for key in ("name", "vat_number"):
            value, row = told.firsts.get(key, (None, 0))
            if row == planned.row:
                columns[key] = value
        if told.billing_moves_on == planned.row and told.bills_to is not None:
            columns["billing_address"] = told.billing
            columns["country"] = told.bills_to.get("country")
        present = client.columns
        changes = [
            Change(name, present.get(name), value)
            for name, value in columns.items()
            if value is not None and present.get(name) != value
        ]
        planned.columns = {change.field: change.after for change in changes}
        if name := planned.columns.get("name"):
            planned.columns |= {"name_key": name_key(name), "loose_key": loose_key(name)}
        told_already = {change.field for change in planned.changes}
        planned.changes += [one for one in changes if one.field not in told_already]
        if planned.changes:
            planned.outcome = RowOutcome.UPDATE
            names = ", ".join(change.field for change in planned.changes)
            planned.issues.append(WILL_UPDATE(name=client.name, fields=names, found=client.name))

    def _keep(self, candidate: Candidate, planned: Planned) -> None:
        """Rows were kept with their client before any was judged."""


def _lacks_name(issue: Issue) -> bool:
    return issue.kind is MANDATORY_MISSING and issue.field == ("name",)


def _of_parts(candidate: Candidate, told: _Told) -> Iterable[Issue]:
    """What is to be said of the address and of the contact of a row."""
    if told.addresses.is_told_again(candidate):
        yield DUPLICATE_ADDRESS(field=("address_code",), found=candidate.text("address_code"))
    for parts in (told.addresses, told.contacts):
        if parts.is_second_default(candidate):
            yield MULTIPLE_DEFAULTS(field=(parts.default,))
    if alike := told.contacts.likeness(candidate.row):
        column, shown, other = alike
        yield POSSIBLE_DUPLICATE(field=(column,), found=shown, expected=other, other=other)
