"""Files that accounting software reads: QuickBooks, Xero, any spreadsheet, and the French FEC."""
