"""The register of personal data: every column of every record, and what becomes of it.

GDPR art. 30. A test fails for a column that is not here. What erasing and exporting a person do is
driven by it, and docs/privacy.md is written from it.
"""

from __future__ import annotations

from domain.privacy_fates import Activity, Fate

P, N, E, T, D = Fate.PLAIN, Fate.NEUTRAL, Fate.EMPTIED, Fate.TEXT, Fate.DRAFT
A, M, R, X, S = Fate.ACCOUNTS, Fate.MAIL, Fate.REMOVED, Fate.SECRET, Fate.SETTING
L = Fate.AUDIT

_CONTRACT = "Performance of contracts (GDPR art. 6(1)(b))."
_INTEREST = "Legitimate interest of the firm (GDPR art. 6(1)(f))."
_LAW = "Legal obligation (GDPR art. 6(1)(c)): C. com. L123-22, LPF L102 B, CGI 286 I-3° bis."
_CLIENTS = "Clients who are private persons, contacts of clients."
_STAFF = "Collaborators of the firm."
_BOTH = "Collaborators, clients who are private persons, contacts of clients."
_AS_LONG = "As long as the firm keeps the record; afterwards until it is erased."

ACTIVITIES: tuple[Activity, ...] = (
    Activity(
        "People of the firm",
        "Planning work, pricing hours, telling who manages a project.",
        _CONTRACT,
        _STAFF,
        _AS_LONG,
        {
            "collaborator": {
                N: "first_name last_name email",
                E: "job_title entry_date exit_date cost_rate weekly_hours employee_code phone",
                P: "entity_id role billable_rate active",
            },
            "project_collaborator": {P: "project_id collaborator_id"},
        },
    ),
    Activity(
        "Work done",
        "Recording hours, progress and corrections, which invoices are drawn from.",
        _CONTRACT,
        _BOTH,
        "Hours and amounts stay as figures; the person they are of becomes a neutral name.",
        {
            "time_entry": {
                T: "ticket description author source write_off_reason",
                P: "collaborator_id project_id worked_on hours contract_id phase_id billable "
                "approved line_id rate_minor written_off_at",
            },
            "progress_update": {T: "comment author source", P: "phase_id percent as_of"},
            "adjustment": {
                T: "reason comment author source",
                P: "phase_id kind adjusted_on currency amount_minor hours",
            },
            "billing_history": {
                T: "comment author source",
                P: "phase_id net_minor currency invoice_date invoice_no vat_rate gross_minor "
                "paid_minor",
            },
        },
    ),
    Activity(
        "Clients and their contacts",
        "Knowing whom to invoice and to write to.",
        _CONTRACT,
        _CLIENTS,
        _AS_LONG,
        {
            "client": {
                N: "name name_key loose_key",
                E: "billing_address vat_number siret siren service_code comment "
                "footer_message_fr footer_message_en",
                A: "code ledger_account",
                P: "currency country client_type language payment_days has_entity_terms",
            },
            "address": {
                E: "name street postcode city state",
                P: "client_id code country is_default",
            },
            "contact": {N: "name", E: "email phone", P: "client_id is_default"},
        },
    ),
    Activity(
        "Projects and contracts",
        "What was agreed, where it stands, and who manages it.",
        "Performance of contracts, and defence against claims for ten years after the works are "
        "accepted (C. civ. 1792-4-1): the address of the site stays.",
        _BOTH,
        _AS_LONG,
        {
            "project": {
                T: "name name_key manager_email commitment_no tags",
                P: "code client_id country currency vat_rate status entity_id vat_exemption "
                "address postcode city manager_id start_date end_date works_minor area",
            },
            "contract": {
                T: "name name_key",
                P: "project_id billing_method status taxable timing rollover cap_minor "
                "hourly_rate_minor",
            },
            "phase": {
                T: "name name_key",
                P: "contract_id code currency fee_minor kind position vat_rate start_date end_date "
                "ledger_account sku hourly_rate_minor hours periodicity linked_phase_id",
            },
        },
    ),
    Activity(
        "Invoices and accounts",
        "Issuing, numbering, collecting and exporting accounting documents.",
        _LAW,
        _CLIENTS,
        "Ten years from the end of the fiscal year, unaltered; this version removes none even "
        "then. Pro formas are no such documents.",
        {
            "invoice": {
                D: "commitment_no footer_message buyer credit_reason",
                P: "pro_forma_number client_id entity_id currency kind state number project_id "
                "language issue_date due_date supply_date payment_days net_minor vat_minor "
                "gross_minor vat_groups seller euro_rate euro_rate_on euro_rate_source credits_id "
                "credited_number credited_on replaces_id finalised_at handed_over_at",
            },
            "invoice_line": {
                D: "description detail basis",
                P: "invoice_id position kind currency quantity unit unit_price net_minor "
                "tax_code_id ledger_account sku phase_id credits_line_id progress discount "
                "period_start period_end deducts_id",
            },
            "issued_document": {A: "picture file_key", P: "invoice_id form sha256 size"},
            "chain_link": {P: "entity_id place invoice_id content_sha256 sha256 form"},
            "number_counter": {P: "entity_id series year last last_issue_date"},
            "billing_entry": {
                P: "kind booked_on amount_minor currency source_id phase_id project_id client_id "
                "entity_id invoice_id"
            },
            "billed_period": {P: "phase_id kind starts_on ends_on line_id"},
            "credited_history": {P: "history_id line_id net_minor currency"},
            "journal_entry": {
                P: "siren year_end journal label number invoice_id payment_id is_cancellation"
            },
            "payment": {
                A: "reference comment author",
                P: "client_id entity_id received_on amount_minor currency method",
            },
            "payment_allocation": {
                A: "reason author",
                P: "payment_id invoice_id amount_minor currency booked_on",
            },
            "payment_cancellation": {A: "reason author", P: "payment_id cancelled_on"},
            "accounting_export": {
                A: "files author",
                P: "format language exported_at invoice_count totals includes_payments",
            },
            "invoice_export": {
                A: "filename author",
                P: "invoice_id export_id format sha256 exported_at",
            },
            "outbox_entry": {
                T: "content last_error",
                P: "topic subject_id attempts delivered_at",
            },
            "handover_delivery": {
                T: "last_error",
                P: "destination message_id next_attempt_at entry_id endpoint_id state attempts "
                "claim last_status delivered_at",
            },
            "transmission": {
                T: "last_error",
                A: "reasons",
                P: "platform_id invoice_id kind place tracking_id next_attempt_at told state "
                "attempts is_unsure claim flow_id last_status told_until refused_until sent_at "
                "answered_at",
            },
            "lifecycle_status": {
                A: "reasons",
                P: "invoice_id platform_id flow_id place code said_by occurred_at received_at",
            },
        },
    ),
    Activity(
        "Letters and reminders",
        "Sending invoices, and reminding of them.",
        _INTEREST,
        _CLIENTS,
        "Five years after sending; of pro formas until the person is erased.",
        {
            "invoice_mail": {
                M: "to cc subject body sender_name reply_to picture accepted last_error",
                T: "author",
                P: "invoice_id invoice_version message_id next_attempt_at state attempts claim "
                "sent_at",
            },
            "reminder": {T: "note author", P: "invoice_id level channel reminded_on"},
        },
    ),
    Activity(
        "Imports",
        "Taking over what was kept in workbooks, and undoing it.",
        _INTEREST,
        _BOTH,
        "One year; files that were not imported seven days. That a file was imported stays.",
        {
            "import_file": {
                T: "filename sheet issues author",
                R: "file_key",
                P: "size sha256 kind workbook_id state counts review_hash applied_at",
            },
            "import_row": {
                T: "raw cells issues changes",
                P: "import_id number colour outcome marks target_id skipped",
            },
            "import_effect": {
                T: "before",
                P: "import_id noun record_id made version_before",
            },
            "staged_upload": {T: "filename", R: "file_key", P: "size sha256 received_at"},
        },
    ),
    Activity(
        "Sign-in and keys",
        "Knowing who acts, and keeping others out.",
        "Security of processing (GDPR art. 32), legitimate interest.",
        "Members of the firm.",
        "Sign-ins six months after their end, links thirty days; the account until it is erased.",
        {
            "account": {
                N: "email email_key name",
                X: "password_argon2",
                P: "password_changed_at locale proved_at",
            },
            "member": {
                E: "name",
                P: "account_id role entity_ids collaborator_id suspended_at joined_at joined_by",
            },
            "sign_in": {
                R: "address agent",
                X: "token_sha256",
                P: "member_id expires_at last_seen_at ended_at",
            },
            "account_link": {
                X: "token_sha256 salt",
                T: "words",
                P: "account_id member_id purpose expires_at used_at next_attempt_at claim attempts "
                "sent_at",
            },
            "identity_provider": {S: "name", P: "issuer audience default_role"},
            "identity": {R: "subject", P: "provider_id member_id"},
            "tally": {P: "key until count"},
            "api_key": {
                T: "name",
                X: "secret_sha256",
                P: "public_id role revoked_at expires_at last_used_at entity_ids collaborator_id "
                "made_by_id",
            },
        },
    ),
    Activity(
        "Audit",
        "Telling who did what, when and from where, and what was there before and afterwards.",
        _LAW,
        "Members of the firm; whoever is named in what they wrote.",
        "Ten years like the accounts it vouches for; this version removes none even then.",
        {
            "audit_change": {
                L: "before after",
                X: "salt",
                P: "act record record_id kind erased_at",
            },
            "audit_entry": {
                L: "actor_name actor_id address",
                P: "place act act_name door request_id count records digests previous_sha256 "
                "sha256",
            },
            "audit_head": {P: "place sha256"},
            "audit_act": {P: "act"},
        },
    ),
    Activity(
        "Batches and jobs",
        "Billing many contracts in one sitting, and long work.",
        _INTEREST,
        _BOTH,
        "Files of jobs thirty days; the lists until they are deleted.",
        {
            "batch": {
                T: "name criteria left_out author",
                P: "cut_off grouping state plan schedule_id due_on generated_at exported_at",
            },
            "batch_contract": {
                T: "client_key contract_key blockers",
                P: "batch_id contract_id project_id client_id entity_id project_code type taxable "
                "currency state total_minor unbilled_minor",
            },
            "batch_item": {
                T: "blockers",
                P: "batch_id contract_id phase_id key kind currency amount_minor unbilled_minor "
                "selectable selected bundle fingerprint tickets hours rate collaborator_id "
                "period_start period_end tax_code_id regime bill_id reserves",
            },
            "batch_part": {
                P: "batch_id contract_id bundle currency tax_code_id contracts invoices items "
                "net_minor tickets hours fingerprints",
            },
            "batch_invoice": {
                T: "commitment_no splits issues",
                P: "batch_id place client_id entity_id currency language net_minor vat_minor "
                "bundle contracts tickets hours regime state invoice_id mailed_by",
            },
            "batch_schedule": {
                T: "name criteria author",
                P: "grouping cadence day hour starts_on cut_off_rule reach active role locale "
                "next_on last_on last_at last_batch_id last_job_id outcome failed_job_id",
            },
            "job": {
                T: "values author issues",
                P: "kind subject_id status attempts fruitful_attempts started_at finished_at",
            },
            "job_file": {
                R: "file_key filename",
                P: "job_id position media_type sha256 size",
            },
            "idempotent_call": {T: "answer", P: "mutation key request_sha256"},
        },
    ),
    Activity(
        "The firm itself",
        "What is printed on papers and set for the whole firm.",
        _LAW,
        "The firm; who runs it where it is a sole trader.",
        "As long as the firm uses the installation.",
        {
            "organisation": {S: "name settings", P: "code country locale currency"},
            "entity": {
                S: "name address email phone legal_texts footer_message_fr footer_message_en",
                P: "code invoice_series credit_note_series name_key legal_form capital country "
                "currency siren siret vat_number rcs iban bic fiscal_year_start vat_on_debits "
                "payment_days prints_recap logo",
            },
            "accounting_settings": {
                P: "entity_id receivable_account revenue_account vat_account bank_account "
                "sales_journal sales_journal_label bank_journal bank_journal_label "
                "quickbooks_accounts quickbooks_item xero_accounts xero_tax_types"
            },
            "ledger_account": {P: "number label account_type"},
            "product": {P: "sku name unit unit_price currency ledger_account tax_code_id active"},
            "tax_code": {P: "code rate category country exemption reason_code mention vat_account"},
            "platform": {
                S: "name flow_url token_url oauth_client_id scope organisation",
                X: "sealed_secret",
                P: "entity_id automatic tells_payments qualifies disabled_at",
            },
            "platform_reading": {
                T: "last_error",
                P: "platform_id read_until next_attempt_at passed attempts claim last_read_at",
            },
            "webhook_endpoint": {
                S: "url description",
                T: "disabled_reason",
                X: "salt former_salt",
                P: "entity_id former_until disabled_at",
            },
        },
    ),
)


def fates() -> dict[str, dict[str, Fate]]:
    """The fate of every column by table and name, what is common left out."""
    return {
        table: {name: fate for fate, names in columns.items() for name in names.split()}
        for activity in ACTIVITIES
        for table, columns in activity.tables.items()
    }


def columns_of(*wanted: Fate) -> dict[str, list[str]]:
    """The columns of these fates, by table; tables that have none are left out."""
    found = {
        table: [name for name, fate in columns.items() if fate in wanted]
        for table, columns in fates().items()
    }
    return {table: names for table, names in found.items() if names}
