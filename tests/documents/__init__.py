"""The papers, read back."""
