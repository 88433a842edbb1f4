"""Who acts, by which door they came in, and how far they reach: what a session is opened with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Door(StrEnum):
    """How somebody came to act."""

    KEY = "KEY"
    """A program, with an API key."""
    SIGN_IN = "SIGN_IN"
    """A person, with their e-mail address and password."""
    IDENTITY_PROVIDER = "IDENTITY_PROVIDER"
    """A person, with a token of their firm's own identity provider."""
    COMMAND = "COMMAND"
    """Whoever may use the terminal of the installation."""
    LINK = "LINK"
    """Whoever holds a signed address."""
    HOUSE = "HOUSE"
    """The product by itself: schedules, deliveries, what is put in order at night."""
    OUTSIDE = "OUTSIDE"
    """Whoever wrote into the database past the product, in a shell of it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, as the audit keeps it."""

    door: Door
    name: str
    """As people know them: the name of a key, the e-mail address of a person."""
    id: str = ""
    """The record they are ("api_key_4", "member_2"); empty where there is none."""
    address: str = ""
    """The network address they ask from; empty where there is none."""
    request_id: str = ""
    """Finds the lines of the log; a job keeps that of the request that asked for it."""

    def told(self) -> dict[str, str]:
        """As JSON keeps it."""
        return {
            "door": self.door.value,
            "name": self.name,
            "id": self.id,
            "address": self.address,
            "request_id": self.request_id,
        }

    @classmethod
    def of(cls, told: Mapping[str, str]) -> Actor:
        """The actor that `told` gave."""
        return cls(
            Door(told["door"]),
            told["name"],
            told["id"],
            address=told["address"],
            request_id=told["request_id"],
        )


THE_HOUSE = Actor(Door.HOUSE, "Jalon")


@dataclass(frozen=True, slots=True)
class Reach:
    """What of the firm somebody may see and write at all, whatever their role holds."""

    entity_ids: frozenset[int] | None = None
    """Only what these entities invoice; None: all of them."""
    collaborator_id: int | None = None
    """Who they are among the collaborators, where that is known."""
    own_projects: bool = False
    """Only the projects of that collaborator."""
    only_work: bool = False
    """Of these projects only the work: their own hours, and no paper that bills it."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the firm is out of reach."""
        return self.entity_ids is None and not self.own_projects and not self.only_work

    def told(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "entity_ids": None if self.entity_ids is None else sorted(self.entity_ids),
            "collaborator_id": self.collaborator_id,
            "own_projects": self.own_projects,
            "only_work": self.only_work,
        }

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Reach:
        """The reach that `told` gave."""
        entities = told["entity_ids"]
        return cls(**{**told, "entity_ids": None if entities is None else frozenset(entities)})


WHOLE_FIRM = Reach()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a session stands: in one organisation, for one actor, doing one act."""

    organisation_id: int
    actor: Actor = THE_HOUSE
    act: str = ""
    """What is being done: the name of the mutation, of the command, or of the kind of job."""
    reach: Reach = field(default=WHOLE_FIRM)
