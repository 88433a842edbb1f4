"""The spreadsheet contract: columns, and how a workbook is made, sealed, read and checked."""
