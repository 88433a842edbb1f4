"""What stamping does not know; whoever meets it leaves the paper to the engine."""

from __future__ import annotations


class Unusual(Exception):
    """The paper has something that is not known here: the engine writes it by itself."""
