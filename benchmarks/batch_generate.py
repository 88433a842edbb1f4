"""Pro formas of a batch made from what is due, beside the rows of them written by hand.

    .venv/bin/python benchmarks/batch_generate.py [--contracts N …] [--database postgresql]

Product: `batchRun` (all assessed anew, held, proposed) and the job of `batchGenerate` without HTTP,
an invoice of four lines a contract: assessed once more under the locks, compared with the plan,
numbered, described, taxed, counted up, a portion in a transaction. Two floors, both with every
key, index and audit trigger, in one transaction that is rolled back: the very rows that the product
wrote, computed before, handed to the driver (executemany on SQLite, COPY on PostgreSQL); and two
set-based INSERT … SELECT from the proposals, with no rule and no words. Neither reads, checks,
locks, numbers, releases or seals. Goal W2, and 500 invoices a second. At several sizes: how the
processor time grows.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Any

from _shared.growth import show_growth
from _shared.measuring import Stages, report, show
from _shared.sitting import Sitting, sitting
from sqlalchemy import Connection, inspect, text

from tests.support.databases import owner

_FLOORS = ("INSERT … SELECT", "INSERT … SELECT again")
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
_COMPUTED = "the rows computed"
_OTHERS = {"id": 10**9, "invoice_id": 10**9}
"""Added to keys, so that what is written a second time meets nothing."""


def set_based(at: Sitting, batch_id: int) -> None:
    """As many rows, taken back at once."""
    with owner(at.house.database).connect() as connection, connection.begin() as transaction:
        for statement in (_HEADS, _LINES):
            connection.execute(statement, {"batch": batch_id})
        transaction.rollback()


Computed = list[tuple[str, Sequence[str], list[tuple[Any, ...]]]]
"""Table, columns and rows."""


def computed(at: Sitting) -> Computed:
    """All invoices and lines there are, as they are to be written once more."""
    found: Computed = []
    with owner(at.house.database).connect() as connection:
        for table in ("invoice", "invoice_line"):
            names = [column["name"] for column in inspect(connection).get_columns(table)]
            shown = ", ".join(_again(name, connection) for name in names)
            rows = connection.exec_driver_sql(f"SELECT {shown} FROM {table} ORDER BY id")
            found.append((table, names, [tuple(row) for row in rows]))
    return found


def _again(name: str, connection: Connection) -> str:
    if name in _OTHERS:
        return f"{name} + {_OTHERS[name]}"
    if name == "pro_forma_number":
        return "'X' || pro_forma_number"
    return name if connection.dialect.name == "sqlite" else f"{name}::text"


def by_hand(at: Sitting, rows: Computed) -> None:
    """The computed rows given to the driver, and taken back."""
    with owner(at.house.database).connect() as connection, connection.begin() as transaction:
        driver: Any = connection.connection.driver_connection
        for table, names, values in rows:
            columns = ", ".join(f'"{name}"' for name in names)
            if connection.dialect.name == "sqlite":
                places = ", ".join("?" * len(names))
                driver.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places})", values)
                continue
            with driver.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
        transaction.rollback()


def measured(database: str, contracts: int) -> tuple[Stages, int]:
    """One batch of so many contracts: what each stage took, and how many invoices were made."""
    with sitting(database, contracts, mixed=False) as at:
        batch_id = at.plan()
        stages = Stages()
        stages.measure("run", lambda: at.run(batch_id))
        for name in _FLOORS:
            stages.measure(name, lambda: set_based(at, batch_id))
        made = stages.measure("generate", lambda: at.generate(batch_id))
        rows = computed(at)
        for name in (_COMPUTED, f"{_COMPUTED} again"):
            stages.measure(name, lambda: by_hand(at, rows))
    return stages, made


def tell(database: str, stages: Stages, made: int) -> None:
    rows = [
        [name, f"{cpu:.2f}", f"{wall:.2f}", f"{peak:.0f}"]
        for name, (cpu, wall, peak) in stages.figures.items()
    ]
    show([f"{database}: {made:,} invoices of four lines", "processor, s", "seconds", "MiB"], rows)
    cpu, wall, _ = stages.figures["generate"]
    sizes = {"of": made, "size": f"{made:,} invoices"}
    for floor, goal, most in ((_COMPUTED, "W2", 1.5), (_FLOORS[0], "", None)):
        both = [stages.figures[floor], stages.figures[f"{floor} again"]]
        by_clock = wall / min(one[1] for one in both)
        by_processor = cpu / min(one[0] for one in both)
        told = f"{by_clock:.1f} ×"
        if database == "sqlite":
            # Of PostgreSQL the processor time is another process's.
            told += f" ({by_processor:.1f} × its processor time)"
        print(f"generate beside {floor}: {told}")
        beside = by_processor if database == "sqlite" else by_clock
        what = f"pro formas made from a batch: × {floor}"
        report(goal, what, beside, at_most=most, cost=cpu, **sizes)
    speed_of = "pro formas made from a batch: a second of processor"
    report("W2", speed_of, made / cpu, at_least=500, unit="a second", **sizes)
    before = stages.figures["run"][0]
    report(
        "",
        "a batch run, before its pro formas are made: processor",
        before,
        unit="s",
        cost=before,
        **sizes,
    )
    speed = f"{made / wall:.0f} invoices a second, {made / cpu:.0f} a second of processor"
    print(f"{speed}; load {os.getloadavg()[0]:.0f}\n")


def main() -> None:
    """One batch a size: floors and product in the same database."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contracts", type=int, nargs="+", default=[1_000, 3_000, 10_000])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    costs: dict[str, list[tuple[int, float]]] = {"run": [], "generate": []}
    for contracts in given.contracts:
        stages, made = measured(given.database, contracts)
        tell(given.database, stages, made)
        for name, own in costs.items():
            own.append((contracts, stages.figures[name][0]))
    show_growth("growth", costs)


if __name__ == "__main__":
    main()
