"""Electronic invoices through an approved platform."""
