"""Sending electronic invoices through platforms, and following what became of them."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.access import Permission
from domain.platform.transmission import TransmissionState
from persistence.outside.statuses import statuses_where
from persistence.outside.transmissions import transmissions_where
from persistence.pages import Sort
from persistence.reading import Wanted, load_by_ids
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._reading import PageInput, read_page
from resolvers.transmitting._sending import transmit
from schema.connection import Connection
from schema.context import Info
from schema.invoice import INVOICE, Invoice
from schema.node import key_of, optional_key
from schema.transmission import LIFECYCLE_STATUS, TRANSMISSION, LifecycleStatus, Transmission
from schema.user_error import UserError, errors_again, kept_errors, user_errors
from schema.view import wanted


@strawberry.input
class TransmissionFilter:
    states: list[TransmissionState] | None = strawberry.field(
        default=None, description="REJECTED, DEAD: the list of what did not get through."
    )
    invoice_id: strawberry.ID | None = None


@strawberry.input
class LifecycleStatusFilter:
    codes: list[int] | None = strawberry.field(
        default=None, description="210: what buyers refused; 213: what platforms rejected."
    )
    invoice_id: strawberry.ID | None = None


@strawberry.input
class InvoicesTransmitInput:
    ids: list[strawberry.ID] = strawberry.field(description="Final documents; at most 1000.")
    idempotency_key: strawberry.ID


@strawberry.type
class InvoicesTransmitPayload:
    invoices: list[Invoice]
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class TransmittingQueries:
    """Queries about what is sent to platforms."""

    @strawberry.field(description="What is sent to platforms, the newest first.")
    async def transmissions(
        self, info: Info, filter: TransmissionFilter | None = None, page: PageInput | None = None
    ) -> Connection[Transmission]:
        asked = filter or TransmissionFilter()
        where = transmissions_where(
            states=asked.states,
            invoice_id=optional_key(asked.invoice_id, "invoice", field=("filter", "invoiceId")),
        )
        return await read_page(
            info,
            TRANSMISSION,
            asked=(page or PageInput()).asked(),
            sort=Sort("id", falling=True),
            where=where,
        )

    @strawberry.field(description="Statuses of invoices as they were read, the newest first.")
    async def lifecycle_statuses(
        self, info: Info, filter: LifecycleStatusFilter | None = None, page: PageInput | None = None
    ) -> Connection[LifecycleStatus]:
        asked = filter or LifecycleStatusFilter()
        where = statuses_where(
            codes=asked.codes,
            invoice_id=optional_key(asked.invoice_id, "invoice", field=("filter", "invoiceId")),
        )
        return await read_page(
            info,
            LIFECYCLE_STATUS,
            asked=(page or PageInput()).asked(),
            sort=Sort("id", falling=True),
            where=where,
        )


@strawberry.type
class Transmitting:
    """The mutation that sends through platforms."""

    @strawberry.mutation(
        description="Sends final documents through the approved platform of their entity, after "
        "the commit, each once; what is REJECTED or DEAD, or was turned down (213), is sent again. "
        "All or none: what stands in the way of any is told of all."
    )
    async def invoices_transmit(
        self, info: Info, input: InvoicesTransmitInput
    ) -> InvoicesTransmitPayload:
        fields = wanted(info, "invoices")

        def act(acting: Acting) -> Payload:
            keys = [
                key_of(one, "invoice", field=("ids", place)) for place, one in enumerate(input.ids)
            ]
            said = transmit(acting, keys)
            return _shown(acting, keys, fields) | {
                "user_errors": user_errors(said, acting.caller.locale)
            }

        once = Once(
            key=input.idempotency_key,
            mutation="invoicesTransmit",
            asked=input,
            keep=lambda payload: {
                "keys": [one["key"] for one in payload["invoices"]],
                "user_errors": kept_errors(payload["user_errors"]),
            },
            restore=lambda acting, kept: (
                _shown(acting, kept["keys"], fields)
                | {"user_errors": errors_again(kept["user_errors"])}
            ),
        )
        nothing: Payload = {"invoices": [], "replayed": False}
        return await write(info, Permission.FINALISE_INVOICES, act, nothing=nothing, once=once)


def _shown(acting: Acting, keys: list[int], fields: Wanted) -> Payload:
    acting.session.flush()
    found: Any = load_by_ids(acting.session, INVOICE, {**fields, "id": {}}, keys)
    return {"invoices": [found[key] for key in dict.fromkeys(keys) if key in found]}
