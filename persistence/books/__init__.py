"""What exports to the accounts are drawn from: documents, journals, the numbers of entries."""
