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

from resolvers.auditing import Auditing, AuditingQueries
from resolvers.batch_browsing import BatchQueries
from resolvers.batch_exporting import BatchExporting
from resolvers.batch_printing import BatchPrinting
from resolvers.batching import Batching
from resolvers.billing import BillingQueries
from resolvers.browsing import Browsing
from resolvers.browsing_fees import BrowsingFees
from resolvers.browsing_totals import TotalsQueries
from resolvers.bulk_invoicing import BulkInvoicing
from resolvers.bundling import Bundling
from resolvers.cataloguing import Cataloguing, CataloguingQueries
from resolvers.chasing import Chasing, ChasingQueries
from resolvers.consolidating import Consolidating
from resolvers.contracting import Contracting
from resolvers.crediting import Crediting
from resolvers.editing import Editing
from resolvers.exporting import Exporting, ExportingQueries
from resolvers.following import Following, FollowingQueries, FollowingSubscriptions
from resolvers.forgetting import Forgetting
from resolvers.handing_over import HandingOver, HandingOverQueries
from resolvers.hooking import Hooking, HookingQueries
from resolvers.importing import Importing, ImportingQueries
from resolvers.invoicing import Invoicing
from resolvers.letting_in import LettingIn, LettingInQueries
from resolvers.mailing import Mailing, MailingQueries
from resolvers.past_billing import PastBilling
from resolvers.paying import Paying, PayingQueries
from resolvers.printing import Printing
from resolvers.recording_time import RecordingTime
from resolvers.replacing import Replacing
from resolvers.returning import Returning
from resolvers.scheduling import Scheduling, SchedulingQueries
from resolvers.settings import Settings, SettingsQueries
from resolvers.signing_in import SigningIn, SigningInQueries
from resolvers.teaming import Teaming
from resolvers.timekeeping import TimekeepingQueries
from resolvers.tracking import Tracking
from resolvers.trusting import Trusting, TrustingQueries
from resolvers.undoing import Undoing
from resolvers.verifying import VerifyingQueries
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
    Exporting,
    Printing,
    Cataloguing,
    Settings,
    HandingOver,
    Hooking,
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
            scalar_map={Upload: _UPLOAD},
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
