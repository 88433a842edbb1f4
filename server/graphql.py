"""The whole API in one place: the only file that knows all verbs.

A new verb file is one line in `QUERIES`, `MUTATIONS` or `SUBSCRIPTIONS`.
"""

from __future__ import annotations

import logging
from functools import cache
from weakref import WeakKeyDictionary

import strawberry
from graphql import (
    NoSchemaIntrospectionCustomRule,
    build_schema,
    lexicographic_sort_schema,
    print_schema,
)
from starlette.datastructures import UploadFile
from strawberry.file_uploads import Upload
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from resolvers.admitting.letting_in import LettingIn, LettingInQueries
from resolvers.admitting.signing_in import SigningIn, SigningInQueries
from resolvers.admitting.trusting import Trusting, TrustingQueries
from resolvers.batching.browsing import BatchQueries
from resolvers.batching.exporting import BatchExporting
from resolvers.batching.printing import BatchPrinting
from resolvers.batching.scheduling import Scheduling, SchedulingQueries
from resolvers.batching.sitting import Batching
from resolvers.collecting.chasing import Chasing, ChasingQueries
from resolvers.collecting.paying import Paying, PayingQueries
from resolvers.delivering.bundling import Bundling
from resolvers.delivering.handing_out import HandingOut
from resolvers.delivering.handing_over import HandingOver, HandingOverQueries
from resolvers.delivering.hooking import Hooking, HookingQueries
from resolvers.delivering.mailing import Mailing, MailingQueries
from resolvers.delivering.printing import Printing
from resolvers.following import Following, FollowingQueries, FollowingSubscriptions
from resolvers.invoicing.billing import BillingQueries
from resolvers.invoicing.consolidating import Consolidating
from resolvers.invoicing.crediting import Crediting
from resolvers.invoicing.in_bulk import BulkInvoicing
from resolvers.invoicing.one_by_one import Invoicing
from resolvers.invoicing.replacing import Replacing
from resolvers.keeping.browsing import Browsing
from resolvers.keeping.browsing_fees import BrowsingFees
from resolvers.keeping.browsing_totals import TotalsQueries
from resolvers.keeping.contracting import Contracting
from resolvers.keeping.editing import Editing
from resolvers.keeping.recording_time import RecordingTime
from resolvers.keeping.teaming import Teaming
from resolvers.keeping.timekeeping import TimekeepingQueries
from resolvers.keeping.tracking import Tracking
from resolvers.overseeing.auditing import Auditing, AuditingQueries
from resolvers.overseeing.forgetting import Forgetting
from resolvers.overseeing.verifying import VerifyingQueries
from resolvers.posting.exporting import Exporting, ExportingQueries
from resolvers.settling.cataloguing import Cataloguing, CataloguingQueries
from resolvers.settling.settings import Settings, SettingsQueries
from resolvers.taking_over.importing import Importing, ImportingQueries
from resolvers.taking_over.past_billing import PastBilling
from resolvers.taking_over.returning import Returning
from resolvers.taking_over.undoing import Undoing
from resolvers.transmitting.connecting import Connecting, ConnectingQueries
from resolvers.transmitting.transmitting import Transmitting, TransmittingQueries
from schema.scalars import SCALARS
from server.breathing import Breathing
from server.documents import Documents, KnownDocument
from server.graphql_rows import read_field
from server.list_sizes import shapes_of

QUERIES: tuple[type, ...] = (
    Browsing,
    BrowsingFees,
    TotalsQueries,
    BillingQueries,
    BatchQueries,
    SchedulingQueries,
    ImportingQueries,
    MailingQueries,
    CataloguingQueries,
    SettingsQueries,
    TimekeepingQueries,
    FollowingQueries,
    VerifyingQueries,
    PayingQueries,
    ChasingQueries,
    HandingOverQueries,
    HookingQueries,
    ConnectingQueries,
    TransmittingQueries,
    ExportingQueries,
    AuditingQueries,
    SigningInQueries,
    LettingInQueries,
    TrustingQueries,
)
MUTATIONS: tuple[type, ...] = (
    Editing,
    Contracting,
    Teaming,
    Tracking,
    PastBilling,
    RecordingTime,
    Importing,
    Returning,
    Undoing,
    Forgetting,
    Following,
    Invoicing,
    Crediting,
    BulkInvoicing,
    Batching,
    BatchExporting,
    BatchPrinting,
    Scheduling,
    Paying,
    Chasing,
    Replacing,
    Consolidating,
    Mailing,
    Bundling,
    HandingOut,
    Exporting,
    Printing,
    Cataloguing,
    Settings,
    HandingOver,
    Hooking,
    Connecting,
    Transmitting,
    Auditing,
    SigningIn,
    LettingIn,
    Trusting,
)
SUBSCRIPTIONS: tuple[type, ...] = (FollowingSubscriptions,)

# Strawberry would note every mistake of a caller with a traceback; server.masking notes the bugs.
logging.getLogger("strawberry.execution").disabled = True


_documents: WeakKeyDictionary[strawberry.Schema, Documents] = WeakKeyDictionary()


def _uploaded(value: object) -> UploadFile:
    if not isinstance(value, UploadFile):
        raise ValueError("Upload must be a file of a multipart request")
    return value


_UPLOAD = strawberry.scalar(
    name="Upload",
    description="A file, sent as the GraphQL multipart request specification says.",
    serialize=str,
    parse_value=_uploaded,
)


def make_schema(
    query: type,
    mutation: type | None = None,
    subscription: type | None = None,
    *,
    introspection: bool = True,
) -> strawberry.Schema:
    """A schema of our manner: rows are dicts, documents are limited, and parsed once."""
    documents = Documents()
    rules = () if introspection else (NoSchemaIntrospectionCustomRule,)
    schema = strawberry.Schema(
        query=query,
        mutation=mutation,
        subscription=subscription,
        extensions=[lambda: KnownDocument(documents, rules)],
        execution_context_class=Breathing,
        config=StrawberryConfig(
            default_resolver=read_field,
            scalar_map={Upload: _UPLOAD, **SCALARS},
            # A suggestion is introspection in small pieces.
            disable_field_suggestions=not introspection,
        ),
    )
    documents.shapes = shapes_of(schema._schema)
    documents.answering.schema = schema._schema
    documents.answering.converter = schema.schema_converter
    _documents[schema] = documents
    return schema


def documents_of(schema: strawberry.Schema) -> Documents:
    """The documents that were asked lately of a schema made here."""
    return _documents[schema]


@cache
def jalon_schema(*, introspection: bool = True) -> strawberry.Schema:
    """The schema of the product, built once a process."""
    return make_schema(
        merge_types("Query", QUERIES),
        merge_types("Mutation", MUTATIONS),
        merge_types("Subscription", SUBSCRIPTIONS),
        introspection=introspection,
    )


@cache
def written(schema: strawberry.Schema) -> str:
    """The schema as text, in alphabetical order: the same for the same API."""
    # Sorted here only: a schema that is sorted when it runs no longer knows its unions; and sorted
    # as text, because a sorted enum no longer knows the Python values of its defaults.
    return print_schema(lexicographic_sort_schema(build_schema(schema.as_str()))) + "\n"
