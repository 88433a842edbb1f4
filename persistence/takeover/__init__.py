"""The takeover's queries: what is known, the rows under review, and writing what was confirmed."""
