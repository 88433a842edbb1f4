"""Invoices that programs read: EN 16931 in the syntax CII, drawn from what was frozen."""
