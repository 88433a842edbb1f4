"""The sums and totals of the ledger, and the ledger recomputed."""
