"""What can be done as a job: each kind says how it is carried out, and how it is given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from domain.job import Errand, JobKind, Tell
from persistence.session import ScopedSession


class Abandoned(Exception):
    """This process must let go of the job: it ends, or another one has it. Nothing is decided."""


class Cancelled(Exception):
    """Somebody cancelled the job."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How jobs of one kind are done. Registered by the server: jobs know no verb of the API.

    `carry_out` opens its own transactions and writes the job's end (persistence.jobs.end) in the
    last one, having asked there whether it still `holds` the job. It tells how far it is, and lets
    what that raises pass. `give_up` brings the subject back to where it was, in the transaction
    that notes that the job failed or was cancelled.

    Of a kind that `keeps_parts`, each transaction keeps a part of the work and asks first whether
    the job `goes_on`; begun again, it does the rest. Its `give_up` leaves what is done.
    """

    carry_out: Callable[[Errand, Tell], None]
    give_up: Callable[[ScopedSession, Errand], None]
    keeps_parts: bool = False


Kinds = Mapping[JobKind, Kind]
