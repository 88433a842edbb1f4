"""What each field of the API needs: a permission, and how much of the firm the caller must reach.

The one table beside domain/access.py: every query, mutation and subscription stands in it, or the
schema's test fails; docs/roles.md is made of both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.access import BEYOND_REACH, WHOLE_ONLY, Permission, Role, require
from domain.errors import Refusal
from domain.standing import Reach


class Wants(StrEnum):
    """How much of the firm somebody must reach to use a field."""

    PART = "PART"
    """Any part: they see and write what is within reach."""
    ENTITY = "ENTITY"
    """All projects of some entities: what is asked is of no single project."""
    WHOLE = "WHOLE"
    """The whole firm: what is asked has no parts, or is not told apart."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a field needs."""

    permission: Permission
    wants: Wants = Wants.PART


def _all(permission: Permission, *names: str, wants: Wants = Wants.PART) -> dict[str, Need]:
    return dict.fromkeys(" ".join(names).split(), Need(permission, wants))


def _verbs(noun: str, verbs: str) -> str:
    return " ".join(f"{noun}{verb}" for verb in verbs.split())


_KEPT = "Create Update Archive Restore"

QUERY_NEEDS: dict[str, Need] = {
    **_all(
        Permission.READ,
        "viewer node nodes clients client clientByCode projects project projectByCode",
        "collaborators collaborator collaboratorByEmail contracts contract phases phase",
        "taxCodes taxCode taxCodeByCode ledgerAccounts ledgerAccount ledgerAccountByNumber",
        "products product productBySku entities entity timeEntries timeEntry jobs job",
    ),
    **_all(
        Permission.READ_BILLING,
        "transmissions lifecycleStatuses",
        "invoices invoice invoiceByNumber invoiceMails invoiceMailDraft totals billables",
    ),
    **_all(
        Permission.READ_BILLING,
        "payments payment receivables reminders chainVerification",
        wants=Wants.ENTITY,
    ),
    **_all(
        Permission.READ_BILLING,
        "batches batch batchContracts batchInvoices batchSchedules batchSchedule",
        "handovers handoverDeliveries webhookEndpoints exports accountingExport",
        "accountingSettings platforms",
        wants=Wants.WHOLE,
    ),
    **_all(Permission.READ, "imports importFile importRows", wants=Wants.WHOLE),
    **_all(Permission.READ, "signIns"),
    **_all(
        Permission.MANAGE_PEOPLE, "members apiKeys identityProviders identities", wants=Wants.WHOLE
    ),
    **_all(Permission.READ_AUDIT, "auditEntries auditEntry auditChanges", wants=Wants.WHOLE),
}

