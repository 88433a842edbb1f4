"""A batch in a firm with much to bill: planned, clicked in, run and made, without HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from _shared.databases import database
from _shared.firm import Firm, found_firm, opened
from domain.batch.criteria import Criteria
from domain.batch.model import BillState
from domain.batch.plan import plan_hash
from persistence.batch import batches
from persistence.batch import bills as batch_bills
from persistence.batch import parts as batch_parts
from resolvers._mutation import Acting
from resolvers.batching import _generating as generating
from resolvers.batching import _making as making
from resolvers.batching import _planning as planning
from resolvers.batching import _running as running
from schema.context import House
from tests.support.databases import owner
from tests.support.due_firm import add_due

_EVERYTHING = 10**9


@dataclass(frozen=True)
class Sitting:
    """A firm, and a house that lists everything at once."""

    firm: Firm
    house: House

    @contextlib.contextmanager
    def acting(self) -> Iterator[Acting]:
        """One transaction, as a caller."""
        with self.house.database.writing(self.firm.caller.organisation_id) as session:
            yield Acting(session, self.firm.caller, self.house)

    def plan(self) -> int:
        """Lists and selects all that is due; the batch."""
        wanted = planning.PlanWanted(name="Bench", cut_off=None, criteria=Criteria())
        with self.acting() as acting:
            return planning.plan_batch(acting, wanted).id

    def hash_of(self, batch_id: int) -> str:
        with self.acting() as acting:
            batch = batches.the_batch(acting.session, batch_id)
            sums = batch_parts.sums_by_batch(acting.session, [batch_id])[batch_id]
            return plan_hash(
                batch_id=batch_id, cut_off=batch.cut_off, grouping=batch.grouping, sums=sums
            )

    def run(self, batch_id: int) -> None:
        """Assesses what is selected anew, holds it, and proposes the invoices."""
        plan = self.hash_of(batch_id)
        organisation = self.firm.caller.organisation_id
        with self.house.database.reading(organisation) as session:
            checked = running.check_plan(session, batch_id)
        with self.acting() as acting:
            running.run_batch(acting, batch_id, plan=plan, checked=checked)

    def generate(self, batch_id: int) -> int:
        """Makes the pro formas, portion by portion, as the job does; how many."""
        made = 0
        while True:
            with self.acting() as acting:
                batch = batches.the_batch(acting.session, batch_id, locked=True)
                bills = batch_bills.proposals_of(acting.session, batch_id, limit=generating.PORTION)
                if not bills:
                    return made
                making.make_bills(acting, batch, bills)
                if failed := batches.bills_of(acting.session, batch_id, states=(BillState.FAILED,)):
                    raise SystemExit(f"{len(failed)} failed: {failed[0].issues}")
            made += len(bills)


@contextlib.contextmanager
def sitting(kind: str, contracts: int, *, mixed: bool) -> Iterator[Sitting]:
    """A new firm with `contracts` contracts of four phases, something due of each."""
    with TemporaryDirectory() as name, database(kind, Path(name)) as url:
        firm = found_firm(url)
        with opened(firm, Path(name)) as house:
            found = Sitting(firm, replace(house, contracts_at_once=_EVERYTHING))
            with found.acting() as acting:
                add_due(acting.session, contracts, day=acting.today, mixed=mixed)
            with owner(house.database).connect() as connection:
                connection.exec_driver_sql("ANALYZE")
                connection.commit()
            yield found
