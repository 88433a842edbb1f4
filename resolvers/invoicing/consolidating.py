"""One invoice over several projects of one client (B26)."""

from __future__ import annotations

from datetime import date

import strawberry

from resolvers._mutation import Acting, Payload
from resolvers.invoicing import _consolidating as drawing
from resolvers.invoicing._depositing import to_be_deducted
from resolvers.invoicing.one_by_one import InvoiceOncePayload
from resolvers.invoicing.replacing import once_with_invoices
from schema.context import Info
from schema.node import key_of
from schema.user_error import user_errors


@strawberry.input(description="What is due of a client, whatever its projects.")
class InvoiceCreateForClientInput:
    client_id: strawberry.ID
    project_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Only these projects; all of the client when left out."
    )
    items: list[str] | None = strawberry.field(
        default=None, description="Keys of `billables`; all that is due when left out."
    )
    as_of: date | None = strawberry.field(
        default=None,
        description="Time, progress and periods up to this day; today when left out.",
    )
    idempotency_key: strawberry.ID


@strawberry.type
class Consolidating:
    """Mutations over several projects."""

    @strawberry.mutation(
        description="Une facture par client: a pro forma over several projects of one client, of "
        "one currency, entity, VAT regime and purchase order (PROJECTS_DIFFER says why not)."
    )
    async def invoice_create_for_client(
        self, info: Info, input: InvoiceCreateForClientInput
    ) -> InvoiceOncePayload:
        def act(acting: Acting) -> Payload:
            asked = drawing.ClientDraw(
                key_of(input.client_id, "client", field=("client_id",)),
                projects=None
                if input.project_ids is None
                else [
                    key_of(one, "project", field=("project_ids", place))
                    for place, one in enumerate(input.project_ids)
                ],
                items=input.items,
                as_of=input.as_of,
            )
            invoice, projects = drawing.draw_for_client(acting, asked)
            issues = to_be_deducted(acting, *projects)
            said = user_errors(issues, acting.caller.locale)
            return {"invoice": invoice.id, "user_errors": said}

        return await once_with_invoices(info, "invoiceCreateForClient", input, act)
