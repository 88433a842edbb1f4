"""Handing final documents out for programs to read: electronic invoices (EN 16931)."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.errors import Refusal
from domain.invoice.papers import ElectronicForm
from resolvers._mutation import Acting
from resolvers._shares import to_read
from resolvers.delivering._electronic import prepare_electronic, write_electronic
from schema.context import Info
from schema.download import DownloadLink, KeptFile, link_to
from schema.needs import admit
from schema.node import key_of
from schema.user_error import UserError, user_errors

strawberry.enum(
    ElectronicForm,
    description="FACTUR_X: the paper (PDF/A-3) that carries the XML. CII: the XML alone.",
)


@strawberry.type
class InvoiceElectronicPayload:
    download: DownloadLink | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class HandingOut:
    """The mutation that hands out electronic invoices."""

    @strawberry.mutation(
        description="A final invoice, deposit or credit note as an electronic invoice: Factur-X or "
        "its XML alone (CII, EN 16931 with the French rules). The bytes are drawn once and kept. "
        "Of a pro forma: what would stand in its way."
    )
    async def invoice_electronic(
        self, info: Info, id: strawberry.ID, form: ElectronicForm = ElectronicForm.FACTUR_X
    ) -> InvoiceElectronicPayload:
        context = info.context

        def make() -> KeptFile:
            key = key_of(id, "invoice", field=("id",))
            with context.house.database.reading(context.caller.standing()) as session:
                acting = Acting(session, context.caller, context.house)
                prepared = prepare_electronic(acting, key, form)
            return write_electronic(context.house, context.caller, prepared, form)

        try:
            admit(info.field_name, context.caller.role, context.caller.reach)
            kept = await to_read(context.caller, make)
        except Refusal as refusal:
            said: Any = user_errors(refusal.issues, context.caller.locale)
            return InvoiceElectronicPayload(user_errors=said)
        link = link_to(context.house, context.caller.organisation_id, kept)
        return InvoiceElectronicPayload(download=link)
