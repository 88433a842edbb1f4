"""Judging and keeping what was billed before, with the planners of its sheets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.access import Permission
from domain.errors import NOT_FOUND, Issue, Refusal
from domain.invoice.past_credit import HISTORY_CREDITED
from domain.money import amount_text, from_minor
from domain.project.adjustment import Adjustment, AdjustmentKind, counting
from domain.project.history import OVER_BILLED_NOW, BillingHistory
from domain.takeover.billed import correction_told
from domain.takeover.candidate import Candidate, Planned
from domain.takeover.issues import AMOUNT_CURRENCY_MISMATCH
from domain.takeover.model import RowOutcome
from domain.takeover.plan import ALREADY_EXISTS
from persistence.contracts import PhaseKnown, phases_known
from persistence.invoice.crediting import credited_of_history
from persistence.invoice.invoices import lock_projects
from persistence.ledger.sums import phase_figures
from persistence.reading import Noun, Wanted, load_by_ids
from persistence.takeover import known
from persistence.takeover.apply import apply
from persistence.takeover.recorded import phases_billed
from resolvers._bulk import kept, restored
from resolvers._judging import placed
from resolvers._mutation import Acting, Once, Payload, write
from resolvers.taking_over._sheets import layout_of, setting_of
from schema.context import Info
from schema.node import key_of
from schema.payload import BulkOutcome, ErrorPolicy, bulk_counts, require_size
from schema.project import ADJUSTMENT, BILLING_HISTORY
from schema.user_error import errors_again, kept_errors, user_errors
from schema.view import wanted
from templates_xlsx.checker import check_values


@dataclass(frozen=True, slots=True)
class Sheetful:
    """A sheet whose rows may be recorded by hand: its kind, its noun, its fields."""

    kind: str
    noun: Noun
    mutation: str
    fields: tuple[str, ...]


HISTORY = Sheetful(
    "history",
    BILLING_HISTORY,
    "billingHistory",
    ("amount", "invoice_date", "invoice_no", "vat_rate", "gross", "paid", "comment"),
)
ADJUSTMENTS = Sheetful(
    "adjustments", ADJUSTMENT, "adjustments", ("value", "date", "reason", "kind", "comment")
)

_OUTCOMES = {
    RowOutcome.CREATE: BulkOutcome.CREATED,
    RowOutcome.UNCHANGED: BulkOutcome.UNCHANGED,
    RowOutcome.REFUSED: BulkOutcome.REJECTED,
}


async def record_one(info: Info, of: Sheetful, asked: Any) -> Any:
    """The payload of one line; ALREADY_EXISTS when exactly that is recorded."""
    fields = wanted(info, "node")

    def act(acting: Acting) -> Payload:
        plan = _judged(acting, of, [asked.item])[0]
        if plan.outcome is RowOutcome.REFUSED:
            raise Refusal(*(placed(issue, "item") for issue in plan.issues))
        if plan.outcome is RowOutcome.UNCHANGED:
            shown = ", ".join(str(getattr(asked.item, name)) for name in of.fields[:2])
            raise Refusal(ALREADY_EXISTS(field=("item",), found=shown))
        key = _keep(acting, of, [plan])[plan.row]
        said = user_errors((placed(one, "item") for one in plan.issues), acting.caller.locale)
        return {**_node(acting, of, key, fields), "user_errors": said}

    def restore(acting: Acting, before: Payload) -> Payload:
        said = errors_again(before["errors"])
        return {**_node(acting, of, before["key"], fields), "user_errors": said}

    once = Once(
        key=asked.idempotency_key,
        mutation=f"{of.mutation}Record",
        asked=asked,
        keep=lambda payload: {
            "key": payload["node"]["key"],
            "errors": kept_errors(payload["user_errors"]),
        },
        restore=restore,
    )
    nothing = {"node": None, "replayed": False}
    return await write(info, Permission.EDIT_RECORDS, act, nothing=nothing, once=once)


async def record_many(info: Info, of: Sheetful, asked: Any) -> Any:
    """The payload of many lines, each with what became of it."""
    fields = wanted(info, "results", "node")

    def act(acting: Acting) -> Payload:
        require_size(asked.items)
        planned = _judged(acting, of, asked.items)
        refused = any(plan.outcome is RowOutcome.REFUSED for plan in planned)
        stopped = refused and asked.error_policy is ErrorPolicy.REJECT_EVERYTHING
        written = {} if stopped or asked.dry_run else _keep(acting, of, planned)
        return _answer(acting, of, asked.items, planned, written, stopped=stopped, fields=fields)

    once = Once(
        key=asked.idempotency_key,
        mutation=f"{of.mutation}BulkRecord",
        asked=asked,
        keep=lambda payload: kept(payload, dry_run=asked.dry_run),
        restore=lambda acting, before: restored(acting, of.noun, before, fields),
    )
    nothing = {"counts": bulk_counts([]), "results": [], "replayed": False}
    return await write(info, Permission.EDIT_RECORDS, act, nothing=nothing, once=once)


def _judged(acting: Acting, of: Sheetful, items: Sequence[Any]) -> list[Planned]:
    """The plan of each item, as of a row of its sheet; its row is its place from 1.

    The projects are locked: nothing is drawn on a phase while what was billed of it is recorded.
    """
    keys: list[int | Refusal] = []
    for item in items:
        try:
            keys.append(key_of(item.phase_id, "phase", field=("phase_id",)))
        except Refusal as refusal:
            keys.append(refusal)
    phases = phases_known(acting.session, [key for key in keys if isinstance(key, int)])
    lock_projects(acting.session, {phase.project_id for phase in phases.values()})
    setting = setting_of(acting.session, acting.caller)
    candidates = []
    for row, (key, item) in enumerate(zip(keys, items, strict=True), start=1):
        phase = phases.get(key) if isinstance(key, int) else None
        if phase is None:
            absent = NOT_FOUND(field=("phase_id",), noun="phase", key=item.phase_id)
            issues = key.issues if isinstance(key, Refusal) else (absent,)
            candidates.append(Candidate(row=row, values={}, checked=issues))
        else:
            candidates.append(_candidate(of, item, phase, setting, row=row))
    numbers = {number for item in items if (number := getattr(item, "invoice_no", None))}
    planner = known.past_planner_of(
        acting.session, of.kind, phases=phases.keys(), numbers=numbers, today=acting.today
    )
    planner.says_all = False
    planned = [_of_phase(plan) for plan in planner.plan(candidates)]
    if of is ADJUSTMENTS:
        _tell_of_periods(acting, planned)
    return planned


def _tell_of_periods(acting: Acting, planned: Sequence[Planned]) -> None:
    """PERIODS_REPRICED, BLOCK_SOLD: a correction of the fee is one of each period to be billed."""
    told: dict[int, list[Planned]] = {}
    for plan in planned:
        columns = plan.columns
        is_new = plan.outcome is RowOutcome.CREATE and columns["kind"] is AdjustmentKind.FEE
        if is_new and columns["amount_minor"]:
            told.setdefault(columns["phase_id"], []).append(plan)
    for key, (known_one, method) in phases_billed(acting.session, list(told)).items():
        for plan in told[key]:
            plan.issues += correction_told(
                known_one,
                method,
                acting.today,
                since=plan.columns["adjusted_on"],
                field=("value",),
            )


def of_periods(acting: Acting, record: Adjustment) -> Sequence[Issue]:
    """The same, of a correction that is taken out, or counts again."""
    if record.kind is not AdjustmentKind.FEE or not record.amount_minor:
        return ()
    known_one, method = phases_billed(acting.session, [record.phase_id])[record.phase_id]
    return correction_told(known_one, method, acting.today, since=record.adjusted_on, field=("id",))


def _candidate(of: Sheetful, item: Any, phase: PhaseKnown, setting: Any, *, row: int) -> Candidate:
    cells = {name: getattr(item, name) for name in of.fields} | {"currency": phase.currency}
    gives_up = cells.get("kind") is AdjustmentKind.WRITE_OFF
    if gives_up:
        # No kind of the sheet: people write off here, and not before the takeover.
        cells["kind"] = AdjustmentKind.FEE
    draft = check_values(layout_of(of.kind), cells, setting=setting, row=row)
    if gives_up:
        draft.values["kind"] = AdjustmentKind.WRITE_OFF
    checked = tuple(draft.issues)
    return Candidate(
        row=row, values=draft.values, record_id=phase.id, checked=checked, is_by_hand=True
    )


def _of_phase(plan: Planned) -> Planned:
    """What a sheet says of its reference columns is said of the phase that was named."""
    plan.issues = [
        issue
        if issue.field and issue.field[0] not in ("project_code", "phase_code", "ref")
        else Issue(issue.kind, issue.facts, ("phase_id",), None, None, issue.expected, issue.found)
        for issue in plan.issues
    ]
    return plan


def _keep(acting: Acting, of: Sheetful, planned: Sequence[Planned]) -> dict[int, int]:
    author = acting.caller.key_name
    return apply(acting.session, of.kind, planned, source="api", author=author)


def _node(acting: Acting, of: Sheetful, key: int, fields: Wanted) -> Payload:
    return {"node": load_by_ids(acting.session, of.noun, fields, [key]).get(key)}


def _answer(
    acting: Acting,
    of: Sheetful,
    items: Sequence[Any],
    planned: Sequence[Planned],
    written: dict[int, int],
    *,
    stopped: bool,
    fields: Wanted,
) -> Payload:
    nodes = load_by_ids(acting.session, of.noun, fields, written.values())
    results = []
    for index, (item, plan) in enumerate(zip(items, planned, strict=True)):
        outcome = _OUTCOMES[plan.outcome]
        if stopped and outcome is not BulkOutcome.REJECTED:
            outcome = BulkOutcome.SKIPPED
        said = [placed(issue, "items", index) for issue in plan.issues]
        results.append(
            {
                "index": index,
                "external_reference": item.external_reference,
                "outcome": outcome,
                "node": nodes.get(written.get(plan.row, 0)),
                "changes": [],
                "user_errors": user_errors(said, acting.caller.locale),
            }
        )
    return {"counts": bulk_counts(results), "results": results}


def require_covered(acting: Acting, record: BillingHistory | Adjustment) -> None:
    """Refuses to take out (or bring back) what leaves more billed than the fee.

    By hand a fee is not lowered under what was billed of it either (FEE_BELOW_BILLED). An amount
    that was put away in a currency in which its project is no longer comes back no more.
    """
    phase = phases_known(acting.session, [record.phase_id])[record.phase_id]
    lock_projects(acting.session, [phase.project_id])
    if isinstance(record, BillingHistory) and credited_of_history(acting.session, [record.id]):
        raise Refusal(HISTORY_CREDITED(field=("id",)))
    figures = phase_figures(acting.session, [record.phase_id])[record.phase_id]
    kind, amount = _weight(record)
    if amount and record.archived_at is not None and record.currency != figures.currency:
        found = amount_text(amount, record.currency)
        told = AMOUNT_CURRENCY_MISMATCH(field=("id",), found=found, expected=figures.currency)
        raise Refusal(told)
    if kind is AdjustmentKind.WRITE_OFF:
        # Of periods and blocks, too, no more is given up than the fee (WRITE_OFF_TOO_HIGH).
        figures = figures._replace(by_progress=True)
    after = counting(figures, kind, amount if record.archived_at is not None else -amount)
    if after.is_worse_than(figures):
        shown = from_minor(max(after.excess, after.uncovered), figures.currency)
        raise Refusal(OVER_BILLED_NOW(field=("id",), found=f"{shown:f} {figures.currency}"))


def _weight(record: BillingHistory | Adjustment) -> tuple[AdjustmentKind | None, int]:
    """The kind of an adjustment, None of a line of history, and its amount in minor units."""
    if isinstance(record, BillingHistory):
        return None, record.net_minor
    return record.kind, record.amount_minor or 0
