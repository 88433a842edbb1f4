"""Rules between the cells of one row that need no record: small functions (draft, setting)."""
