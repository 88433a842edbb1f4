"""What goes to an approved platform and what it answers, as values.

The words are those of the Flow Service (AFNOR XP Z12-013), of its versions 1.1 to 1.3.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.form import one_line

LONGEST_ID = 64
"""Characters of an identifier of a flow (NotOnlyUuid); up to version 1.2 a platform takes 36."""
LONGEST_NAME = 255
LONGEST_FAULT = 500
MOST_AT_ONCE = 100
"""Flows that a platform may be asked for at once."""
IN_A_HEADER = re.compile(r"[!-~]+( [!-~]+)*")
"""What the name of an organisation may be made of."""


class FlowSyntax(StrEnum):
    """What the file is written in; CDAR tells of statuses, FRR reports to the tax office."""

    CII = "CII"
    UBL = "UBL"
    FACTUR_X = "Factur-X"
    CDAR = "CDAR"
    FRR = "FRR"


class FlowProfile(StrEnum):
    """How much an invoice says: CIUS is EN 16931, EXTENDED that of the French reform."""

    BASIC = "Basic"
    CIUS = "CIUS"
    EXTENDED = "Extended-CTC-FR"


class ProcessingRule(StrEnum):
    """What the platform is to do with a flow; those with G came with version 1.2."""

    B2B = "B2B"
    B2B_INTERNATIONAL = "B2BInt"
    B2C = "B2C"
    B2G = "B2G"
    B2G_INTERNATIONAL = "B2GInt"
    OUT_OF_SCOPE = "OutOfScope"
    B2G_OUT_OF_SCOPE = "B2GOutOfScope"
    ARCHIVE_ONLY = "ArchiveOnly"
    NOT_APPLICABLE = "NotApplicable"


class AckState(StrEnum):
    """What the platform's own checks came to: virus, integrity, syntax, sent twice."""

    PENDING = "PENDING"
    OK = "OK"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class Access:
    """Where a platform is and who calls it; `flow_url` is the address below which /v1/flows stands.

    `organisation` is said as Organization-Id, where one account calls for several firms.
    """

    flow_url: str
    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str | None = None
    organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A file to be sent. `tracking_id` is ours: by it `find` knows the flow again (36 characters).

    Without `profile` and `rule` the platform takes them from the file.
    """

    tracking_id: str
    name: str
    syntax: FlowSyntax
    profile: FlowProfile | None
    rule: ProcessingRule | None
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class FlowReason:
    """Why a platform refused a flow, or warns of it; `level` is Error or Warning, each one line."""

    level: str
    item: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow as the platform knows it.

    `direction` is Out for what we sent and In for what comes to us, `flow_type` a word of the
    interface such as CustomerInvoiceLC, or Undefined. `name` is empty up to version 1.1.
    """

    flow_id: str
    tracking_id: str | None
    name: str
    flow_type: str
    direction: str
    ack: AckState
    reasons: tuple[FlowReason, ...]
    submitted_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class FlowPage:
    """Flows that changed, the earliest change first.

    Where there is a `cursor`, the next page is asked for with it and with the same `since`. Else it
    is asked for with the latest `updated_at` that was read, and all is read when there is no flow.
    `unread` tells of each flow that nobody can read what it lacks: it stops none of the others.
    """

    flows: tuple[Flow, ...]
    cursor: str | None
    unread: tuple[str, ...] = ()


class PlatformFault(Exception):
    """A call that came to nothing; `error` is one line without any secret or token.

    `is_final`: waiting will not help. `is_silent`: nobody answered. `after` is how long the
    platform wants to be left alone.
    """

    def __init__(
        self,
        error: str,
        *,
        status: int | None = None,
        is_final: bool = False,
        is_silent: bool = False,
        after: timedelta | None = None,
    ) -> None:
        self.error = one_line(error)[:LONGEST_FAULT]
        super().__init__(self.error)
        self.status = status
        self.is_final = is_final
        self.is_silent = is_silent
        self.after = after


class MomentTooFull(PlatformFault):
    """So many flows changed at one `moment` that a platform without cursors cannot list them all.

    `flows` are those that it lists. What else is known by its identifier can still be read one by
    one; then the reading goes on with `moment` as the `since`.
    """

    def __init__(self, moment: datetime, flows: tuple[Flow, ...] = ()) -> None:
        super().__init__(f"the platform lists no more than some of what changed at {moment}")
        self.moment = moment
        self.flows = flows
