"""Undoing an import: planned first, told beforehand, then taken back in one transaction."""

from persistence.takeover.undo.plan import MAIN, entries_of, plan_revert, projects_touched
from persistence.takeover.undo.take_back import forget_restored, take_back

__all__ = ["MAIN", "entries_of", "forget_restored", "plan_revert", "projects_touched", "take_back"]
