"""Planning rows of the Phases & annexes sheet: contracts are made on first use."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from domain.errors import RECORD_ARCHIVED, Issue
from domain.likeness import name_key
from domain.project.frozen import PROJECT_ENTITY_FROZEN
from domain.project.model import BillingMethod, Periodicity, PhaseKind
from domain.project.repriced import TIME_REPRICED
from domain.takeover.amounts import OF_AMOUNTS, in_minor, of_currency, told_as
from domain.takeover.billed import (
    BILLED_TERMS,
    FEE_BELOW_BILLED,
    PHASE_PERIOD_BILLED,
    of_billed,
)
from domain.takeover.candidate import Candidate, Change, Planned
from domain.takeover.issues import (
    AMOUNT_CURRENCY_MISMATCH,
    CONTRACT_INCONSISTENT,
    DUPLICATE_KEY_IN_FILE,
    ENTITY_MISMATCH,
    POSSIBLE_DUPLICATE,
    REFERENCE_ID_UNKNOWN,
    REFERENCE_MODIFIED,
    REFERENCE_UNKNOWN,
)
from domain.takeover.links import (
    REFERENCE_CIRCULAR,
    ContractKey,
    Linkable,
    Links,
    told_circle,
)
from domain.takeover.match import NAMING, Index, Known, unknown
from domain.takeover.model import RowOutcome
from domain.takeover.plan import (
    CHANGING,
    KEY_TAKEN,
    Firm,
    archived,
    by_reference,
    exchanged,
    settle,
    taken,
)
from domain.takeover.projects import Past, entity_given
from domain.takeover.rates import OF_RATES, present_rate
from domain.takeover.rates_changed import RatePlanner
from domain.takeover.seen_keys import SeenKeys

_COPIED = ("start_date", "end_date", "ledger_account", "sku")


@dataclass(slots=True)
class KnownContracts:
    """The contracts there are, by key, and the phases of each by code and by name key."""

    contracts: dict[ContractKey, Known] = field(default_factory=dict)
    phases: Index = field(default_factory=Index)
    by_code: dict[tuple[int, str], Known] = field(default_factory=dict)
    by_name: dict[tuple[int, str], Known] = field(default_factory=dict)


class PhasePlanner(RatePlanner):
    """Matches by reference, then by project + contract + (code, else name)."""

    codes = {
        **CHANGING,
        "ref": (REFERENCE_ID_UNKNOWN, REFERENCE_MODIFIED, DUPLICATE_KEY_IN_FILE),
        "entity": (*NAMING, ENTITY_MISMATCH, PROJECT_ENTITY_FROZEN),
        "project_code": (*NAMING, REFERENCE_MODIFIED, RECORD_ARCHIVED),
        "contract": (REFERENCE_MODIFIED, RECORD_ARCHIVED),
        "phase_name": (DUPLICATE_KEY_IN_FILE,),
        "phase_code": (KEY_TAKEN, DUPLICATE_KEY_IN_FILE, POSSIBLE_DUPLICATE, RECORD_ARCHIVED),
        "fee": (FEE_BELOW_BILLED, *BILLED_TERMS, *OF_AMOUNTS),
        "hours": BILLED_TERMS,
        "hourly_rate": (TIME_REPRICED, *OF_AMOUNTS),
        **dict.fromkeys(("start_date", "end_date", "periodicity"), (PHASE_PERIOD_BILLED,)),
        "billing_method": (CONTRACT_INCONSISTENT,),
        "currency": (AMOUNT_CURRENCY_MISMATCH,),
        "vat_rate": OF_RATES,
        "linked_phase": (REFERENCE_UNKNOWN, REFERENCE_CIRCULAR),
    }
    past = Past()
    rate, rated = "hourly_rate_minor", "hourly_rate"

    def __init__(self, firm: Firm, projects: Index, known: KnownContracts) -> None:
        super().__init__()
        self._firm = firm
        self._projects = projects
        self._known = known
        self._seen = SeenKeys()
        self._methods: dict[ContractKey, BillingMethod] = {
            key: entry.columns["billing_method"] for key, entry in known.contracts.items()
        }
        self._keys = {entry.id: key for key, entry in known.contracts.items()}
        self._counts: Counter[ContractKey] = Counter()
        self._codes: set[tuple[ContractKey, str]] = set()
        self._free_from: defaultdict[tuple[ContractKey, str], int] = defaultdict(lambda: 1)
        self._asked: set[tuple[str, str, str]] = set()
        """The codes that rows of the file ask for, with project and contract as they are typed."""
        self._entities: dict[int, int] = {}
        """The entity that a row higher in the file gave to a project without one."""
        self._told: set[int] = set()
        self._renamed: list[tuple[int, str, tuple[int, str]]] = []
        """Row, code, contract and name key of each new phase that is called as one there is."""
        by_id = known.phases.by_id
        self._links = Links({key: by_id[key].columns.get("linked_phase_id") for key in by_id})

    def _look_ahead(self, candidates: Iterable[Candidate]) -> None:
        for candidate in candidates:
            self._asked.add(_asked(candidate, candidate.text("phase_code")))
            project = candidate.text("linked_phase") and self._projects.resolve(
                candidate.text("project_code"), field="project_code"
            )
            if project and project[0] is not None:
                key = (project[0].id, name_key(candidate.text("contract")))
                phase = self._phase(candidate, key, candidate.text("phase_code"))
                self._links.foresee(phase, self._named(key, candidate.text("linked_phase")))

    def together(self, rows: Iterable[Candidate]) -> Mapping[int, Sequence[Issue]]:
        """POSSIBLE_DUPLICATE too of a phase given another code: its fee would count twice."""
        told = dict(super().together(rows))
        left: dict[tuple[int, str], Known] = {}
        # Several of a contract may have one name: the code tells them apart.
        for one in self._known.phases.by_id.values() if self._renamed else ():
            if one.id not in self._told and one.columns.get("archived_at") is None:
                left.setdefault((one.columns["contract_id"], one.key), one)
        for row, code, place in self._renamed:
            if (like := left.get(place)) is not None:
                shown = f"{like.columns['code']} · {like.name}"
                issue = POSSIBLE_DUPLICATE(field=("phase_code",), found=code, other=shown)
                told[row] = [*told.get(row, ()), issue]
        return told

    def _exchanged(self, candidate: Candidate) -> tuple[Issue, ...]:
        project, _ = self._projects.resolve(candidate.text("project_code"), field="project_code")
        key = (project.id if project else 0, name_key(candidate.text("contract")))
        other = self._find(candidate, key)
        return exchanged(candidate, self._known.phases, other, names=["phase_name"])

    def _judge(self, candidate: Candidate) -> Planned:
        issues: list[Issue] = []
        project, said = self._projects.resolve(candidate.text("project_code"), field="project_code")
        entry, found = by_reference(self._known.phases, candidate)
        issues += [*said, *found]
        entity_id, said = self._entity(candidate, project)
        issues += said
        if project is None or found:
            return Planned(candidate.row, RowOutcome.REFUSED, issues=issues)
        key: ContractKey = (project.id, name_key(candidate.text("contract")))
        issues += self._method(candidate, key)
        issues += self._moved(candidate, entry, key)
        owner = self._find(candidate, key)
        if code := candidate.text("phase_code"):
            issues += taken("phase_code", code, owner, entry)
        entry = entry or owner
        issues += self._put_away(project, entry, key)
        issues += self._duplicates(candidate, key)
        columns, told = self._columns(candidate, project, entry, key)
        issues += told
        parts: dict[str, Any] = {"contract": self._contract(candidate, key)}
        if entity_id is not None and self._entity_of(project) is None:
            parts["project_entity"] = (project.id, entity_id)
        parts["linked_phase"] = candidate.values.get("linked_phase")
        # The phase that has this code now: a row of the same file may give it another.
        linked = self._named(key, candidate.text("linked_phase"))
        parts["linked_phase_id"] = linked if isinstance(linked, int) else None
        issues += self._linked(candidate, key)
        beside = self._part_changes(candidate, entry, parts)
        tell = told_as(_TOLD_AS, project.columns["currency"])
        return settle(
            candidate, entry, columns, issues, parts=parts, part_changes=beside, tell=tell
        )

    def _moved(
        self, candidate: Candidate, entry: Known | None, key: ContractKey
    ) -> tuple[Issue, ...]:
        """REFERENCE_MODIFIED for a known phase under another fee project: it stays in its own."""
        if entry is None:
            return ()
        own = self._keys[entry.columns["contract_id"]]
        if own == key:
            return ()
        column, expected = "contract", self._known.contracts[own].name
        if own[0] != key[0]:
            column, expected = "project_code", str(self._projects.by_id[own[0]].code)
        return (
            REFERENCE_MODIFIED(field=(column,), found=candidate.text(column), expected=expected),
        )

    def _put_away(self, project: Known, entry: Known | None, key: ContractKey) -> tuple[Issue, ...]:
        """RECORD_ARCHIVED once, for the project, else the fee project, else the phase itself."""
        return (
            archived(project, noun="project", field="project_code")
            or archived(self._known.contracts.get(key), noun="contract", field="contract")
            or archived(entry, noun="phase", field="phase_code")
        )

    def _part_changes(
        self, candidate: Candidate, entry: Known | None, parts: dict[str, Any]
    ) -> list[Change]:
        """What changes beside the columns of a known phase: its link, the entity of its project."""
        if entry is None:
            return []
        changes = []
        if code := candidate.text("linked_phase").upper():
            linked = self._known.phases.by_id.get(entry.columns["linked_phase_id"] or 0)
            before = str(linked.columns["code"]) if linked else None
            if before is None or before.upper() != code:
                changes.append(Change("linked_phase", before, code))
        if "project_entity" in parts:
            changes.append(Change("entity", None, candidate.text("entity")))
        return changes

    def _entity_of(self, project: Known) -> int | None:
        theirs: int | None = project.columns.get("entity_id")
        return self._entities.get(project.id) if theirs is None else theirs

    def _entity(
        self, candidate: Candidate, project: Known | None
    ) -> tuple[int | None, tuple[Issue, ...]]:
        text = candidate.text("entity")
        if not text:
            return None, ()
        entity, said = self._firm.entities.resolve(text, field="entity")
        if entity is None or project is None:
            return None, said
        theirs = self._entity_of(project)
        if theirs is not None and theirs != entity.id:
            owner = self._firm.entities.by_id[theirs].name
            return None, (*said, ENTITY_MISMATCH(field=("entity",), found=text, expected=owner))
        if theirs is None and (told := entity_given(self._firm, project, entity.id, self.past)):
            return None, (*said, *told)
        return entity.id, said

    def _method(self, candidate: Candidate, key: ContractKey) -> tuple[Issue, ...]:
        given = candidate.values.get("billing_method")
        known = self._methods.get(key)
        if given is None or known is None or BillingMethod(given) is known:
            return ()
        return (
            CONTRACT_INCONSISTENT(
                field=("billing_method",),
                found=BillingMethod(given).value,
                expected=known.value,
                contract=candidate.text("contract"),
            ),
        )

    def _find(self, candidate: Candidate, key: ContractKey) -> Known | None:
        contract = self._known.contracts.get(key)
        if contract is None:
            return None
        if code := candidate.text("phase_code"):
            return self._known.by_code.get((contract.id, code.upper()))
        return self._known.by_name.get((contract.id, name_key(candidate.text("phase_name"))))

    def _duplicates(self, candidate: Candidate, key: ContractKey) -> tuple[Issue, ...]:
        if code := candidate.text("phase_code"):
            return self._seen.refuse("phase_code", (key, code.upper()), code)
        name = candidate.text("phase_name")
        return self._seen.refuse("phase_name", (key, name_key(name)), name)

    def _columns(
        self, candidate: Candidate, project: Known, entry: Known | None, key: ContractKey
    ) -> tuple[dict[str, Any], list[Issue]]:
        values = candidate.values
        currency: str = project.columns["currency"]
        issues = of_currency(values.get("currency"), currency)
        columns: dict[str, Any] = {name: values.get(name) for name in _COPIED}
        name = candidate.text("phase_name")
        columns |= {"name": name, "name_key": name_key(name), "hours": values.get("hours")}
        columns["kind"] = PhaseKind(values["line_type"]) if values.get("line_type") else None
        period = values.get("periodicity")
        columns["periodicity"] = Periodicity(period) if period else None
        columns |= {"code": values.get("phase_code"), "position": values.get("position")}
        for source, target in (("fee", "fee_minor"), ("hourly_rate", "hourly_rate_minor")):
            columns[target], said = in_minor(values.get(source), currency, source, candidate)
            issues += said
        columns["vat_rate"], said = present_rate(values.get("vat_rate"), project.columns["country"])
        issues += said
        if entry is None:
            self._complete(columns, currency, key, candidate)
        else:
            method = self._methods[self._keys[entry.columns["contract_id"]]]
            issues += of_billed(columns, entry, method, currency=currency, today=self.today)
        return columns, issues

    def _complete(
        self, columns: dict[str, Any], currency: str, key: ContractKey, candidate: Candidate
    ) -> None:
        columns["currency"] = currency
        columns["kind"] = columns["kind"] or PhaseKind.PHASE
        if columns["position"] is None:
            columns["position"] = self._counts[key] + 1
        if not columns["code"]:
            columns["code"] = self._free_code(columns["kind"], key, candidate)

    def _free_code(self, kind: PhaseKind, key: ContractKey, candidate: Candidate) -> str:
        prefix = "AX" if kind is PhaseKind.ANNEX else "PH"
        contract = self._known.contracts.get(key)
        # No code becomes free again: the search goes on where it ended.
        number = self._free_from[(key, prefix)]
        while (
            (key, code := f"{prefix}{number:02d}") in self._codes
            or _asked(candidate, code) in self._asked
            or (contract is not None and (contract.id, code) in self._known.by_code)
        ):
            number += 1
        self._free_from[(key, prefix)] = number
        return code

    def _contract(self, candidate: Candidate, key: ContractKey) -> dict[str, Any]:
        given = candidate.values.get("billing_method")
        method = self._methods.get(key) or BillingMethod(given or BillingMethod.FIXED_FEE_PROGRESS)
        contract = self._known.contracts.get(key)
        return {
            "id": contract.id if contract else None,
            "project_id": key[0],
            "name": candidate.text("contract"),
            "name_key": key[1],
            "billing_method": method,
        }

    def _linked(self, candidate: Candidate, key: ContractKey) -> tuple[Issue, ...]:
        text = candidate.text("linked_phase")
        if not text:
            return ()
        linked = self._named(key, text)
        phase = self._phase(candidate, key, candidate.text("phase_code"))
        if circle := self._links.circle(phase, linked):
            return (told_circle(text, [self._code_of(one) for one in circle]),)
        if isinstance(linked, int) or (key, text.upper()) in self._codes:
            return ()
        return (unknown(text, field="linked_phase"),)

    def _named(self, key: ContractKey, code: str) -> Linkable:
        """The phase of that code in a contract, there or to come."""
        contract = self._known.contracts.get(key)
        entry = self._known.by_code.get((contract.id, code.upper())) if contract else None
        return entry.id if entry else (key, code.upper())

    def _phase(self, candidate: Candidate, key: ContractKey, code: str) -> Linkable:
        """The phase that a row stands for; one still to come has `code`."""
        if candidate.record_id in self._known.phases.by_id:
            return candidate.record_id
        entry = self._find(candidate, key)
        return entry.id if entry else (key, code.upper())

    def _code_of(self, phase: Linkable) -> str:
        known = self._known.phases.by_id
        return str(known[phase].columns["code"]) if isinstance(phase, int) else phase[1]

    def _keep(self, candidate: Candidate, planned: Planned) -> None:
        contract = planned.parts["contract"]
        key: ContractKey = (contract["project_id"], contract["name_key"])
        self._methods.setdefault(key, contract["billing_method"])
        if (told := planned.parts.get("project_entity")) is not None:
            self._entities.setdefault(*told)
        self._counts[key] += 1
        called = (contract["id"] or 0, name_key(candidate.text("phase_name")))
        if planned.target_id is not None:
            self._told.add(planned.target_id)
        elif self.says_all and called in self._known.by_name:
            self._renamed.append((candidate.row, candidate.text("phase_code"), called))
        code = str(planned.columns.get("code") or candidate.text("phase_code")).upper()
        if code:
            place = (key, intern(code))
            self._seen.keep("phase_code", place, candidate.row)
            self._codes.add(place)
        if linked := candidate.text("linked_phase"):
            self._links.keep(self._phase(candidate, key, code), self._named(key, linked))
        if not candidate.text("phase_code"):
            name = name_key(candidate.text("phase_name"))
            self._seen.keep("phase_name", (key, name), candidate.row)


def _asked(candidate: Candidate, code: str) -> tuple[str, str, str]:
    """A code in its contract, before the project is looked up."""
    project, contract = candidate.text("project_code"), candidate.text("contract")
    return intern(project.upper()), name_key(contract), intern(code.upper())


_TOLD_AS = {
    "kind": "line_type",
    "code": "phase_code",
    "name": "phase_name",
    "fee_minor": "fee",
    "hourly_rate_minor": "hourly_rate",
}
