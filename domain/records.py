"""All records in one place, so that whoever needs the whole schema imports one module."""

from domain.access import ApiKey
from domain.account import (
    Account,
    AccountLink,
    Identity,
    IdentityProvider,
    Member,
    SignIn,
    Tally,
)
from domain.accounting import AccountingExport, AccountingSettings, InvoiceExport
from domain.audit import AuditAct, AuditChange, AuditEntry, AuditHead
from domain.base import Record
from domain.batch.model import Batch, BatchContract, BatchInvoice, BatchItem
from domain.batch.schedule import BatchSchedule
from domain.batch.sums import BatchPart
from domain.catalogue import LedgerAccount, Product, TaxCode
from domain.client import Address, Client, Contact
from domain.collaborator import Collaborator
from domain.entry import BillingEntry
from domain.entry_number import EntryNumber
from domain.handover import HandoverDelivery
from domain.invoice.chain import ChainLink
from domain.invoice.claim import BilledPeriod
from domain.invoice.mail import InvoiceMail
from domain.invoice.model import Invoice, InvoiceLine, IssuedDocument, NumberCounter
from domain.invoice.past_credit import CreditedHistory
from domain.job import Job, JobFile
from domain.organisation import Entity, Organisation
from domain.payment import Payment, PaymentAllocation, PaymentCancellation, Reminder
from domain.platform.connection import Platform, PlatformReading
from domain.platform.status import LifecycleStatus
from domain.platform.transmission import Transmission
from domain.project.adjustment import Adjustment
from domain.project.history import BillingHistory
from domain.project.model import Contract, Phase, Project
from domain.project.progress import ProgressUpdate
from domain.project.team import ProjectCollaborator
from domain.takeover.model import ImportFile, ImportRow, StagedUpload
from domain.takeover.revert import ImportEffect
from domain.time_entry import TimeEntry
from domain.trace import IdempotentCall, OutboxEntry
from domain.webhook import WebhookEndpoint

METADATA = Record.metadata

__all__ = [
    "METADATA",
    "Account",
    "AccountLink",
    "AccountingExport",
    "AccountingSettings",
    "Address",
    "Adjustment",
    "ApiKey",
    "AuditAct",
    "AuditChange",
    "AuditEntry",
    "AuditHead",
    "Batch",
    "BatchContract",
    "BatchInvoice",
    "BatchItem",
    "BatchPart",
    "BatchSchedule",
    "BilledPeriod",
    "BillingEntry",
    "BillingHistory",
    "ChainLink",
    "Client",
    "Collaborator",
    "Contact",
    "Contract",
    "CreditedHistory",
    "Entity",
    "EntryNumber",
    "HandoverDelivery",
    "IdempotentCall",
    "Identity",
    "IdentityProvider",
    "ImportEffect",
    "ImportFile",
    "ImportRow",
    "Invoice",
    "InvoiceExport",
    "InvoiceLine",
    "InvoiceMail",
    "IssuedDocument",
    "Job",
    "JobFile",
    "LedgerAccount",
    "LifecycleStatus",
    "Member",
    "NumberCounter",
    "Organisation",
    "OutboxEntry",
    "Payment",
    "PaymentAllocation",
    "PaymentCancellation",
    "Phase",
    "Platform",
    "PlatformReading",
    "Product",
    "ProgressUpdate",
    "Project",
    "ProjectCollaborator",
    "Record",
    "Reminder",
    "SignIn",
    "StagedUpload",
    "Tally",
    "TaxCode",
    "TimeEntry",
    "Transmission",
    "WebhookEndpoint",
]
