"""Posting payments in the journal of the bank, lettered with what they settle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from documents.accounting import journal
from domain.accounting import Books
from domain.invoice.finalise import Dossier
from domain.invoice.taken import Taken, taken
from domain.payment import Payment
from persistence.books import journals
from persistence.books.entry_numbers import Numbered
from persistence.books.journals import Posted, Settlement
from resolvers.posting._journals import Period, Persons, Posting


@dataclass(frozen=True, slots=True)
class Move:
    """A payment, or what cancels it, with its place in the journal of the bank."""

    posted: Posted
    numbered: Numbered


def payers_of(posting: Posting, period: Period) -> set[int]:
    """The entities whose payments are asked for."""
    chosen = period.entity_id
    return {chosen} if chosen is not None else journals.all_entities(posting.session)


def moves_of(
    posting: Posting,
    persons: Persons,
    entity_of: Mapping[int, int],
    period: Period | None,
) -> list[Posted]:
    """The payments that are exported, and what cancels them."""
    asked: set[int] | None = None
    if period is None:
        asked = journals.payments_against(posting.session, entity_of)
        if not asked:
            return []
    payers = set() if period is None else payers_of(posting, period)
    moves = []
    for one in journals.posted_payments(posting.session, persons.entities, posting.zone):
        if period is None:
            is_asked = asked is not None and one.key in asked
        else:
            is_asked = period.first <= one.day <= period.last and one.entity_id in payers
        if is_asked:
            moves.append(one)
    return moves


def settlements(
    posting: Posting,
    dossiers: Sequence[Dossier],
    moves: Sequence[Posted],
) -> dict[int, Settlement]:
    """What settles the documents exported, and those that the payments pay."""
    roots = {one.invoice.credits_id or one.invoice.id for one in dossiers}
    paid = journals.invoices_paid_by(posting.session, {one.key for one in moves})
    return journals.settlements(posting.session, roots | paid)


def told_of(
    settled: Mapping[int, Settlement], dossiers: Sequence[Dossier], moves: Sequence[Posted]
) -> list[Settlement]:
    """Those of which the files hold a document or a payment: others wait for no rate of theirs.

    What a payment was taken off again is no longer settled by it.
    """
    roots = {one.invoice.credits_id or one.invoice.id for one in dossiers}
    paying = {one.key for one in moves}
    return [one for one in settled.values() if one.key in roots or paying & one.paid.keys()]


def group_of(posting: Posting, one: Settlement) -> list[tuple[int, date]]:
    """The movements of the receivable in cents: of the invoice, its credit notes, its payments."""
    found = taken_of(posting, one)
    return [
        (_converted(posting, one)(one.gross), one.day),
        *((-found.notes[key], day) for key, (_, day) in one.notes.items()),
        *((-found.paid[key][1], day) for key, (_, day) in one.paid.items()),
    ]


def taken_of(posting: Posting, one: Settlement) -> Taken:
    """What each credit note and payment takes of an invoice in cents."""
    if one.currency != "EUR":
        return taken(one.gross, one.steps, _converted(posting, one))
    return Taken(
        notes={key: minor for key, (minor, _) in one.notes.items()},
        paid={key: (minor, minor) for key, (minor, _) in one.paid.items()},
    )


def _converted(posting: Posting, one: Settlement) -> Callable[[int], int]:
    rate = posting.rate(one.currency, one.rate, one.number)
    return lambda minor: journal.in_cents(minor, one.currency, rate)


def receipts(
    posting: Posting,
    persons: Persons,
    moves: Sequence[Move],
    settled: Mapping[int, Settlement],
    letters: Mapping[str, tuple[str, date]],
) -> list[tuple[tuple[str, date], journal.Receipt]]:
    """The payments as the journal of the bank has them, each with the year it is of."""
    known = journals.payments_with_clients(posting.session, {one.posted.key for one in moves})
    given = _given(posting, settled, known.keys())
    found = []
    for move in moves:
        payment, client = known[move.posted.key]
        parts = given.get(payment.id, [])
        portions = tuple(
            journal.Portion(
                minor=minor,
                rate=posting.rate(one.currency, one.rate, one.number),
                cents=cents,
                **_lettered(letters.get(one.number) if payment.id in one.paid else None),
            )
            for one, minor, cents in parts
        )
        buyer = parts[0][0].buyer if parts else {}
        told = _receipt(posting, move, payment, persons.books[payment.entity_id], portions)
        auxiliary = client.ledger_account or f"411{buyer.get('code') or client.code}"
        name = str(buyer.get("name") or client.name)
        found.append((move.numbered.year, replace(told, auxiliary=(auxiliary, name))))
    return found


def _given(
    posting: Posting, settled: Mapping[int, Settlement], paying: Set[int]
) -> dict[int, list[tuple[Settlement, int, int]]]:
    """By payment: what it gives to which invoice, in minor units and in cents."""
    given: dict[int, list[tuple[Settlement, int, int]]] = {}
    for one in sorted(settled.values(), key=lambda found: found.key):
        parts = one.given
        # What they were taken off again waits for no rate.
        if paying & parts.keys():
            found = taken_of(posting, one).paid
            for payment_id in parts:
                given.setdefault(payment_id, []).append((one, *found[payment_id]))
    return given


def _receipt(
    posting: Posting,
    move: Move,
    payment: Payment,
    books: Books,
    portions: tuple[journal.Portion, ...],
) -> journal.Receipt:
    piece = payment.reference or f"REG-{payment.id}"
    rest = payment.amount_minor - sum(one.minor for one in portions)
    own = portions[0].rate if portions else None
    return journal.Receipt(
        journal=(move.numbered.journal, move.numbered.label),
        bank=(books.bank_account, books.label_of(books.bank_account)),
        receivable=(books.receivable_account, books.label_of(books.receivable_account)),
        piece=piece,
        day=move.posted.day,
        validated_on=move.posted.at.astimezone(posting.zone).date(),
        number=move.numbered.number,
        currency=payment.currency,
        portions=portions,
        rest=rest,
        rest_rate=posting.rate(payment.currency, own, piece) if rest else None,
        is_cancelled=move.posted.is_cancellation,
    )


def _lettered(letter: tuple[str, date] | None) -> dict[str, Any]:
    return {} if letter is None else {"letter": letter[0], "lettered_on": letter[1]}
