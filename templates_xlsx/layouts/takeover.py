"""What the takeover sheets share: the ten locked columns that say which phase a row stands for."""

from __future__ import annotations

from templates_xlsx.kinds import Currency, Ref, Signed, Text, Token
from templates_xlsx.layouts.lists import LINE_TYPE
from templates_xlsx.sheet import Column, Flag

_X = Flag.REFERENCE

REFERENCE_COLUMNS = (
    Column("A", "ref", "Réf. système", "System ref.", Token(), _X),
    Column("B", "entity", "Entité", "Entity", Ref("entity"), _X),
    Column("C", "project_code", "Code projet", "Project code", Ref("project"), _X),
    Column("D", "project_name", "Nom du projet", "Project name", Text(width=30), _X),
    Column("E", "contract", "Projet d'honoraires", "Fee project", Ref("contract"), _X),
    Column("F", "phase_code", "Code de la phase", "Phase code", Ref("phase"), _X),
    Column("G", "phase_name", "Nom de la phase", "Phase name", Text(width=30), _X),
    Column("H", "line_type", "Type de ligne", "Line type", LINE_TYPE, _X),
    Column("I", "fee", "Montant des honoraires HT", "Fee amount excl. VAT", Signed(), _X),
    Column("J", "currency", "Devise", "Currency", Currency(), _X),
)
"""Columns A–J of Progress, Billing history and Adjustments (DOMAIN §3.5)."""
