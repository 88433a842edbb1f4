"""Messages of the life of electronic invoices."""
