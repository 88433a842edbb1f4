"""What stamping does not know; whoever meets it leaves the paper to the engine."""

from __future__ import annotations

import structlog

log = structlog.get_logger("jalon")

GivenUp = set[bytes]
"""The shapes that are laid out for good; whoever sets the engine up anew hands them on."""


class Unusual(Exception):
    """The paper has something that is not known here: the engine writes it by itself."""


def tell_of_failure(given_up: GivenUp, shape: bytes, error: Exception) -> None:
    """Gives a shape up over what nobody foresaw, as when an upgrade changed the engine's inside.

    It is told once: the papers are there all the same.
    """
    if shape not in given_up:
        given_up.add(shape)
        log.error("stamp_failed", shape=shape.hex(), exc_info=error)
