"""Posting in the accounts: exports, journals, the numbers of their entries."""
