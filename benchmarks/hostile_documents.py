"""Documents made to cost much: what they take until they are refused, or valid, and how it grows.

    .venv/bin/python benchmarks/hostile_documents.py [--rounds N]

Each family (tests/support/hostile_documents.py) at 900, 1,800 and 3,600 tokens (the limit is
4,000), through the limits and the validation, before anything of it would be run. Goals: half a
second of processor, and growth as the size (an exponent of 1). One family of fields that are
compared pair by pair grows as the square, until the library has compared as many as it ever does.
"""

from __future__ import annotations

import argparse
import time

from _shared.growth import exponent
from _shared.measuring import report, show
from graphql import specified_rules

from server.graphql import jalon_schema
from server.limits import QueryTooLarge, parse_within_limits
from server.validating import validate_briefly
from tests.support.hostile_documents import COMPARED, FAMILIES

SIZES = (900, 1_800, 3_600)


def main() -> None:
    """Every family at every size, the least of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    schema = jalon_schema()._schema

    def checked(text: str) -> str:
        try:
            document = parse_within_limits(text).document
        except QueryTooLarge as refused:
            return f"too many {refused.what}"
        errors = validate_briefly(schema, document, tuple(specified_rules))
        return errors[-1].message[:48] if errors else "valid"

    rows, dearest, steepest = [], 0.0, 0.0
    for name, family in FAMILIES.items():
        costs, told = [], ""
        for tokens in SIZES:
            text, taken = family(tokens), []
            for _ in range(rounds):
                start = time.process_time()
                told = checked(text)
                taken.append(time.process_time() - start)
            costs.append(min(taken))
        dearest = max(dearest, *costs)
        growth = exponent(list(zip(SIZES, costs, strict=True)))
        if name != COMPARED:
            steepest = max(steepest, growth)
        rows.append([name, *(f"{1000 * one:.0f}" for one in costs), f"n^{growth:.2f}", told])
    show(["processor, ms", *(f"{size:,} tokens" for size in SIZES), "grows", "answer"], rows)
    what = f"{len(FAMILIES)} families of hostile documents"
    report("", f"{what}: processor of the dearest", dearest, at_most=0.5, unit="s")
    # Where what is refused stops growing the least squares lie below 1; noise may lift them a bit.
    report("", f"{what}: the steepest growth", steepest, at_most=1.2, unit="(n^)", growth=steepest)


if __name__ == "__main__":
    main()