MUTATION_NEEDS: dict[str, Need] = {
    **_all(
        Permission.EDIT_RECORDS,
        "clientCreate clientUpdate clientArchive clientsBulkUpsert",
        "projectCreate projectUpdate projectArchive projectsBulkUpsert projectTeamUpdate",
        "phaseCreate phaseUpdate phaseArchive phasesBulkUpsert timeEntriesApprove",
        _verbs("contract", _KEPT),
        _verbs("billingHistory", "Record BulkRecord Archive Restore"),
        "adjustmentRecord adjustmentsBulkRecord adjustmentArchive adjustmentRestore",
        _verbs("product", _KEPT),
        "clientPapersUpdate productsBulkUpsert",
    ),
    **_all(
        Permission.EDIT_RECORDS,
        "collaboratorCreate collaboratorUpdate collaboratorArchive collaboratorsBulkUpsert",
        wants=Wants.WHOLE,
    ),
    **_all(Permission.RECORD_PROGRESS, "progressRecord progressBulkRecord"),
    **_all(
        Permission.RECORD_TIME,
        "timeEntriesBulkRecord timeEntryUpdate timeEntryArchive timeEntryRestore",
    ),
    **_all(
        Permission.IMPORT,
        "stagedUploadCreate importCreate importRowsSkip importReviewAgain importCancel",
        "importConfirm importErrorFile importRevert",
        wants=Wants.WHOLE,
    ),
    **_all(Permission.READ, "templateDownload", wants=Wants.WHOLE),
    **_all(Permission.READ, "jobCancel"),
    **_all(Permission.READ_BILLING, "invoicePdf invoicesPdf invoicesPrint invoiceElectronic"),
    **_all(Permission.READ_BILLING, "batchPrint", wants=Wants.WHOLE),
    **_all(
        Permission.PREPARE_INVOICES,
        "invoiceCreateFromProject invoiceCreate invoiceCreateForClient invoiceUpdate",
        "invoiceMarkSent invoiceDelete invoicesBulkCreate invoicesBulkSend invoicesBulkDelete",
        "invoiceSend invoiceMailRetry invoiceMailCancel depositInvoiceCreate",
        "invoiceDeductDeposit invoiceUndeductDeposit reminderRecord",
        "timeEntriesWriteOff timeEntriesWriteOffUndo",
    ),
    **_all(
        Permission.PREPARE_INVOICES,
        "batchPlan batchRefresh batchSelect batchUpdate batchRun batchGenerate batchDrop",
        "batchSend batchDelete batchScheduleRunNow",
        _verbs("batchSchedule", _KEPT),
        wants=Wants.WHOLE,
    ),
    **_all(
        Permission.FINALISE_INVOICES,
        "invoiceFinalise invoiceCredit invoiceReplace pastInvoiceCredit",
        "invoicesBulkFinalise invoicesBulkCredit invoicesTransmit",
    ),
    **_all(
        Permission.FINALISE_INVOICES,
        "batchFinalise batchExport invoicesExport handoverAcknowledge handoverRetry",
        wants=Wants.WHOLE,
    ),
    **_all(
        Permission.RECORD_PAYMENTS,
        "paymentRecord paymentsBulkRecord paymentAllocate paymentUnallocate paymentCancel",
        wants=Wants.ENTITY,
    ),
    **_all(
        Permission.EDIT_SETTINGS,
        "organisationUpdate accountingSettingsUpdate",
        _verbs("entity", _KEPT),
        _verbs("taxCode", _KEPT),
        _verbs("ledgerAccount", _KEPT),
        _verbs("platform", "Create Update Delete Read"),
        _verbs("webhookEndpoint", "Create Update Delete RotateSecret Test"),
        wants=Wants.WHOLE,
    ),
    **_all(Permission.READ, "signInEnd signOutEverywhere passwordChange accountUpdate"),
    **_all(
        Permission.MANAGE_PEOPLE,
        _verbs("member", "Invite InviteAgain Update Remove"),
        _verbs("apiKey", "Create Revoke"),
        _verbs("identityProvider", _KEPT),
        "identityLink identityUnlink personExport personErase",
        wants=Wants.WHOLE,
    ),
    **_all(Permission.READ_AUDIT, "auditExport", wants=Wants.WHOLE),
}

SUBSCRIPTION_NEEDS: dict[str, Need] = _all(Permission.READ, "jobChanged")

NEEDS: dict[str, Need] = {**QUERY_NEEDS, **MUTATION_NEEDS, **SUBSCRIPTION_NEEDS}
"""By the name of the field, as the API has it."""


def permits(need: Need, reach: Reach) -> bool:
    """Whether somebody who reaches so far may use the field, whatever their role."""
    if reach.is_whole:
        return True
    if need.wants is Wants.WHOLE or need.permission in WHOLE_ONLY:
        return False
    return need.wants is Wants.PART or not (reach.own_projects or reach.only_work)


def admit(field: str, role: Role, reach: Reach, permission: Permission | None = None) -> None:
    """Refuses with PERMISSION_DENIED by the role, with BEYOND_REACH by the reach.

    `permission` goes before that of the table: of a field that has it of its subject.
    """
    need = NEEDS[field]
    require(role, permission or need.permission)
    if not permits(need, reach):
        raise Refusal(BEYOND_REACH())
