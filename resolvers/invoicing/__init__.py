"""Invoicing: from what can be billed to a legal document; crediting, replacing, deducting it."""
