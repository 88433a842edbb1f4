"""Invoices sent to a plateforme agréée, and what comes back from it."""
