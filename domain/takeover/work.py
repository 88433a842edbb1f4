"""Whose time and on what: finding the people, projects, fee projects and phases that rows name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from domain.errors import Issue
from domain.likeness import name_key
from domain.takeover.issues import REFERENCE_AMBIGUOUS
from domain.takeover.match import Index, Known, unknown

_NEAR = 3

Found = tuple[Known | None, tuple[Issue, ...]]
"""The record that a cell names, and what is to be said of how it was found."""


@dataclass(slots=True)
class KnownWork:
    """The records that time is worked by and on."""

    people: Index = field(default_factory=Index)
    """Named and coded by their e-mail."""
    named: dict[str, list[Known]] = field(default_factory=dict)
    """The same by the key of first and last name; two people may share one."""
    projects: Index = field(default_factory=Index)
    contracts: dict[int, Index] = field(default_factory=dict)
    """By project."""
    phases: dict[int, list[Known]] = field(default_factory=dict)
    """By project, each with its `contract_id`."""
    _called: dict[int, dict[str, list[Known]]] = field(default_factory=dict)
    _contracts: dict[int, Known] = field(default_factory=dict)
    _codes: dict[int, str] = field(default_factory=dict)
    _ending: dict[tuple[str, int | None], Known | None] = field(default_factory=dict)
    """By phase, and by contract of one phase: those of prepaid hours with an end."""
    _asked: Index = field(default_factory=Index)
    """The contracts of the project that a row named last."""

    def person(self, text: str) -> Found:
        """The collaborator with that e-mail, else with that full name."""
        same = [] if "@" in text else self.named.get(name_key(text), [])
        if len(same) > 1:
            near = ", ".join(one.name for one in same[:_NEAR])
            return None, (REFERENCE_AMBIGUOUS(field=("email",), found=text, near=near),)
        return (same[0], ()) if same else self.people.resolve(text, field="email")

    def contract(self, text: str, project: Known) -> Found:
        """The fee project of `project` with that name."""
        index = self.contracts.get(project.id, Index())
        if index is not self._asked:
            # Seven kilobytes a project, of as many projects as a file names with a wrong contract.
            self._asked.forget_likely()
            self._asked = index
        return index.resolve(text, field="contract")

    def phase(self, text: str, project: Known, contract: Known | None) -> Found:
        """The phase of `contract`, else of any one of `project`, with that code, else that name."""
        for called in (text.upper(), name_key(text)):
            found = [one for one in self._phases(project.id, called) if _is_of(one, contract)]
            if len(found) == 1:
                return found[0], ()
            if found:
                owners = (self.contract_of(one, project).name for one in found[:_NEAR])
                near = ", ".join(owners)
                return None, (REFERENCE_AMBIGUOUS(field=("phase_code",), found=text, near=near),)
        there = [one for one in self.phases.get(project.id, ()) if _is_of(one, contract)]
        codes = [str(one.code) for one in there[:_NEAR]]
        return None, (unknown(text, field="phase_code", near=codes),)

    def contract_of(self, phase: Known, project: Known) -> Known:
        """The fee project of a phase of `project`."""
        return self.contracts[project.id].by_id[phase.columns["contract_id"]]

    def ended(self, contract_id: int | None, key: int | None) -> Known | None:
        """The phase with an end whose prepaid hours time is drawn from.

        It is the phase with the identifier `key`, else the only one of the contract.
        """
        if not self._ending:
            self._ending.update(self._with_end())
        return self._ending.get(("contract", contract_id) if key is None else ("phase", key))

    def _with_end(self) -> Iterator[tuple[tuple[str, int | None], Known | None]]:
        yield ("contract", None), None
        live: defaultdict[int, list[Known]] = defaultdict(list)
        for phase in chain.from_iterable(self.phases.values()):
            if phase.columns.get("archived_at") is None:
                live[phase.columns["contract_id"]].append(phase)
        for contract_id, phases in live.items():
            for phase in phases:
                if phase.columns.get("is_prepaid") and phase.columns.get("end_date") is not None:
                    yield ("phase", phase.id), phase
                    if len(phases) == 1:
                        yield ("contract", contract_id), phase

    def contract_name(self, key: int | None) -> str | None:
        """The name of the fee project with that identifier."""
        if not self._contracts:
            for index in self.contracts.values():
                self._contracts.update(index.by_id)
        contract = self._contracts.get(key or 0)
        return contract.name if contract else None

    def phase_code(self, key: int | None) -> str | None:
        """The code of the phase with that identifier."""
        if not self._codes:
            every = (phase for phases in self.phases.values() for phase in phases)
            self._codes.update((phase.id, str(phase.code)) for phase in every)
        return self._codes.get(key or 0)

    def _phases(self, project_id: int, called: str) -> Sequence[Known]:
        """The phases of a project by code and by key of name."""
        if project_id not in self._called:
            by_name = self._called[project_id] = defaultdict(list)
            for phase in self.phases.get(project_id, ()):
                for name in {str(phase.code).upper(), phase.key or name_key(phase.name)}:
                    by_name[name].append(phase)
        return self._called[project_id].get(called, ())


def _is_of(phase: Known, contract: Known | None) -> bool:
    return contract is None or phase.columns["contract_id"] == contract.id
