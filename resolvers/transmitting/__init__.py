"""Sending electronic invoices through approved platforms, and hearing what became of them."""
