"""Batches of invoices: what they hold, what is selected of it, its running sums, its schedules."""
