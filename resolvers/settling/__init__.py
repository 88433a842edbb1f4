"""Settling how the firm works: its entities, its accounts, and the catalogues it invoices with."""
