"""Many papers in one download: a zip of PDFs, the same bytes for the same papers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from domain.errors import FIELD_REQUIRED, NOT_FOUND, Refusal
from persistence.reading import load_by_ids
from resolvers._mutation import Acting
from resolvers._printing import prepare_paper, print_paper
from schema.context import Caller, House
from schema.download import KeptFile
from schema.invoice import INVOICE

MOST_PAPERS = 200
ZIP = "application/zip"


def bundle(house: House, caller: Caller, keys: Sequence[int]) -> KeptFile:
    """The papers of the invoices as a zip in the store, each once, in their order.

    Refuses with FIELD_REQUIRED, or NOT_FOUND for each that is not there.
    """
    _require_known(house, caller, keys)
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        for key in dict.fromkeys(keys):
            # One at a time: each is read in a moment and printed outside of any transaction.
            with house.database.reading(caller.organisation_id) as session:
                prepared = prepare_paper(Acting(session, caller, house), key)
            paper = print_paper(house, caller, prepared)
            archive.writestr(ZipInfo(paper.filename), house.files.get(paper.key))
    content = packed.getvalue()
    name = hashlib.sha256(content).hexdigest()[:32]
    kept = f"{caller.organisation_id}/invoices/zip/{name}.zip"
    house.files.put(kept, content)
    day = house.today(caller.time_zone).isoformat()
    return KeptFile(kept, f"invoices-{day}.zip", ZIP, len(content))


def _require_known(house: House, caller: Caller, keys: Sequence[int]) -> None:
    if not keys:
        raise Refusal(FIELD_REQUIRED(field=("ids",), name="ids"))
    with house.database.reading(caller.organisation_id) as session:
        known = load_by_ids(session, INVOICE, {}, keys)
    strangers = [(place, key) for place, key in enumerate(keys) if key not in known]
    if strangers:
        raise Refusal(
            *(
                NOT_FOUND(field=("ids", place), noun="invoice", key=f"invoice_{key}")
                for place, key in strangers
            )
        )
