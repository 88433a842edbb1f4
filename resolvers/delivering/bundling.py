"""Taking many papers at once (B29)."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.errors import INPUT_TOO_LARGE, Refusal
from persistence.deadline import longer
from resolvers._shares import to_read
from resolvers.delivering._bundling import MOST_PAPERS, bundle
from schema.context import Info
from schema.download import DownloadLink, KeptFile, link_to
from schema.needs import admit
from schema.node import key_of
from schema.user_error import UserError, user_errors


@strawberry.type
class InvoicesPdfPayload:
    download: DownloadLink | None = None
    user_errors: list[UserError] = strawberry.field(default_factory=list)


@strawberry.type
class Bundling:
    """The mutation that hands out many papers."""

    @strawberry.mutation(description="The PDFs of at most 200 invoices, in one zip.")
    async def invoices_pdf(self, info: Info, ids: list[strawberry.ID]) -> InvoicesPdfPayload:
        context = info.context

        def make() -> KeptFile:
            if len(ids) > MOST_PAPERS:
                raise Refusal(INPUT_TOO_LARGE(field=("ids",), count=len(ids), limit=MOST_PAPERS))
            keys = [key_of(one, "invoice", field=("ids", place)) for place, one in enumerate(ids)]
            return bundle(context.house, context.caller, keys)

        try:
            admit(info.field_name, context.caller.role, context.caller.reach)
            with longer():
                kept = await to_read(context.caller, make)
        except Refusal as refusal:
            said: Any = user_errors(refusal.issues, context.caller.locale)
            return InvoicesPdfPayload(user_errors=said)
        return InvoicesPdfPayload(
            download=link_to(context.house, context.caller.organisation_id, kept)
        )
