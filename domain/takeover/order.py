"""Which files must come before which (O08, O09; DOMAIN §3.1)."""

from __future__ import annotations

from collections.abc import Mapping

from domain.errors import Issue
from domain.takeover.issues import IMPORT_ORDER

ORDER = (
    "clients",
    "projects",
    "phases",
    "collaborators",
    "progress",
    "history",
    "adjustments",
    "time_entries",
    "clients_fusion",
)
"""The order told to people: Clients, Projets, Phases et Annexes, Collaborateurs, then takeover.

The last one is another layout of the first.
"""

NEEDS: dict[str, tuple[str, ...]] = {
    "clients": (),
    "projects": ("clients",),
    "phases": ("clients", "projects"),
    "collaborators": (),
    "progress": ("clients", "projects", "phases"),
    "history": ("clients", "projects", "phases"),
    "adjustments": ("clients", "projects", "phases"),
    "time_entries": ("clients", "projects", "collaborators"),
    "clients_fusion": (),
}
"""What must hold at least one record, first to import first."""


def check_order(
    kind: str, counts: Mapping[str, int], *, titles: Mapping[str, str]
) -> tuple[Issue, ...]:
    """IMPORT_ORDER with the first file to import when what `kind` refers to is empty.

    `counts` holds the number of records by kind, `titles` the sheet names in the user's language.
    """
    for needed in NEEDS[kind]:
        if not counts.get(needed):
            return (
                IMPORT_ORDER(
                    found=titles[kind],
                    expected=titles[needed],
                    first=titles[needed],
                    kind=titles[kind],
                ),
            )
    return ()
