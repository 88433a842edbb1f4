"""The lines of an invoice over several projects, as its paper groups them: heading, lines, sum."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from domain.invoice.model import InvoiceLine, LineKind


@dataclass(frozen=True, slots=True)
class Group:
    """The lines of one project in their order; of none: what belongs to no project."""

    project_id: int | None
    lines: Sequence[InvoiceLine]

    @property
    def net(self) -> int:
        """What they come to, in minor units."""
        return sum(line.net_minor for line in self.lines)

    @property
    def has_amounts(self) -> bool:
        """Whether there is more than text."""
        return any(line.kind is not LineKind.TEXT for line in self.lines)


def grouped(
    lines: Sequence[InvoiceLine],
    *,
    of_phases: Mapping[int, int],
    of_deposits: Mapping[int, int | None],
    known: Collection[int],
) -> list[Group]:
    """The projects in the order of their first lines, then what is of none.

    `known` are the projects that have a heading. A deduction stands with the project of its
    deposit. A text goes with the priced line above it
    (DOMAIN §2.1), at the very top with the one below.
    """
    groups: dict[int | None, list[InvoiceLine]] = {}
    waiting: list[InvoiceLine] = []
    current: list[InvoiceLine] | None = None
    for line in lines:
        if line.kind is LineKind.TEXT:
            (waiting if current is None else current).append(line)
            continue
        key = of_phases.get(line.phase_id or 0)
        if line.deducts_id is not None:
            key = of_deposits.get(line.deducts_id)
        key = key if key in known else None
        current = groups.setdefault(key, [])
        current += [*waiting, line]
        waiting = []
    if waiting:
        groups.setdefault(None, []).extend(waiting)
    ordered = sorted(groups.items(), key=lambda item: item[0] is None)
    return [Group(key, tuple(some)) for key, some in ordered]
