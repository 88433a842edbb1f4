"""Answers made ready: what is asked again is read and shaped by code made for it."""
