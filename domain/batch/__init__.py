"""Billing many contracts in one sitting: selected, planned, run, made final (DOMAIN §2.5)."""
