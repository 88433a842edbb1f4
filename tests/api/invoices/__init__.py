"""Invoices over HTTP: drawn, changed, made final, printed, handed over."""
