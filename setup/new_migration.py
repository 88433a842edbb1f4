"""Writes the next migration: what the records say, less what all migrations so far make.

Usage: python setup/new_migration.py "the client has a nickname"
"""

from __future__ import annotations

import sys
import tempfile

from persistence.migrate import migrate, new_step


def main(message: str) -> None:
    """Compares with a new SQLite database, so that nobody's data is needed or touched."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/present.db"
        migrate(url)
        new_step(url, message=message)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))
