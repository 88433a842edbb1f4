"""Planning rows of the Projects sheet."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.errors import RECORD_ARCHIVED, Issue
from domain.money import from_minor, to_minor
from domain.project.frozen import (
    PROJECT_CLIENT_FROZEN,
    PROJECT_CURRENCY_FROZEN,
    PROJECT_CURRENCY_INEXACT,
    PROJECT_ENTITY_FROZEN,
    judge_currency,
    judge_entity,
)
from domain.project.model import ProjectStatus
from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.issues import (
    CURRENCY_DIFFERS,
    DUPLICATE_KEY_IN_FILE,
    ENUM_UNKNOWN,
    REFERENCE_ID_UNKNOWN,
    REFERENCE_MODIFIED,
)
from domain.takeover.match import NAMING, Index, Known
from domain.takeover.plan import (
    CHANGING,
    KEY_TAKEN,
    Firm,
    Planner,
    Tell,
    archived,
    by_reference,
    exchanged,
    settle,
    taken,
)
from domain.takeover.seen_keys import SeenKeys

_COPIED = (
    "code",
    "name",
    "country",
    "address",
    "postcode",
    "city",
    "currency",
    "vat_rate",
    "vat_exemption",
    "manager_email",
    "start_date",
    "end_date",
    "commitment_no",
    "area",
    "tags",
)


@dataclass(frozen=True, slots=True)
class Past:
    """What binds a project by its identifier, asked only of one that would change."""

    is_invoiced: Callable[[int], bool] = lambda project_id: False
    """An invoice holds it, final or pro forma: its client and its entity are settled."""
    billed_by: Callable[[int], Collection[int]] = lambda project_id: ()
    """The entities of those invoices: who has billed it without being its entity may become it."""
    is_billed: Callable[[int], bool] = lambda project_id: False
    """So it is, or amounts of before the takeover were recorded: its currency is settled."""
    inexact: Callable[[int, str], int] = lambda project_id, currency: 0
    """How many amounts of its phases have decimals that a currency has not."""


def entity_given(firm: Firm, project: Known, entity_id: int, past: Past) -> tuple[Issue, ...]:
    """What stands in the way of giving the entity to a project that has none."""
    return judge_entity(
        project=str(project.code),
        after=entity_id,
        billed_by=past.billed_by(project.id),
        names={key: one.name for key, one in firm.entities.by_id.items()},
    )


class ProjectPlanner(Planner):
    """Matches by reference, then by code; the client and the entity must exist."""

    codes = {
        **CHANGING,
        "ref": (REFERENCE_ID_UNKNOWN, REFERENCE_MODIFIED, DUPLICATE_KEY_IN_FILE),
        "code": (KEY_TAKEN, DUPLICATE_KEY_IN_FILE, RECORD_ARCHIVED),
        "client": (*NAMING, RECORD_ARCHIVED, PROJECT_CLIENT_FROZEN),
        "entity": (*NAMING, PROJECT_ENTITY_FROZEN),
        "status": (ENUM_UNKNOWN,),
        "currency": (PROJECT_CURRENCY_FROZEN, PROJECT_CURRENCY_INEXACT, CURRENCY_DIFFERS),
    }

    def __init__(
        self,
        firm: Firm,
        clients: Index,
        projects: Index,
        collaborators: dict[str, int],
        past: Past | None = None,
    ) -> None:
        self._firm = firm
        self._clients = clients
        self._projects = projects
        self._collaborators = collaborators
        self._past = past or Past()
        self._seen = SeenKeys()

    def _exchanged(self, candidate: Candidate) -> tuple[Issue, ...]:
        other = self._projects.by_code.get(candidate.text("code").upper())
        return exchanged(candidate, self._projects, other, names=["name"])

    def _judge(self, candidate: Candidate) -> Planned:
        entry, found = by_reference(self._projects, candidate)
        issues: list[Issue] = list(found)
        code = candidate.text("code")
        owner = self._projects.by_code.get(code.upper())
        entry = entry or (owner if not issues else None)
        issues += taken("code", code, owner, entry)
        issues += archived(entry, noun="project", field="code")
        issues += self._seen.refuse("code", code, code)
        client, said = self._clients.resolve(candidate.text("client"), field="client")
        issues += said
        entity, said = self._entity(candidate)
        issues += said
        columns = self._columns(candidate)
        issues += _compare_status(candidate, entry, columns["status"])
        if client is not None:
            columns["client_id"] = client.id
            issues += _compare_currency(candidate, client)
            if entry is None or entry.columns["client_id"] != client.id:
                issues += archived(client, noun="client", field="client")
        if entity is not None:
            columns["entity_id"] = entity.id
        if entry is not None:
            issues += self._currency(entry, candidate, columns)
            issues += self._parties(entry, columns)
        tell = self._tell(entry, candidate) if entry else _as_it_is
        return settle(candidate, entry, columns, issues, tell=tell)

    def _currency(
        self, entry: Known, candidate: Candidate, columns: dict[str, Any]
    ) -> tuple[Issue, ...]:
        before, after = entry.columns["currency"], candidate.text("currency")
        if before == after:
            return ()
        works = entry.columns.get("works_minor")
        if columns["works_minor"] is None and works is not None:
            # An empty cell keeps the works: their number, in the currency they now are in.
            columns["works_minor"] = to_minor(from_minor(works, before), after)
        return judge_currency(
            project=str(entry.code),
            before=before,
            after=after,
            is_invoiced=self._past.is_billed(entry.id),
            inexact=self._past.inexact(entry.id, after),
        )

    def _parties(self, entry: Known, columns: dict[str, Any]) -> list[Issue]:
        """An invoice names its client and its entity: its project cannot be another's work."""
        told: list[Issue] = []
        for column, kind, index in (
            ("client_id", PROJECT_CLIENT_FROZEN, self._clients),
            ("entity_id", PROJECT_ENTITY_FROZEN, self._firm.entities),
        ):
            before, after = entry.columns.get(column), columns.get(column)
            if column == "entity_id" and before is None and after is not None:
                told += entity_given(self._firm, entry, after, self._past)
            if before is None or after is None or before == after:
                continue
            if self._past.is_invoiced(entry.id):
                field = (column.removesuffix("_id"),)
                found, expected = index.by_id[after].name, index.by_id[before].name
                told.append(
                    kind(field=field, project=str(entry.code), found=found, expected=expected)
                )
        return told

    def _entity(self, candidate: Candidate) -> tuple[Known | None, tuple[Issue, ...]]:
        text = candidate.text("entity")
        if text:
            return self._firm.entities.resolve(text, field="entity")
        if len(self._firm.entities) == 1:
            return next(iter(self._firm.entities.by_id.values())), ()
        return None, ()

    def _columns(self, candidate: Candidate) -> dict[str, Any]:
        values = candidate.values
        columns = {name: values.get(name) for name in _COPIED}
        columns["status"] = ProjectStatus(values["status"]) if values.get("status") else None
        works = values.get("works_amount")
        columns["works_minor"] = None if works is None else to_minor(works, values["currency"])
        columns["manager_id"] = self._collaborators.get(candidate.text("manager_email"))
        return columns

    def _tell(self, entry: Known, candidate: Candidate) -> Tell:
        """Clients by name, entities by code, the works in the currency of before and of after."""
        currencies = entry.columns["currency"], candidate.text("currency")

        def tell(change: Change) -> Change:
            both = change.before, change.after
            match change.field:
                case "client_id":
                    named = (self._clients.by_id.get(key or 0) for key in both)
                    return Change("client", *(one and one.name for one in named))
                case "entity_id":
                    return Change("entity", *map(self._firm.entities.code_of, both))
                case "works_minor":
                    return Change("works_amount", *map(_amount, both, currencies))
            return change

        return tell

    def _keep(self, candidate: Candidate, planned: Planned) -> None:
        self._seen.keep("code", candidate.text("code"), candidate.row)


def _as_it_is(change: Change) -> Change:
    return change


def _amount(minor: int | None, currency: str) -> Decimal | None:
    return None if minor is None else from_minor(minor, currency)


def _compare_status(
    candidate: Candidate, entry: Known | None, status: ProjectStatus | None
) -> tuple[Issue, ...]:
    """A sheet opens projects (O21); they are closed in the application, of which a row may tell."""
    if status is not ProjectStatus.CLOSED or candidate.is_by_hand:
        return ()
    if entry is not None and entry.columns.get("status") is status:
        return ()
    return (ENUM_UNKNOWN(field=("status",), found="closed", expected="signed, commercial"),)


def _compare_currency(candidate: Candidate, client: Known) -> tuple[Issue, ...]:
    currency = candidate.text("currency")
    theirs = client.columns.get("currency")
    if theirs is None or currency == theirs:
        return ()
    return (CURRENCY_DIFFERS(field=("currency",), found=currency, expected=theirs),)
