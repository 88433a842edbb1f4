"""Documents that were final before there was a chain."""

from __future__ import annotations

from domain.invoice.chain import BreakReason
from domain.invoice.model import InvoiceState
from persistence.invoice.chain import link_former, verify
from persistence.session import Database
from tests.persistence.firms import billed, found_firm


def test_documents_that_were_final_before_the_chain_are_its_first_links(
    database: Database,
) -> None:
    """Until then they stand outside of it; linked twice, they are linked once."""
    firm = found_firm(database)
    with firm.writing() as session:
        for number in (1, 2):
            billed(session, firm, number, 100, state=InvoiceState.READY)
        billed(session, firm, 3, 100)
    with firm.reading() as session:
        broken = verify(session, firm.entity_id).broken
    assert broken is not None
    assert broken.reason is BreakReason.LINK_MISSING
    for _ in range(2):
        with firm.writing() as session:
            link_former(session)
        with firm.reading() as session:
            found = verify(session, firm.entity_id)
        assert (found.links, found.broken) == (2, None)
