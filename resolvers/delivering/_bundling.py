"""Many papers in one download: a zip of PDFs, the same bytes for the same papers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from documents.file_names import Names
from resolvers._mutation import Acting
from resolvers.delivering._papers import require_known
from resolvers.delivering._printing import prepare_paper, print_paper
from schema.context import Caller, House
from schema.download import ZIP, KeptFile

MOST_PAPERS = 200


def bundle(house: House, caller: Caller, keys: Sequence[int]) -> KeptFile:
    """The papers of the invoices as a zip in the store, each once, in their order.

    Refuses with FIELD_REQUIRED, INPUT_TOO_LARGE, or NOT_FOUND for each that is not there.
    """
    with house.database.reading(caller.standing()) as session:
        require_known(session, keys, limit=MOST_PAPERS)
    packed, names = BytesIO(), Names()
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        for key in dict.fromkeys(keys):
            # One at a time: each is read in a moment and printed outside of any transaction.
            with house.database.reading(caller.standing()) as session:
                prepared = prepare_paper(Acting(session, caller, house), key)
            paper = print_paper(house, caller, prepared)
            name = names.give(paper.number, ".pdf")
            archive.writestr(ZipInfo(name), house.files.get(paper.key))
    content = packed.getvalue()
    digest = hashlib.sha256(content).hexdigest()[:32]
    kept = f"{caller.organisation_id}/invoices/zip/{digest}.zip"
    house.files.put(kept, content)
    day = house.today(caller.time_zone).isoformat()
    return KeptFile(kept, f"invoices-{day}.zip", ZIP, len(content))
