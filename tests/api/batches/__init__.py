"""Batches of invoices, through the API."""
