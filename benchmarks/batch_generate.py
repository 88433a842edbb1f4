"""Pro formas of a batch made from what is due, beside one INSERT … SELECT of the same rows.

    .venv/bin/python benchmarks/batch_generate.py [--contracts N] [--database postgresql]

Product: `batchRun` (all assessed anew, held, proposed) and the job of `batchGenerate` without HTTP,
an invoice of four lines a contract: assessed once more under the locks, compared with the plan,
numbered, described, taxed, counted up, a hundred in a transaction. Floor: two set-based statements
that insert as many invoices and lines from the proposals, with no rule and no words, rolled back.
Goals W1, W2, and 500 invoices a second.
"""

from __future__ import annotations

import argparse
import os

from _shared.measuring import Stages, show
from _shared.sitting import Sitting, sitting
from sqlalchemy import text

from tests.support.databases import owner

_FLOORS = ("floor", "floor again")
_HEADS = text("""
INSERT INTO invoice (id, organisation_id, pro_forma_number, client_id, entity_id, currency, kind,
  state, language, payment_days, net_minor, vat_minor, gross_minor, vat_groups, seller, buyer,
  created_at, updated_at, version)
SELECT id, organisation_id, 'X-' || place, client_id, entity_id, currency, '380', 'DRAFT', language,
  30, net_minor, vat_minor, net_minor + vat_minor, '[]', '{}', '{}', CURRENT_TIMESTAMP,
  CURRENT_TIMESTAMP, 1
FROM batch_invoice WHERE batch_id = :batch
""")
_LINES = text("""
INSERT INTO invoice_line (organisation_id, invoice_id, position, kind, description, currency,
  detail, quantity, unit, unit_price, net_minor, tax_code_id, ledger_account, phase_id, created_at)
SELECT item.organisation_id, item.bill_id,
  row_number() OVER (PARTITION BY item.bill_id ORDER BY item.id), 'PROJECT', phase.name,
  item.currency, 'Avancement', 10000, 'LS', item.amount_minor * 10000, item.amount_minor,
  item.tax_code_id, '706000', item.phase_id, CURRENT_TIMESTAMP
FROM batch_item item JOIN phase ON phase.id = item.phase_id
WHERE item.batch_id = :batch AND item.bill_id IS NOT NULL
""")


def floor(at: Sitting, batch_id: int) -> None:
    """As many rows, taken back at once."""
    with owner(at.house.database).connect() as connection, connection.begin() as transaction:
        for statement in (_HEADS, _LINES):
            connection.execute(statement, {"batch": batch_id})
        transaction.rollback()


def main() -> None:
    """One batch: floor, then product, in the same database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contracts", type=int, default=10_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    with sitting(given.database, given.contracts, mixed=False) as at:
        batch_id = at.plan()
        stages = Stages()
        stages.measure("run", lambda: at.run(batch_id))
        for name in _FLOORS:
            stages.measure(name, lambda: floor(at, batch_id))
        made = stages.measure("generate", lambda: at.generate(batch_id))
    least = [min(stages.figures[name][kind] for name in _FLOORS) for kind in (0, 1)]
    cpu, wall, _ = stages.figures["generate"]
    rows = [
        [name, f"{cpu:.2f}", f"{wall:.2f}", f"{peak:.0f}"]
        for name, (cpu, wall, peak) in stages.figures.items()
    ]
    titles = [
        f"{given.database}: {made:,} invoices of four lines",
        "processor, s",
        "seconds",
        "MiB",
    ]
    show(titles, rows)
    beside = f"{wall / least[1]:.1f} × the floor"
    if given.database == "sqlite":
        # Of PostgreSQL the processor time is another process's.
        beside += f" ({cpu / least[0]:.1f} × its processor time)"
    speed = f"{made / wall:.0f} invoices a second, {made / cpu:.0f} a second of processor"
    print(f"{beside}; {speed}; load {os.getloadavg()[0]:.0f}")


if __name__ == "__main__":
    main()
