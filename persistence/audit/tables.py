"""Which tables the audit watches, and what of their rows it never tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Table

from domain.records import METADATA


@dataclass(frozen=True, slots=True)
class Watched:
    """How the rows of a table are told; names of columns."""

    secrets: tuple[str, ...] = ()
    """Told to have changed, never what they are: what is secret, and what goes after its term
    (domain.retention), or the audit would keep it for ever."""
    sizes: tuple[str, ...] = ()
    """Told by how long they are: bytes, or characters of what is JSON."""
    untold: tuple[str, ...] = ()
    """Nothing is told of them: a change of these alone is none."""
    of_the_act: bool = False
    """Of no organisation: told to that of the act, else to the installation."""
    of_its_firms: bool = False
    """With `of_the_act`, an account: told to every firm that it has joined as well."""

    def columns(self, table: Table) -> list[str]:
        """The columns that are told, in the order of the table."""
        hidden = {*ALWAYS_UNTOLD, *self.untold}
        return [column.name for column in table.columns if column.name not in hidden]


ALWAYS_UNTOLD = ("id", "organisation_id", "updated_at")
"""The first two stand beside each change, the third is when it was made; an update of the first two
is told all the same."""

_ATTEMPTS = ("attempts", "claim", "next_attempt_at", "last_error")
"""How often something was tried to be sent, and by whom now."""

_PLAIN = Watched()

WATCHED: Mapping[str, Watched] = {
    "organisation": _PLAIN,
    "entity": Watched(sizes=("logo",)),
    "client": _PLAIN,
    "address": _PLAIN,
    "contact": _PLAIN,
    "collaborator": _PLAIN,
    "project": _PLAIN,
    "project_collaborator": _PLAIN,
    "contract": _PLAIN,
    "phase": _PLAIN,
    "progress_update": _PLAIN,
    "billing_history": _PLAIN,
    "adjustment": _PLAIN,
    "time_entry": _PLAIN,
    "invoice": _PLAIN,
    "invoice_line": _PLAIN,
    "invoice_mail": Watched(
        secrets=("to", "cc", "subject", "body", "sender_name", "reply_to", "accepted"),
        sizes=("picture",),
        untold=_ATTEMPTS,
    ),
    "issued_document": Watched(sizes=("picture",)),
    "credited_history": _PLAIN,
    "payment": _PLAIN,
    "payment_allocation": _PLAIN,
    "payment_cancellation": _PLAIN,
    "reminder": _PLAIN,
    "product": _PLAIN,
    "tax_code": _PLAIN,
    "ledger_account": _PLAIN,
    "accounting_settings": _PLAIN,
    "accounting_export": _PLAIN,
    "invoice_export": _PLAIN,
    "batch": _PLAIN,
    "batch_invoice": Watched(untold=("splits", "issues")),
    "batch_schedule": _PLAIN,
    "import_file": _PLAIN,
    "job": Watched(untold=("attempts", "fruitful_attempts")),
    "outbox_entry": Watched(untold=("attempts", "last_error")),
    "handover_delivery": Watched(untold=(*_ATTEMPTS, "last_status")),
    "webhook_endpoint": Watched(secrets=("salt", "former_salt")),
    "platform": Watched(secrets=("sealed_secret",)),
    "transmission": Watched(untold=(*_ATTEMPTS, "last_status")),
    "lifecycle_status": _PLAIN,
    "api_key": Watched(secrets=("secret_sha256",), untold=("last_used_at",)),
    "member": _PLAIN,
    "identity_provider": _PLAIN,
    "identity": _PLAIN,
    "sign_in": Watched(secrets=("token_sha256", "address", "agent"), untold=("last_seen_at",)),
    "account": Watched(secrets=("password_argon2",), of_the_act=True, of_its_firms=True),
    "account_link": Watched(
        secrets=("token_sha256", "salt", "words"),
        untold=("attempts", "claim", "next_attempt_at"),
        of_the_act=True,
    ),
}

LEFT_OUT: Mapping[str, str] = {
    "audit_act": "It is the audit.",
    "audit_change": "It is the audit; what is erased of it is told by a trigger of its own.",
    "audit_entry": "It is the audit.",
    "audit_head": "It is the audit.",
    "batch_contract": "The working list of a batch, made anew from what the batch says.",
    "batch_item": "The working list of a batch; its version counts each choice.",
    "batch_part": "The sums of the working list of a batch, recomputed by jalon verify.",
    "billed_period": "Follows from the line that bills the period, which is watched.",
    "billing_entry": "Follows from what is watched, and is append-only: the ledger is verified.",
    "chain_link": "Append-only, and a chain of its own.",
    "idempotent_call": "The answer of a call, kept to be given again.",
    "import_effect": "Says what an import did, for undoing it; what it did is watched.",
    "import_row": "A row of a file that was taken in; what becomes of it is watched.",
    "job_file": "What a job made of what is watched; the job is watched.",
    "journal_entry": "A counter: the number of an entry, given once and never changed.",
    "number_counter": "A counter, which can only rise.",
    "platform_reading": "How far a platform was read; what came of it is watched.",
    "staged_upload": "A file on its way in; the import that it becomes is watched.",
    "tally": "Counts attempts by a hash, and forgets them.",
}
"""The tables without triggers, each with its reason."""


def watched_tables() -> list[tuple[Table, Watched]]:
    """The tables that are watched, by name."""
    return [(METADATA.tables[name], WATCHED[name]) for name in sorted(WATCHED)]
