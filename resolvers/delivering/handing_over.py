"""Handing final invoices over to the accounting software, and following what became of it (F02)."""

from __future__ import annotations

from typing import Any

import strawberry

from domain.access import Permission
from domain.handover import TOPIC, DeliveryState
from persistence.outside.deliveries import deliveries_where
from persistence.outside.outbox import deliver, waiting_where
from persistence.pages import Sort
from persistence.reading import Wanted, load_by_ids, load_one
from resolvers._mutation import Acting, Once, Payload, write
from resolvers._reading import PageInput, read_page
from resolvers.delivering._handing_over import hand_over_again
from schema.connection import Connection
from schema.context import Info
from schema.delivery import HANDOVER_DELIVERY, HandoverDelivery
from schema.handover import Handover, handover_noun
from schema.node import key_of, optional_key
from schema.user_error import UserError, errors_again, kept_errors, user_errors
from schema.view import wanted


@strawberry.input
class HandoverDeliveryFilter:
    states: list[DeliveryState] | None = strawberry.field(
        default=None, description="DEAD: the list of what was given up."
    )
    endpoint_id: strawberry.ID | None = None
    handover_id: strawberry.ID | None = None


@strawberry.input
class HandoverRetryInput:
    ids: list[strawberry.ID] = strawberry.field(description="Of hand-overs; at most 1000.")
    idempotency_key: strawberry.ID


@strawberry.type
class HandoverPayload:
    handover: Handover | None
    user_errors: list[UserError]


@strawberry.type
class HandoverRetryPayload:
    handovers: list[Handover]
    user_errors: list[UserError]
    replayed: bool


@strawberry.type
class HandingOverQueries:
    """Queries about handing over."""

    @strawberry.field(
        description="Final invoices for the accounting software, oldest first; with "
        "`deliveryStates` those that have a delivery in one of them."
    )
    async def handovers(
        self,
        info: Info,
        delivered: bool | None = False,
        delivery_states: list[DeliveryState] | None = None,
        page: PageInput | None = None,
    ) -> Connection[Handover]:
        return await read_page(
            info,
            handover_noun(),
            asked=(page or PageInput()).asked(),
            sort=Sort("id"),
            where=waiting_where(TOPIC, delivered=delivered, states=delivery_states),
        )

    @strawberry.field(description="Deliveries to webhooks and folders, the newest first.")
    async def handover_deliveries(
        self,
        info: Info,
        filter: HandoverDeliveryFilter | None = None,
        page: PageInput | None = None,
    ) -> Connection[HandoverDelivery]:
        given = filter or HandoverDeliveryFilter()
        where = deliveries_where(
            states=given.states,
            endpoint_id=optional_key(
                given.endpoint_id, "webhook_endpoint", field=("filter", "endpointId")
            ),
            entry_id=optional_key(
                given.handover_id, "outbox_entry", field=("filter", "handoverId")
            ),
        )
        asked, sort = (page or PageInput()).asked(), Sort("id", falling=True)
        return await read_page(info, HANDOVER_DELIVERY, asked=asked, sort=sort, where=where)


@strawberry.type
class HandingOver:
    """Mutations of handing over."""

    @strawberry.mutation(
        description="The accounting software has taken the invoice: READY becomes FINAL."
    )
    async def handover_acknowledge(self, info: Info, id: strawberry.ID) -> HandoverPayload:
        fields = wanted(info, "handover")

        def act(acting: Acting) -> Payload:
            key = key_of(id, "outbox_entry", field=("id",))
            deliver(acting.session, key, at=acting.house.clock())
            acting.session.flush()
            return {"handover": load_one(acting.session, handover_noun(), fields, key)}

        return await write(info, Permission.FINALISE_INVOICES, act, nothing={"handover": None})

    @strawberry.mutation(
        description="Delivers again, at once and under the same message ids, what is DEAD or "
        "WAITING; destinations that came since are told too. All or none."
    )
    async def handover_retry(self, info: Info, input: HandoverRetryInput) -> HandoverRetryPayload:
        fields = wanted(info, "handovers")

        def act(acting: Acting) -> Payload:
            keys = [
                key_of(one, "outbox_entry", field=("ids", place))
                for place, one in enumerate(input.ids)
            ]
            said = hand_over_again(acting, keys)
            return _shown(acting, keys, fields) | {
                "user_errors": user_errors(said, acting.caller.locale)
            }

        once = Once(
            key=input.idempotency_key,
            mutation="handoverRetry",
            asked=input,
            keep=lambda payload: {
                "keys": [one["key"] for one in payload["handovers"]],
                "user_errors": kept_errors(payload["user_errors"]),
            },
            restore=lambda acting, kept: (
                _shown(acting, kept["keys"], fields)
                | {"user_errors": errors_again(kept["user_errors"])}
            ),
        )
        nothing: Payload = {"handovers": [], "replayed": False}
        return await write(info, Permission.FINALISE_INVOICES, act, nothing=nothing, once=once)


def _shown(acting: Acting, keys: list[int], fields: Wanted) -> Payload:
    acting.session.flush()
    found: Any = load_by_ids(acting.session, handover_noun(), {**fields, "id": {}}, keys)
    return {"handovers": [found[key] for key in dict.fromkeys(keys)]}
