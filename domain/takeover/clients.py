"""Planning rows of the Clients sheet: who is new, who changes, who looks like somebody else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from domain.client import ClientType
from domain.errors import RECORD_ARCHIVED, Issue
from domain.likeness import loose_key, name_key
from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.issues import (
    DUPLICATE_KEY_IN_FILE,
    POSSIBLE_DUPLICATE,
    REFERENCE_AMBIGUOUS,
    REFERENCE_ID_UNKNOWN,
    REFERENCE_MODIFIED,
)
from domain.takeover.match import Index, Known
from domain.takeover.model import RowOutcome
from domain.takeover.plan import (
    CHANGING,
    Firm,
    Planner,
    archived,
    by_reference,
    exchanged,
    settle,
)
from domain.takeover.seen_keys import SeenKeys

_COPIED = (
    "name",
    "billing_address",
    "currency",
    "country",
    "vat_number",
    "client_type",
    "language",
    "payment_days",
    "siret",
    "siren",
    "ledger_account",
    "service_code",
    "comment",
)
_CONTACT = {"contact_name": "name", "contact_email": "email", "contact_phone": "phone"}


class ClientPlanner(Planner):
    """Matches by reference, then code, then name (DOMAIN §3.2, second import)."""

    codes = {
        **CHANGING,
        "ref": (REFERENCE_ID_UNKNOWN, REFERENCE_MODIFIED, DUPLICATE_KEY_IN_FILE),
        "name": (REFERENCE_AMBIGUOUS, DUPLICATE_KEY_IN_FILE, RECORD_ARCHIVED, POSSIBLE_DUPLICATE),
        "code": (DUPLICATE_KEY_IN_FILE, RECORD_ARCHIVED),
        "siret": (POSSIBLE_DUPLICATE,),
    }

    def __init__(self, firm: Firm, clients: Index) -> None:
        self._firm = firm
        self._clients = clients
        self._seen = SeenKeys()
        self._sirets = {
            entry.columns["siret"]: entry.name
            for entry in clients.by_id.values()
            if entry.columns.get("siret")
        }
        self._loose_rows: dict[str, str] = {}
        self._codes = {code for code in clients.by_code if code}
        self._next = 1

    def _look_ahead(self, candidates: Iterable[Candidate]) -> None:
        # A code made for a row must not be one that a row further down asks for.
        self._codes.update(candidate.text("code").upper() for candidate in candidates)

    def _judge(self, candidate: Candidate) -> Planned:
        key = name_key(candidate.text("name"))
        entry, issues = self._match(candidate, key)
        if any(issue.is_red for issue in issues):
            return Planned(candidate.row, RowOutcome.REFUSED, issues=issues)
        shown = "code" if candidate.text("code") else "name"
        issues += archived(entry, noun="client", field=shown)
        issues += self._seen.refuse("name", key, candidate.text("name"))
        if code := candidate.text("code"):
            issues += self._seen.refuse("code", code, code)
        if entry is None and not issues:
            issues += self._looks_like(candidate)
        columns = self._columns(candidate, key, is_new=entry is None)
        contact = {part: candidate.values.get(name) for name, part in _CONTACT.items()}
        return settle(
            candidate,
            entry,
            columns,
            issues,
            parts={"contact": contact} if any(contact.values()) else {},
            part_changes=_contact_changes(entry, candidate),
        )

    def _exchanged(self, candidate: Candidate) -> tuple[Issue, ...]:
        other = self._clients.by_code.get(candidate.text("code").upper())
        return exchanged(candidate, self._clients, other, names=["name"])

    def _match(self, candidate: Candidate, key: str) -> tuple[Known | None, list[Issue]]:
        entry, issues = by_reference(self._clients, candidate)
        if issues:
            return None, list(issues)
        coded = self._clients.by_code.get(candidate.text("code").upper())
        named = self._clients.by_key.get(key)
        found = entry or coded or named
        others = [other for other in (coded, named) if other and found and other.id != found.id]
        if found is not None and others:
            near = f"{found.name}, {others[0].name}"
            shown = candidate.text("name")
            return None, [REFERENCE_AMBIGUOUS(field=("name",), found=shown, near=near)]
        return found, []

    def _looks_like(self, candidate: Candidate) -> tuple[Issue, ...]:
        name = candidate.text("name")
        loose = loose_key(name)
        alike = self._clients.by_loose.get(loose)
        other = alike[0].name if alike else self._loose_rows.get(loose)
        if other is not None:
            return (POSSIBLE_DUPLICATE(field=("name",), found=name, expected=other, other=other),)
        siret = candidate.values.get("siret")
        if siret and siret in self._sirets:
            other = self._sirets[siret]
            return (POSSIBLE_DUPLICATE(field=("siret",), found=siret, expected=other, other=other),)
        return ()

    def _columns(self, candidate: Candidate, key: str, *, is_new: bool) -> dict[str, Any]:
        columns = {name: candidate.values.get(name) for name in _COPIED}
        columns |= {"name_key": key, "loose_key": loose_key(candidate.text("name"))}
        columns["code"] = candidate.values.get("code")
        if is_new:
            columns["code"] = columns["code"] or self._free_code()
            columns["country"] = columns["country"] or self._firm.country
            columns["client_type"] = columns["client_type"] or ClientType.COMPANY
            columns["language"] = columns["language"] or "fr"
            if columns["payment_days"] is None:
                columns["payment_days"] = 30
        return columns

    def leave_free(self, codes: Iterable[str]) -> None:
        """Codes that no client made here is given: of others, who are not looked at."""
        self._codes.update(codes)

    def _free_code(self) -> str:
        while (code := f"C{self._next:05d}") in self._codes:
            self._next += 1
        return code

    def _keep(self, candidate: Candidate, planned: Planned) -> None:
        name = candidate.text("name")
        self._seen.keep("name", name_key(name), candidate.row)
        self._loose_rows.setdefault(loose_key(name), name)
        if code := planned.columns.get("code") or candidate.text("code"):
            self._seen.keep("code", code, candidate.row)
            self._codes.add(code)
        if siret := candidate.values.get("siret"):
            self._sirets.setdefault(siret, name)


def _contact_changes(entry: Known | None, candidate: Candidate) -> list[Change]:
    """What differs from the client's default contact; nothing is a change on a new client."""
    if entry is None:
        return []
    return [
        Change(name, entry.columns.get(name), candidate.values[name])
        for name in _CONTACT
        if candidate.values.get(name) is not None
        and candidate.values[name] != entry.columns.get(name)
    ]
