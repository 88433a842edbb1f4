"""Overseeing what was done: the audit, the chains of documents, and what is known of a person."""
