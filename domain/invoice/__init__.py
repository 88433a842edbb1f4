"""The invoice from pro forma to legal document: one act a file."""
