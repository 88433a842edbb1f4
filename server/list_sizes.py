"""How many items the lists without pages are taken to have when a query is priced.

A page says how many nodes it has at most; of the other lists nobody knows before they are read.
What stands here is what a large one has; an answer that grows longer is ended by the deadline.
"""

from __future__ import annotations

from collections.abc import Mapping

from graphql import (
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
)

USUAL = 10
SIZES: Mapping[str, int] = {
    "AuditChange.fields": 10,
    "AuditEntry.changes": 50,
    "BatchContract.items": 20,
    "BatchInvoice.items": 20,
    "Billable.items": 20,
    "Client.addresses": 3,
    "Client.contacts": 5,
    "Collaborator.projects": 50,
    "Contract.phases": 20,
    "ImportRow.cells": 30,
    "Invoice.creditNotes": 3,
    "Invoice.lines": 20,
    "Invoice.otherInvoices": 3,
    "Invoice.projects": 3,
    "Invoice.replacedBy": 3,
    "Invoice.vatGroups": 3,
    "InvoiceMail.accepted": 3,
    "InvoiceMail.cc": 3,
    "InvoiceMail.to": 3,
    "InvoiceParty.address": 3,
    "Phase.progressUpdates": 20,
    "Project.contracts": 5,
    "Query.receivables": 50,
    "Receivable.buckets": 5,
    "ReceivableBucket.invoices": 10,
    "Reminders.items": 100,
    "UserError.field": 3,
}
"""By type and field."""

SIZES_ANYWHERE: Mapping[str, int] = {"blockers": 3, "results": 100, "userErrors": 2}
"""By the field alone, of whatever type."""

Fields = Mapping[str, tuple[str, int]]
"""Of each field the type of what stands below it, and how many of these: 1 where it is no list."""
Shapes = Mapping[str, Fields]
"""The fields of each type."""


def shapes_of(schema: GraphQLSchema) -> Shapes:
    """What pricing has to know of a schema."""
    return {
        name: _fields_of(one)
        for name, one in schema.type_map.items()
        if isinstance(one, GraphQLObjectType | GraphQLInterfaceType)
    }


def _fields_of(owner: GraphQLObjectType | GraphQLInterfaceType) -> Fields:
    return {
        name: (get_named_type(field.type).name, _size_of(owner.name, name, field.type))
        for name, field in owner.fields.items()
    }


def _size_of(owner: str, name: str, given: object) -> int:
    size, known = 1, SIZES.get(f"{owner}.{name}") or SIZES_ANYWHERE.get(name, USUAL)
    while isinstance(given, GraphQLList | GraphQLNonNull):
        if isinstance(given, GraphQLList):
            size *= known
        given = given.of_type
    return size
