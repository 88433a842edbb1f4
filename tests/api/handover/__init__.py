"""Handing final invoices over to the accounting software by webhooks and a folder."""
