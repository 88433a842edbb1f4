"""How long things are kept (Code de commerce L123-22, LPF L102 B, CGI 286 I-3° bis).

Accounting documents: ten years from the end of the fiscal year, in their original form. This
version removes none of them even then; everything else has a term, and goes after it (GDPR art.
5(1)(e)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from domain.accounting import fiscal_year_end

ACCOUNTING_YEARS = 10
CLAIM_YEARS = 5
"""The usual time to claim in (C. civ. 2224; C. com. L110-4)."""


def years_after(day: date, years: int) -> date:
    """The same day so many years later; of a 29 February, the last of that month."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def kept_until(day: date, *, fiscal_year_start: str) -> date:
    """The last day an accounting document of `day` is kept: ten years from its year's end.

    >>> kept_until(date(2026, 3, 1), fiscal_year_start="07-01")
    datetime.date(2036, 6, 30)
    """
    end = fiscal_year_end(start=fiscal_year_start, day=day)
    # The last day of a February stays the last, whatever the year.
    return years_after(end + timedelta(days=1), ACCOUNTING_YEARS) - timedelta(days=1)


def claimable_until(day: date) -> date:
    """The last day on which what happened on `day` may be claimed in court."""
    return years_after(day, CLAIM_YEARS)


@dataclass(frozen=True, slots=True)
class Term:
    """How long one kind of thing is kept, counted from when it was last of use."""

    days: int
    what: str
    """What goes: an English sentence, the key of the French one."""


TERMS: Mapping[str, Term] = {
    "staged_upload": Term(7, "Files sent to a staged address, with their place."),
    "import": Term(365, "Files of imports, their rows, and what undoing them needs."),
    "derived_file": Term(
        7,
        "Papers of pro formas, zips, prefilled and returned workbooks, plans of imports: "
        "all can be made again.",
    ),
    "personal_export": Term(1, "What was gathered of a person or of the audit, to be fetched."),
    "job_file": Term(30, "Files that jobs have made."),
    "idempotent_call": Term(30, "Answers to calls with an idempotency key."),
    "sign_in": Term(180, "Sign-ins that are over, with network address and browser."),
    "account_link": Term(30, "Links of invitations and new passwords that are used or too old."),
    "tally": Term(1, "Counts of attempts whose time is over."),
    "delivery_error": Term(365, "What the receivers of hand-overs answered."),
    "invoice_mail": Term(
        CLAIM_YEARS * 365 + 2, "Recipients and bodies of mails; that they were sent stays."
    ),
}
"""By kind, in the order in which they are told and removed."""
