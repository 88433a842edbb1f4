"""Planning rows of the Projects sheet."""

from __future__ import annotations

from collections.abc import Container
from decimal import Decimal
from typing import Any

from domain.errors import Issue
from domain.money import from_minor, to_minor
from domain.project.frozen import judge_currency
from domain.project.model import ProjectStatus
from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.issues import CURRENCY_DIFFERS
from domain.takeover.match import Index, Known
from domain.takeover.plan import Firm, Planner, SeenKeys, Tell, by_reference, settle, taken

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


class ProjectPlanner(Planner):
    """Matches by reference, then by code; the client and the entity must exist."""

    def __init__(
        self,
        firm: Firm,
        clients: Index,
        projects: Index,
        collaborators: dict[str, int],
        invoiced: Container[int] = (),
    ) -> None:
        self._firm = firm
        self._clients = clients
        self._projects = projects
        self._collaborators = collaborators
        self._invoiced = invoiced
        """The projects that an invoice holds: their currency is frozen."""
        self._seen = SeenKeys()

    def _judge(self, candidate: Candidate) -> Planned:
        entry, found = by_reference(self._projects, candidate)
        issues: list[Issue] = list(found)
        code = candidate.text("code")
        owner = self._projects.by_code.get(code.upper())
        entry = entry or (owner if not issues else None)
        issues += taken("code", code, owner, entry)
        issues += self._seen.refuse("code", code, code)
        client, said = self._clients.resolve(candidate.text("client"), field="client")
        issues += said
        entity, said = self._entity(candidate)
        issues += said
        columns = self._columns(candidate)
        if entry is not None:
            issues += judge_currency(
                project=str(entry.code),
                before=entry.columns["currency"],
                after=candidate.text("currency"),
                is_invoiced=entry.id in self._invoiced,
            )
        if client is not None:
            columns["client_id"] = client.id
            issues += _compare_currency(candidate, client)
        if entity is not None:
            columns["entity_id"] = entity.id
        tell = self._tell(entry, candidate) if entry else _as_it_is
        return settle(candidate, entry, columns, issues, tell=tell)

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


def _compare_currency(candidate: Candidate, client: Known) -> tuple[Issue, ...]:
    currency = candidate.text("currency")
    theirs = client.columns.get("currency")
    if theirs is None or currency == theirs:
        return ()
    return (CURRENCY_DIFFERS(field=("currency",), found=currency, expected=theirs),)
