"""Flows as an approved platform writes them in JSON, read with suspicion.

What a decision hangs on must be there and right; what is only told may be missing, and is cut to
what can be kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.form import one_line
from domain.platform.wire import (
    LONGEST_ID,
    LONGEST_NAME,
    AckState,
    Flow,
    FlowPage,
    FlowReason,
    MomentTooFull,
    PlatformFault,
)
from jobs.platform_ask import Answer, content_of

_MOST_REASONS = 50
_LONGEST_MESSAGE = 1000
_LONGEST_CURSOR = 2000
_LONGEST_AHEAD = timedelta(days=1)
"""By how much the clock of a platform may be fast; who reads on from a later time misses all."""
_STATES = {"Pending": AckState.PENDING, "Ok": AckState.OK, "Error": AckState.ERROR}


@dataclass(frozen=True, slots=True)
class Listed:
    """Flows in the order in which they came, and what the others lack that came.

    `is_cut`: there may be more, and there is no cursor to them; `is_full`: as many came as were
    asked for, not only as many as the platform says that it gives.
    """

    flows: tuple[Flow, ...]
    unread: tuple[str, ...]
    cursor: str | None
    is_cut: bool
    is_full: bool


def flow_of(answer: Answer, *, unsaid: Mapping[str, object] | None = None) -> Flow:
    """The flow that an answer describes; `unsaid` stands for what it leaves out."""
    found = content_of(answer)
    said = {name: value for name, value in found.items() if value is not None}
    if unsaid is not None:
        said = {"updatedAt": said.get("submittedAt"), **unsaid, **said}
    return _flow(said)


def listed(answer: Answer, *, limit: int, cursor: str | None) -> Listed:
    """The flows that a search for at most `limit`, from `cursor` on, came to."""
    found = content_of(answer)
    results, given = found.get("results"), found.get("limit")
    if not isinstance(results, list):
        raise _lacking("results")
    flows, unread = _read(results)
    following = _cursor(found.get("nextCursor"))
    if following is not None and following == cursor:
        if results:
            raise PlatformFault("the platform answers with the cursor that it was asked with")
        following = None
    is_full = len(results) >= limit
    # Some say here how many they give at most, some how many came.
    is_capped = isinstance(given, int) and len(results) >= given
    # After a cursor none says that this is the end.
    is_cut = following is None and cursor is None and bool(results) and (is_full or is_capped)
    return Listed(flows, unread, following, is_cut, is_full)


def page_of(found: Listed, *, since: datetime) -> FlowPage | None:
    """What of it can be passed on; None where a larger page has to be asked for.

    Of what is cut only those moments that it holds whole, and nothing where it is in no order.
    """
    flows = _before_the_last(found.flows) if found.is_cut else found.flows
    after = [flow for flow in flows if flow.updated_at > since]
    if found.is_cut and not after:
        if found.is_full:
            return None
        after = [flow for flow in found.flows if flow.updated_at > since]
    after.sort(key=lambda flow: (flow.updated_at, flow.flow_id))
    return FlowPage(tuple(after), found.cursor, found.unread)


def stuck(found: Listed) -> PlatformFault:
    """Why the largest page that a platform gives leads no further."""
    if not found.flows:
        return PlatformFault(found.unread[0])
    if _is_in_order(found.flows):
        return MomentTooFull(found.flows[-1].updated_at, found.flows)
    return PlatformFault("the platform lists flows in another order than that of their changes")


def _is_in_order(flows: Sequence[Flow]) -> bool:
    moments = [flow.updated_at for flow in flows]
    return moments == sorted(moments)


def _before_the_last(flows: tuple[Flow, ...]) -> tuple[Flow, ...]:
    if not _is_in_order(flows):
        return ()
    return tuple(flow for flow in flows if flow.updated_at < flows[-1].updated_at)


def _read(results: Sequence[object]) -> tuple[tuple[Flow, ...], tuple[str, ...]]:
    flows, unread = [], []
    for one in results:
        try:
            flows.append(_flow(one))
        except PlatformFault as fault:
            named = _text(one.get("flowId"), LONGEST_ID) if isinstance(one, dict) else ""
            unread.append(f"flow {named or '?'}: {fault.error}")
    return tuple(flows), tuple(unread)


def _flow(found: object) -> Flow:
    if not isinstance(found, dict):
        raise _lacking("a flow")
    acknowledgement = found.get("acknowledgement")
    acknowledged = acknowledgement if isinstance(acknowledgement, dict) else {}
    status = acknowledged.get("status")
    if not isinstance(status, str) or status not in _STATES:
        raise _lacking("acknowledgement.status")
    submitted = found.get("submittedAt")
    return Flow(
        flow_id=_identifier(found.get("flowId")),
        tracking_id=_text(found.get("trackingId"), LONGEST_NAME) or None,
        name=_text(found.get("name"), LONGEST_NAME),
        flow_type=_text(found.get("flowType"), LONGEST_ID) or "Undefined",
        direction=_text(found.get("flowDirection"), LONGEST_ID),
        ack=_STATES[status],
        reasons=_reasons(acknowledged.get("details")),
        submitted_at=None if submitted is None else _moment(submitted, "submittedAt"),
        updated_at=_moment(found.get("updatedAt"), "updatedAt"),
    )


def _reasons(found: object) -> tuple[FlowReason, ...]:
    told = found if isinstance(found, list) else []
    return tuple(
        FlowReason(
            level=_text(one.get("level"), LONGEST_ID),
            item=_text(one.get("item"), LONGEST_NAME),
            code=_text(one.get("reasonCode"), LONGEST_NAME),
            message=_text(one.get("reasonMessage"), _LONGEST_MESSAGE),
        )
        for one in told[:_MOST_REASONS]
        if isinstance(one, dict)
    )


def _identifier(found: object) -> str:
    """As it is: a flow is asked for by it."""
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID or one_line(found) != found:
        raise _lacking("flowId")
    return found


def _cursor(found: object) -> str | None:
    if found is None or found == "":
        return None
    if not isinstance(found, str) or len(found) > _LONGEST_CURSOR or one_line(found) != found:
        raise _lacking("nextCursor")
    return found


def _moment(found: object, name: str) -> datetime:
    """With its zone, as the interface wants it: an hour that is guessed passes over flows."""
    try:
        written = datetime.fromisoformat(found if isinstance(found, str) else "")
        moment = written.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _lacking(name) from None
    if written.tzinfo is None:
        raise _lacking(name)
    if moment > datetime.now(UTC) + _LONGEST_AHEAD:
        raise PlatformFault(f"the platform says of {name} what is yet to come")
    return moment


def _text(found: object, longest: int) -> str:
    return one_line(found[: 4 * longest])[:longest] if isinstance(found, str) else ""


def _lacking(name: str) -> PlatformFault:
    return PlatformFault(f"the answer lacks {name}, or it is not as the interface has it")
