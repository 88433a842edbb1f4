"""Batches that recur: schedules, their clock, and what becomes of their runs."""
