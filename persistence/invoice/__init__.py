"""Invoices, their numbers and chains, what was credited, deducted and paid of them."""
