"""Which planner judges the rows of which kind of sheet."""

from __future__ import annotations

from collections.abc import Mapping

from domain.takeover.clients import ClientPlanner
from domain.takeover.collaborators import CollaboratorPlanner
from domain.takeover.fusion import FusionPlanner
from domain.takeover.phases import PhasePlanner
from domain.takeover.plan import Planner
from domain.takeover.progress import ProgressPlanner
from domain.takeover.projects import ProjectPlanner
from domain.takeover.taken_over import AdjustmentPlanner, HistoryPlanner
from domain.takeover.time_entries import TimeEntryPlanner

PLANNERS: Mapping[str, type[Planner]] = {
    "clients": ClientPlanner,
    "projects": ProjectPlanner,
    "phases": PhasePlanner,
    "collaborators": CollaboratorPlanner,
    "progress": ProgressPlanner,
    "history": HistoryPlanner,
    "adjustments": AdjustmentPlanner,
    "time_entries": TimeEntryPlanner,
    "clients_fusion": FusionPlanner,
}
"""By the key of the sheet; `persistence.takeover.known` makes one with the firm's records."""
