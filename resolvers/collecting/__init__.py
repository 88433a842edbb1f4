"""Collecting what is due: payments, and reminders of what is late."""
