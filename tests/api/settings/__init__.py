"""Settling the firm, its entities and its catalogues by the API."""
