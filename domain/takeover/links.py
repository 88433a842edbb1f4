"""Linked phases: a chain of links that comes back to where it began, each phase of it named."""

from __future__ import annotations

from collections.abc import Mapping

from domain.errors import Issue, IssueKind, Scope, Severity

ContractKey = tuple[int, str]
"""(project, name key): how a contract is known before it has an identifier."""

Linkable = int | tuple[ContractKey, str]
"""A phase by its identifier; one that is not there yet by its contract and its code."""

REFERENCE_CIRCULAR = IssueKind(
    "REFERENCE_CIRCULAR",
    Severity.ERROR,
    Scope.ROW,
    "The linked phases lead back to where they began, or never end: {circle}.",
    "Link one of them to a phase outside the circle, or to none.",
)

_LONGEST = 100
"""Phases of one chain; a longer one is no annex of anything, and walking it takes the square."""
_TOLD = 10


class Links:
    """Which phase each phase is linked to: now, with the rows kept so far, and if all rows were.

    The rows that are only asked for name a circle to each of its rows, wherever they stand in the
    file. Those kept are what will be written: some of the others may yet be refused.
    """

    def __init__(self, present: Mapping[int, int | None]) -> None:
        self._kept: dict[Linkable, Linkable] = {
            phase: linked for phase, linked in present.items() if linked is not None
        }
        self._asked = dict(self._kept)

    def foresee(self, phase: Linkable, linked: Linkable) -> None:
        """A row of the file asks for this link."""
        self._asked[phase] = linked

    def keep(self, phase: Linkable, linked: Linkable) -> None:
        """This link will be written."""
        self._kept[phase] = linked

    def circle(self, phase: Linkable, linked: Linkable) -> list[Linkable]:
        """The phases from `phase` back to itself, were it linked to `linked`; [] of a sound one."""
        return _round(self._asked, phase, linked) or _round(self._kept, phase, linked)


def _round(links: Mapping[Linkable, Linkable], start: Linkable, linked: Linkable) -> list[Linkable]:
    met, place = [start], linked
    while place != start:
        if place in met:
            return []  # a circle of others, who are told of it
        met.append(place)
        following = links.get(place)
        if following is None:
            return []
        if len(met) > _LONGEST:
            return met
        place = following
    return [*met, start]


def told_circle(found: str, codes: list[str]) -> Issue:
    """REFERENCE_CIRCULAR of the cell `found`, with the codes of the phases in their order."""
    shown = codes if len(codes) <= _TOLD else [*codes[: _TOLD - 1], "…", codes[-1]]
    return REFERENCE_CIRCULAR(field=("linked_phase",), found=found, circle=" → ".join(shown))
