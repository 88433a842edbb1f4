"""The four ways to bill: what of a contract is due at a day, and why (DOMAIN §2.3–2.4)."""
