"""What the audit trail knows of an erased person.

The trail is append-only and chained: it alone knows what may be taken out of it and how its chain
then still verifies. An erasure calls it last, with the records that became neutral.
"""

from __future__ import annotations

from domain.privacy import Reckoning
from persistence.privacy_person import Person
from persistence.session import ScopedSession


def forget_in_audit(session: ScopedSession, person: Person, reckoning: Reckoning) -> None:
    """Takes what was written of the person's own columns out of the audit trail.

    There is no trail yet: nothing is to be taken out of it.
    """
