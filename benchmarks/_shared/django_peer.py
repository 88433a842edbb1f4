"""A peer that a Python of its own runs: django-import-export takes a workbook of clients in.

    PYTHON benchmarks/_shared/django_peer.py FOLDER NAME CODE

Reads `warm.xlsx`, then `full.xlsx` of FOLDER, each into a fresh SQLite database, the fast way the
peer has: bulk writes, no difference made for rows that are not there, no history. Its model holds
the same columns under the same unique keys (NAME and CODE are their titles); of our rules it knows
no other. Prints the processor seconds of preview (a dry run) and confirmation of the second.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(folder: Path) -> None:
    import django
    from django.conf import settings

    database = folder / "peer.db"
    settings.configure(
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(database)},
        },
        INSTALLED_APPS=["import_export"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()
    from django.db import connection, models
    from import_export import resources
    from tablib import Dataset

    content = {size: folder.joinpath(f"{size}.xlsx").read_bytes() for size in ("warm", "full")}
    titles = Dataset().load(content["warm"], format="xlsx").headers or []
    names = [f"column_{place}" for place, _ in enumerate(titles)]
    columns = {name: models.TextField(null=True, blank=True) for name in names}
    name, code = names[titles.index(sys.argv[2])], names[titles.index(sys.argv[3])]
    columns[name] = models.CharField(max_length=255, unique=True)
    columns[code] = models.CharField(max_length=64, unique=True)
    meta = type("Meta", (), {"app_label": "import_export"})
    client = type("Client", (models.Model,), {"__module__": __name__, "Meta": meta, **columns})
    options = {
        "model": client,
        "fields": names,
        "import_id_fields": (code,),
        "use_bulk": True,
        "batch_size": 1_000,
        "skip_diff": True,
        "force_init_instance": False,
    }
    inner = type("Meta", (), options)
    resource = type("ClientResource", (resources.ModelResource,), {"Meta": inner})
    taken = []
    for size in ("warm", "full"):
        database.unlink(missing_ok=True)
        connection.close()
        with connection.schema_editor() as editor:
            editor.create_model(client)
        start = time.process_time()
        for is_dry in (True, False):
            # The file is read at each step, as its own pages do.
            rows = Dataset().load(content[size], format="xlsx")
            rows.headers = names
            found = resource().import_data(rows, dry_run=is_dry, raise_errors=True)
            taken.append(time.process_time() - start)
            start = time.process_time()
        if client.objects.count() != len(rows) or found.has_errors():
            raise SystemExit("not all rows went in")
    print(json.dumps({"preview": taken[-2], "confirm": taken[-1]}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
